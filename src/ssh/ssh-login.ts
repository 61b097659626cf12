import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type AnyAuthMethod, type ParsedKey } from 'ssh2';
import { KnownError, messageOf } from '../model/error.js';
import type { SshLogin } from '../model/login.js';
import { readUserFile, SMALL_FILE } from '../user-file.js';

/** The names ssh looks for when it is told of no key (ssh(1), `-i`). */
const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

const parse = (path: string, data: Buffer, passphrase: string | null): ParsedKey => {
  const parsed: ParsedKey | Error | ParsedKey[] =
    passphrase === null ? ssh2.utils.parseKey(data) : ssh2.utils.parseKey(data, passphrase);
  // OpenSSH's format gives a list of one.
  const key: ParsedKey | Error | undefined = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key !== undefined && !(key instanceof Error) && key.isPrivateKey()) return key;
  const reason = key instanceof Error ? key.message : 'not a private key';
  if (/encrypted/i.test(reason) && passphrase === null)
    throw new KnownError(`SSH key ${path} is encrypted and no passphrase was given`, {
      remedy: 'give `passphrase: ${env:…}` or `agent: true`',
    });
  if (passphrase !== null && /passphrase|integrity|decrypt/i.test(reason))
    throw new KnownError(`the passphrase does not open SSH key ${path}`, { remedy: 'check `passphrase`' });
  throw new KnownError(`cannot read SSH key ${path}: ${reason}`, {
    remedy: 'give the private key, in OpenSSH or PEM format',
  });
};

/** Opening an encrypted key (bcrypt) blocks the process, measured 2 s: done once, not at every reconnection. */
const opened = new Map<string, Promise<ParsedKey>>();

const keyAt = (path: string, passphrase: string | null): Promise<ParsedKey> => {
  const id = JSON.stringify([path, passphrase]);
  const cached = opened.get(id);
  if (cached !== undefined) return cached;
  const key = readKey(path, passphrase);
  opened.set(id, key);
  key.catch(() => opened.delete(id));
  return key;
};

const readKey = async (path: string, passphrase: string | null): Promise<ParsedKey> => {
  let data: Buffer;
  try {
    data = await readUserFile(path, SMALL_FILE);
  } catch (error) {
    throw new KnownError(`cannot read SSH key ${path}: ${messageOf(error)}`, {
      remedy: 'check `key` in the scenario',
      cause: error,
    });
  }
  return parse(path, data, passphrase);
};

const agentSocket = (): string => {
  const socket = process.env.SSH_AUTH_SOCK;
  if (socket) return socket;
  throw new KnownError('`agent: true`, but no SSH agent: SSH_AUTH_SOCK is not set', {
    remedy: 'start one (eval "$(ssh-agent)"; ssh-add) or give `key`',
  });
};

/** What `ssh` itself would try: the agent and the usual key files, as far as they can be used unasked. */
const defaultMethods = async (username: string): Promise<AnyAuthMethod[]> => {
  const methods: AnyAuthMethod[] = [];
  if (process.env.SSH_AUTH_SOCK) methods.push({ type: 'agent', username, agent: process.env.SSH_AUTH_SOCK });
  for (const name of DEFAULT_KEYS) {
    const path = join(homedir(), '.ssh', name);
    const there = await access(path).then(
      () => true,
      () => false,
    );
    if (!there) continue;
    const key = await keyAt(path, null).catch(() => null);
    if (key !== null) methods.push({ type: 'publickey', username, key });
  }
  return methods;
};

const passwordMethods = (username: string, password: string): AnyAuthMethod[] => [
  { type: 'password', username, password },
  {
    type: 'keyboard-interactive',
    username,
    // Only prompts without echo ask for the password; whatever else is asked cannot be answered unattended.
    prompt: (_name, _instructions, _language, prompts, finish) =>
      finish(prompts.map((prompt) => (prompt.echo ? '' : password))),
  },
];

/**
 * The ways to log in, in the order tried: key, agent, password; if the login names none, those that `ssh` would
 * try. Throws KnownError for a key that cannot be used and for an agent that is not there.
 */
export const authMethods = async (login: SshLogin): Promise<AnyAuthMethod[]> => {
  const username = login.user;
  const methods: AnyAuthMethod[] = [];
  if (login.key !== null)
    methods.push({ type: 'publickey', username, key: await keyAt(login.key, login.passphrase) });
  if (login.agent) methods.push({ type: 'agent', username, agent: agentSocket() });
  if (login.password !== null) methods.push(...passwordMethods(username, login.password));
  return methods.length > 0 ? methods : defaultMethods(username);
};

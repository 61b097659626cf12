import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type AnyAuthMethod, type ParsedKey } from 'ssh2';
import { KnownError, messageOf } from '../model/error.js';
import type { SshHop } from '../model/login.js';
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

const agentSocket = ({ configured }: SshHop): string | null => {
  const socket = configured?.agent ?? process.env.SSH_AUTH_SOCK;
  if (socket) return socket;
  // There is something else to try.
  if (configured !== undefined && configured.identities.length > 0) return null;
  throw new KnownError('`agent: true`, but no SSH agent: SSH_AUTH_SOCK is not set', {
    remedy: 'start one (eval "$(ssh-agent)"; ssh-add) or give `key`',
  });
};

/** The public halves of keys, by what stands beside their files; one that is not there stands for nothing. */
const publicHalves = async (files: readonly string[]): Promise<Buffer[]> => {
  const halves = await Promise.all(
    files.map(async (file) => {
      const data = await readUserFile(`${file}.pub`, SMALL_FILE).catch(() => null);
      const blob = data?.toString('utf8').trim().split(/\s+/)[1];
      return blob === undefined ? [] : [Buffer.from(blob, 'base64')];
    }),
  );
  return halves.flat();
};

/** An agent of which only some keys are used (IdentitiesOnly). */
const someOfAgent = (socket: string, wanted: readonly Buffer[]): ssh2.BaseAgent => {
  const agent = ssh2.createAgent(socket);
  const all = agent.getIdentities.bind(agent);
  agent.getIdentities = (done) =>
    all((error, keys) => {
      const mine = (keys ?? []).filter((key) => {
        const parsed = ssh2.utils.parseKey(key as Buffer);
        return !(parsed instanceof Error) && wanted.some((each) => each.equals(parsed.getPublicSSH()));
      });
      done(error, mine);
    });
  return agent;
};

const agentMethod = async (login: SshHop): Promise<AnyAuthMethod[]> => {
  const socket = agentSocket(login);
  if (socket === null) return [];
  const { identities, identitiesOnly } = login.configured ?? { identities: [], identitiesOnly: false };
  const agent = identitiesOnly ? someOfAgent(socket, await publicHalves(identities)) : socket;
  return [{ type: 'agent', username: login.user, agent }];
};

/** Those of the files that can be opened unasked. */
const keyMethods = async (username: string, files: readonly string[]): Promise<AnyAuthMethod[]> => {
  const methods: AnyAuthMethod[] = [];
  for (const path of files) {
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

/** What `ssh` itself would try: the agent and the usual key files, as far as they can be used unasked. */
const defaultMethods = async (username: string): Promise<AnyAuthMethod[]> => [
  ...(process.env.SSH_AUTH_SOCK
    ? [{ type: 'agent' as const, username, agent: process.env.SSH_AUTH_SOCK }]
    : []),
  ...(await keyMethods(
    username,
    DEFAULT_KEYS.map((name) => join(homedir(), '.ssh', name)),
  )),
];

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
 * The ways to log in, in the order tried: key, agent, the keys of ssh's configuration, password; if the login names none, those that `ssh` would
 * try. Throws KnownError for a key that cannot be used and for an agent that is not there.
 */
export const authMethods = async (login: SshHop): Promise<AnyAuthMethod[]> => {
  const username = login.user;
  const methods: AnyAuthMethod[] = [];
  if (login.key !== null)
    methods.push({ type: 'publickey', username, key: await keyAt(login.key, login.passphrase) });
  if (login.agent) methods.push(...(await agentMethod(login)));
  methods.push(...(await keyMethods(username, login.configured?.identities ?? [])));
  if (login.password !== null) methods.push(...passwordMethods(username, login.password));
  return methods.length > 0 ? methods : defaultMethods(username);
};

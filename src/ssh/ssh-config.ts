import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { hasCode, type KnownError, usage } from '../model/error.js';
import { brief } from '../model/outside.js';

/*
 * `ssh -G` evaluates ssh's own configuration, whatever is written in it (aliases, Include, Match exec): nothing of its
 * syntax is read here.
 */

/** Where to, as somebody wrote it; null: as the configuration says. */
export interface Destination {
  readonly host: string;
  readonly port: number | null;
  readonly user: string | null;
}

/** What `ssh -G` says of a destination: values by the name of the setting, in lower case. */
export class SshSettings {
  readonly #values: ReadonlyMap<string, readonly string[]>;
  readonly #plain: ReadonlyMap<string, readonly string[]>;

  constructor(values: ReadonlyMap<string, readonly string[]>, plain: ReadonlyMap<string, readonly string[]>) {
    this.#values = values;
    this.#plain = plain;
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  first(name: string): string | null {
    return this.all(name)[0] ?? null;
  }

  /** Names of settings that are others than ssh has without any configuration. */
  get changed(): string[] {
    return [...this.#values.keys()].filter(
      (name) => this.all(name).join('\n') !== (this.#plain.get(name) ?? []).join('\n'),
    );
  }
}

/** A `Match exec` may ask something that does not answer. */
const PATIENCE_MS = 10_000;

export const INSTALL_SSH = 'install the OpenSSH client (apt-get install openssh-client)';

const failed = (host: string, why: string, remedy = `try it by hand: ssh -G ${host}`): KnownError =>
  usage(`ssh's configuration of ${host} cannot be read: ${why}`, remedy);

/** null: there is no ssh on this host. */
const askSsh = ({ host, port, user }: Destination, more: readonly string[]): Map<string, string[]> | null => {
  const args = [
    ...more,
    '-G',
    ...(port === null ? [] : ['-p', String(port)]),
    ...(user === null ? [] : ['-l', user]),
    host,
  ];
  const { error, status, stdout, stderr } = spawnSync('ssh', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE_MS,
    maxBuffer: 1 << 20,
  });
  if (hasCode(error, 'ENOENT')) return null;
  if (hasCode(error, 'ETIMEDOUT')) throw failed(host, `no answer within ${PATIENCE_MS / 1000} s`);
  // What follows is its usage, whose last line says nothing of the cause.
  if (status !== 0 && /(?:unknown|illegal|invalid|unrecognized) option/i.test(stderr))
    throw failed(host, 'the ssh in PATH knows no -G, as OpenSSH does since 6.8', INSTALL_SSH);
  const [complaint = 'it says nothing'] = stderr.trim().split(/\r?\n/).slice(-1);
  if (error !== undefined || status !== 0) throw failed(host, brief(error?.message ?? complaint));
  const values = new Map<string, string[]>();
  for (const line of stdout.split('\n')) {
    const [, name, value] = /^(\S+)(?: (.*))?$/.exec(line) ?? [];
    if (name !== undefined) values.set(name, [...(values.get(name) ?? []), value ?? '']);
  }
  return values;
};

/** It is asked once for each destination. */
const asked = new Map<string, SshSettings | null>();

/**
 * What ssh's configuration says of a destination. null: no ssh is installed, and this user has no configuration that it
 * would read. @throws KnownError (usage) where there is one that cannot be read.
 */
export const sshSettings = (destination: Destination): SshSettings | null => {
  const { PATH } = process.env;
  const key = JSON.stringify([destination.host, destination.port, destination.user, PATH]);
  const known = asked.get(key);
  if (known !== undefined) return known;
  const values = askSsh(destination, []);
  const file = join(homedir(), '.ssh', 'config');
  if (values === null && existsSync(file))
    throw usage(`${file} cannot be followed: there is no ssh in PATH`, INSTALL_SSH);
  const settings =
    values === null ? null : new SshSettings(values, askSsh(destination, ['-F', 'none']) ?? new Map());
  asked.set(key, settings);
  return settings;
};

/** Tokens and variables of a path (ssh_config(5), TOKENS); one that stands for nothing known stays as it is. */
export const pathOf = (written: string, settings: SshSettings): string => {
  const { uid, username } = userInfo();
  const home = homedir();
  const tokens: Readonly<Record<string, string | null>> = {
    '%': '%',
    d: home,
    u: username,
    i: String(uid),
    h: settings.first('hostname'),
    n: settings.first('host'),
    p: settings.first('port'),
    r: settings.first('user'),
  };
  return written
    .replace(/^~(?=\/|$)/, home)
    .replaceAll(/\$\{(\w+)\}/g, (all, name: string) => process.env[name] ?? all)
    .replaceAll(/%(.)/g, (all, token: string) => tokens[token] ?? all);
};

/** `user@host:port`, `[::1]:22`, `ssh://user@host:port`; null for what is none. */
export const parseHop = (text: string): Destination | null => {
  const [, user, bracketed, plain, port] =
    /^(?:ssh:\/\/)?(?:([^\s@-][^\s@]*)@)?(?:\[([^\]\s]+)\]|([^\s:@/[\]-][^\s:@/[\]]*|[^\s@/[\]]*:[^\s@/[\]]*:[^\s@/[\]]*))(?::(\d{1,5}))?\/?$/.exec(
      text,
    ) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || (host.includes(':') && !isIPv6(host))) return null;
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return null;
  return { host, port: port === undefined ? null : Number(port), user: user ?? null };
};

/** As `ssh -J` takes it. */
export const hopText = ({ host, port, user }: Destination): string =>
  `${user === null ? '' : `${user}@`}${host.includes(':') ? `[${host}]` : host}${port === null ? '' : `:${port}`}`;

/** More hops than anybody has: a configuration that goes round in a circle. */
const MOST_HOPS = 8;

const jumpOf = (settings: SshSettings | null): readonly string[] => {
  const written = settings?.first('proxyjump') ?? 'none';
  return written === 'none' ? [] : written.split(',');
};

/**
 * The hops on the way to a destination, the nearest first: `written` ones, or those of the configuration, with what the
 * configuration says of the way to the nearest, as ssh does. @throws KnownError (usage)
 */
export const hopsTo = (destination: Destination, written: readonly string[] | null): Destination[] => {
  const hops = (written ?? jumpOf(sshSettings(destination))).map((text) => {
    const hop = parseHop(text.trim());
    if (hop === null) throw usage(`"${text}" is no hop`, 'write it like user@host:22');
    return hop;
  });
  for (;;) {
    const [nearest] = hops;
    if (nearest === undefined) return hops;
    const before = jumpOf(sshSettings(nearest)).map((text) => parseHop(text.trim()));
    if (before.length === 0) return hops;
    hops.unshift(...before.filter((hop) => hop !== null));
    if (hops.length > MOST_HOPS)
      throw usage(`ProxyJump on the way to ${destination.host} goes over more than ${MOST_HOPS} hops`);
  }
};

/** The keys that an agent has, as `ssh-add -L` lists them: their types; none where it does not say. */
export const agentKeyTypes = (socket: string | null): string[] => {
  const SSH_AUTH_SOCK = socket ?? process.env.SSH_AUTH_SOCK;
  if (!SSH_AUTH_SOCK) return [];
  const { stdout } = spawnSync('ssh-add', ['-L'], {
    encoding: 'utf8',
    env: { ...process.env, SSH_AUTH_SOCK },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 2000,
  });
  return (stdout ?? '').split('\n').flatMap((line) => line.split(' ')[0] || []);
};

/** The type of a key by its public half beside it; null: there is none. */
export const keyFileType = (file: string): string | null => {
  try {
    return readFileSync(`${file}.pub`, 'utf8').split(' ')[0] ?? null;
  } catch {
    return null;
  }
};

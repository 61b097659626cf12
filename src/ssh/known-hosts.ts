import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a `known_hosts` file says about the key that a host presents (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
export type HostKeyVerdict = 'known' | 'unknown' | 'changed' | 'revoked';

export interface KnownHostKey {
  readonly revoked: boolean;
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, … */
  readonly type: string;
  /** The public key in base64. */
  readonly key: string;
}

export const USUAL_PORT = 22;

/** The name a host has in the file: with its port in brackets unless that is 22. */
export const knownHostName = (host: string, port: number): string =>
  port === USUAL_PORT ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;

/** `|1|salt|hash`: HMAC-SHA1 of the name with the salt as its key. */
const matchesHash = (field: string, name: string): boolean => {
  const [, , salt, hash] = field.split('|');
  if (!salt || !hash) return false;
  const wanted = Buffer.from(hash, 'base64');
  const got = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return wanted.length === got.length && timingSafeEqual(wanted, got);
};

const matchesPattern = (pattern: string, name: string): boolean => {
  const source = pattern
    .toLowerCase()
    .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(name);
};

const matches = (field: string, name: string): boolean => {
  if (field.startsWith('|1|')) return matchesHash(field, name);
  let found = false;
  for (const pattern of field.split(',')) {
    if (pattern.startsWith('!')) {
      if (matchesPattern(pattern.slice(1), name)) return false;
    } else found ||= matchesPattern(pattern, name);
  }
  return found;
};

/** The lines of a file that speak of a host. Those that cannot be read are passed over, as ssh does. */
const linesOfHost = (
  file: string,
  host: string,
  port: number,
): (Omit<KnownHostKey, 'revoked'> & { readonly marker: string | undefined })[] => {
  const name = knownHostName(host, port);
  return file.split(/\r?\n/).flatMap((line) => {
    const words = line.trim().split(/\s+/);
    const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
    const [hosts, type, key] = words;
    if (!hosts || !type || !key || hosts.startsWith('#')) return [];
    return matches(hosts, name) ? [{ marker, type, key }] : [];
  });
};

/** Every key that the file holds for `host`, but for those of authorities. */
export const keysOfHost = (file: string, host: string, port: number): KnownHostKey[] =>
  linesOfHost(file, host, port)
    .filter(({ marker }) => marker === undefined || marker === '@revoked')
    .map(({ marker, type, key }) => ({ revoked: marker === '@revoked', type, key }));

/** How many authorities may speak for the key of `host` (`@cert-authority`). */
export const authoritiesOfHost = (file: string, host: string, port: number): number =>
  linesOfHost(file, host, port).filter(({ marker }) => marker === '@cert-authority').length;

/** The type that a key blob names itself: its first string (RFC 4253 §6.6). */
export const keyType = (blob: Buffer): string =>
  blob.length < 4 ? '' : blob.subarray(4, 4 + blob.readUInt32BE(0)).toString('latin1');

/** `changed`: the host is known with another key *of this type*. `unknown`: no key of this type is on file. */
export const checkHostKey = (known: readonly KnownHostKey[], blob: Buffer): HostKeyVerdict => {
  const key = blob.toString('base64');
  const same = known.filter((entry) => entry.key === key);
  if (same.some((entry) => entry.revoked)) return 'revoked';
  if (same.length > 0) return 'known';
  return known.some((entry) => !entry.revoked && entry.type === keyType(blob)) ? 'changed' : 'unknown';
};

/** RSA keys sign by three algorithms (RFC 8332); every other type is its own algorithm. */
const ALGORITHMS = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
} as const;

export type HostKeyAlgorithm = (typeof ALGORITHMS)[keyof typeof ALGORITHMS][number];

/**
 * The algorithms to offer, those of known keys first: else a host that has an RSA key on file but also owns an
 * Ed25519 one would present the latter and look unknown.
 */
export const hostKeyAlgorithms = (known: readonly KnownHostKey[]): HostKeyAlgorithm[] => {
  const types = new Set(known.filter((entry) => !entry.revoked).map((entry) => entry.type));
  const all = Object.entries(ALGORITHMS);
  const ordered = [...all.filter(([type]) => types.has(type)), ...all.filter(([type]) => !types.has(type))];
  return ordered.flatMap(([, algorithms]) => algorithms);
};

import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { LAB_DIR } from '../../lab/paths.js';
import type { NodePlan, Scenario } from '../../model/plan.js';
import { replaceFile } from '../../store/replace-file.js';
import { quoteWord } from '../transport/quote.js';

/** Case, the many ways to write an IPv6 address, and the dot at the end of a name make no other host. */
const spelled = (host: string): string => {
  const name = host.toLowerCase().replace(/\.$/, '');
  return isIPv6(name) && !name.includes('%') ? new URL(`http://[${name}]`).hostname : name;
};

interface Address {
  readonly host: string;
  readonly port: string;
}

const addressOf = ({ name, ssh, http }: NodePlan): Address => {
  if (ssh !== null) return { host: spelled(ssh.host), port: String(ssh.port) };
  if (http === null) return { host: spelled(name), port: '' };
  const { hostname, port } = new URL(http.url);
  return { host: spelled(hostname), port };
};

/** A device has one address and several ports (API, SSH); behind one address for both nodes the port tells them apart. */
const addressesOf = (nodes: readonly NodePlan[]): string[] => {
  const addresses = nodes.map(addressOf);
  const distinct = new Set(addresses.map(({ host }) => host)).size === nodes.length;
  return addresses.map(({ host, port }) => (distinct ? host : `${host} ${port}`));
};

const wordFor = (kind: 'address' | 'identity', values: readonly string[]): string =>
  createHash('sha256')
    .update([kind, ...values.toSorted()].join('\n'))
    .digest('hex')
    .slice(0, 24);

/**
 * By which words this host knows a pair, each fit for the name of a file: by the addresses of its nodes, and by their
 * serial numbers as soon as both have said them. So a pair that is reached by another transport, or by name here and
 * by address there, is still the same.
 */
export class PairKeys {
  /** Names of the nodes, for people. */
  readonly nodes: readonly string[];
  /** Where files about pairs are. */
  readonly folder: string;
  readonly #keys: Set<string>;

  constructor(scenario: Pick<Scenario, 'nodes' | 'lab'>, folder = stateFolder(scenario)) {
    const { nodes } = scenario;
    this.nodes = nodes.map(({ name }) => name);
    this.folder = folder;
    this.#keys = new Set(nodes.length === 0 ? [] : [wordFor('address', addressesOf(nodes))]);
  }

  /** What the nodes said they are. Where one cannot say it, the pair is known by its addresses alone. */
  learn(identities: readonly string[]): void {
    if (identities.length > 0 && identities.length === this.nodes.length)
      this.#keys.add(wordFor('identity', identities));
  }

  /** What another run knew the pair by, as its mark says. */
  also(keys: readonly string[]): void {
    for (const key of keys) this.#keys.add(key);
  }

  /** None without nodes: then nothing says which pair it is. */
  known(): readonly string[] {
    return [...this.#keys];
  }
}

/**
 * Where this host remembers its pairs: per user, and one place for all sessions of a user (XDG Base Directory
 * Specification: state; not XDG_RUNTIME_DIR, which a login has and cron has not). What is known of a lab is in the lab
 * and goes with it: the next one has the same addresses and is another pair.
 */
export const stateFolder = ({ lab }: Pick<Scenario, 'lab'>): string =>
  lab === null ? hostState() : labState();

const usualHome = (): string => join(homedir(), '.local', 'state');

/** Of the pairs that this host reaches. */
export const hostState = (): string => join(process.env.XDG_STATE_HOME || usualHome(), 'seqgap');

/** Of the pair of a lab, as it is seen inside. */
export const labState = (): string => join(LAB_DIR, 'state');

/** What a command has to be given so that it finds the same folder: `XDG_STATE_HOME=…`, or nothing. */
export const stateSetting = (): string[] => {
  const home = process.env.XDG_STATE_HOME ?? '';
  return home === '' || home === usualHome() ? [] : [`XDG_STATE_HOME=${quoteWord(home)}`];
};

/** Replaces a file of that folder; only its user may read it. Rejects with the system's error. */
export const writeState = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await replaceFile(path, text, 0o600);
};

import { KnownError } from '../model/error.js';
import { NONE } from '../model/observe-plan.js';
import type { VantagePlan } from '../model/plan.js';
import type { Clock, Nanoseconds } from '../model/time.js';
import { LocalTransport } from '../trigger/transport/local.js';
import { parseTree, valueOf } from '../trigger/ask/extract.js';
import { outputOf } from './command.js';
import type { Asker, Seen } from './source.js';

interface Entry {
  readonly lladdr?: string;
  readonly state?: readonly string[];
}

/** No link-layer address was found (RFC 4861 §7.3.2 for INCOMPLETE; FAILED is Linux's own). */
const WITHOUT = new Set(['FAILED', 'INCOMPLETE']);

const isEntry = (value: unknown): value is Entry => typeof value === 'object' && value !== null;

/** Reads `ip -j neigh`: the address, `failed` where resolving it failed, `none` where there is no entry. */
export const readNeighbour = (address: string, text: string): Seen => {
  // Without an entry older versions of ip write nothing at all.
  const tree = text.trim() === '' ? [] : parseTree(text);
  if (!Array.isArray(tree)) throw new KnownError('ip gave no JSON; is it of iproute2 4.17 or newer?');
  const entries = tree.filter(isEntry);
  const detail = valueOf(entries.map(({ state }) => state));
  const found = valueOf(entries.map(({ lladdr }) => lladdr));
  const failed = entries.some(({ state = [] }) => state.some((word) => WITHOUT.has(word)));
  return {
    subject: address,
    value: found ?? (failed ? 'failed' : NONE),
    ...(detail === null ? {} : { detail }),
  };
};

/** The link-layer address that a vantage has for an address, as the kernel keeps it there. */
export const neighbourAsker = (
  { timeout_ns }: { readonly timeout_ns: Nanoseconds },
  address: string,
  { prefix }: Pick<VantagePlan, 'prefix'>,
  clock: Clock,
): Asker => {
  const transport = new LocalTransport(clock);
  const command = [...prefix, 'ip', '-j', 'neigh', 'show', 'to', address];
  return {
    subject: address,
    ask: async (signal) => [
      readNeighbour(address, await outputOf(transport, command, { timeout_ns, signal })),
    ],
  };
};

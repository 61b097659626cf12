import type { Hop, TrialEvent } from '../model/event.js';
import { groupBy } from '../model/group-by.js';
import type { PhaseWindow } from './flow/windows.js';

/** What a look at a path tells of it. */
export interface SeenRoute {
  readonly vantage: string;
  readonly address: string;
  readonly streams: readonly string[];
  readonly routed: boolean;
  readonly gateway: string | null;
  readonly hops: readonly Hop[] | null;
}

type PathEvent = Extract<TrialEvent, { event: 'path' }>;

const pathOf = ({ vantage, address, streams }: SeenRoute): string =>
  `path from ${vantage} to ${address} (${streams.join(', ')})`;

const isIPv6 = (address: string): boolean => address.includes(':');

const known = (hops: readonly Hop[] | null): readonly string[] =>
  (hops ?? []).flatMap(({ address }) => (address === null ? [] : [address]));

/**
 * Why nothing shows that a path crosses the pair, by the addresses that the scenario gives it; null: the next hop or a hop
 * has one of them. Never proof of the contrary: a router may answer from another of its addresses.
 */
export const doubtOf = (seen: SeenRoute, all: readonly string[]): string | null => {
  const hops = known(seen.hops);
  const via = all.filter((address) => isIPv6(address) === isIPv6(seen.address));
  if (via.length === 0 || [seen.gateway, ...hops].some((each) => each !== null && via.includes(each)))
    return null;
  const next = seen.routed ? [`its next hop is ${seen.gateway ?? 'the target itself'}`] : [];
  const answered = hops.length === 0 ? [] : [`hops that answered are ${hops.join(', ')}`];
  const facts = [...next, ...answered].join(', ');
  return (
    `the ${pathOf(seen)} shows none of trial.via (${via.join(', ')})` +
    `${facts === '' ? ': nothing is known of it' : `: ${facts}`}; it may not cross the pair`
  );
};

/**
 * How much of a stream's round trip lies before the pair, in ms: the fastest of what the nearest hop before an address of
 * `via` took to answer. 0: not known.
 */
export const beforePair_ms = (
  events: readonly TrialEvent[],
  stream: string,
  via: readonly string[],
): number => {
  const times = events.flatMap((event) => {
    if (event.event !== 'path' || !event.streams.includes(stream)) return [];
    const hops = event.hops ?? [];
    const pair = hops.findIndex(({ address }) => address !== null && via.includes(address));
    return hops.slice(0, Math.max(0, pair)).findLast(({ rtt_ms }) => rtt_ms !== null)?.rtt_ms ?? [];
  });
  return times.length === 0 ? 0 : Math.min(...times);
};

/** `hop 2: 10.0.0.2 before, 10.0.0.3 after`; hops that did not answer both times say nothing. */
const changedHops = (before: PathEvent, after: PathEvent): string[] => {
  const [old, fresh] = [before.hops ?? [], after.hops ?? []];
  const changed = old.flatMap(({ address }, index) => {
    const now = fresh[index]?.address ?? null;
    return address === null || now === null || address === now
      ? []
      : [`hop ${index + 1}: ${address} before, ${now} after`];
  });
  const [length, now] = [old.length, fresh.length];
  return before.reached && after.reached && length !== now
    ? [...changed, `${length} hops before, ${now} after`]
    : changed;
};

/** What the paths of one phase showed before its trigger and after its recovery; one line each. */
export const pathNotes = (
  events: readonly TrialEvent[],
  { phase }: PhaseWindow,
  via: readonly string[],
): string[] => {
  const looks = events.filter((event): event is PathEvent => event.event === 'path' && event.of === phase);
  return [...groupBy(looks, ({ vantage, address }) => `${vantage} ${address}`).values()].flatMap((own) => {
    const before = own.find(({ when }) => when === 'before');
    const after = own.findLast(({ when }) => when === 'after');
    const doubt = before === undefined ? null : doubtOf(before, via);
    const changes = before === undefined || after === undefined ? [] : changedHops(before, after);
    return [
      ...(doubt === null ? [] : [`warning: ${doubt}`]),
      ...(before === undefined || changes.length === 0 ? [] : [`${pathOf(before)}: ${changes.join('; ')}`]),
    ];
  });
};

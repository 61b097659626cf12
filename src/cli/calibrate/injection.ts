import type { CutterOutage } from '../../lab/cutter/topology.js';
import { fromMs, ns, type Nanoseconds } from '../../model/time.js';

/** One outage to be made. */
export interface Injection {
  readonly kind: CutterOutage;
  /** The length it stands for in the tables. */
  readonly nominal_ns: Nanoseconds;
  /** How long it lasts: within a fifth of the nominal length (see `planInjections`). */
  readonly length_ns: Nanoseconds;
  /** Good forwarding before it. */
  readonly pause_ns: Nanoseconds;
}

export interface InjectionOrder {
  readonly outages: number;
  readonly lengths: readonly Nanoseconds[];
  readonly kinds: readonly CutterOutage[];
  /** The longest probe interval: every stream needs some good probes between two outages. */
  readonly longestInterval_ns: Nanoseconds;
  readonly threshold_ns: Nanoseconds;
}

/** Late bursts and the answers of the last outage have passed by then. */
const LEAST_PAUSE_NS = fromMs(300);
const PAUSE_INTERVALS = 6;
const SPREAD = 0.2;

const shuffled = <T>(items: readonly T[], random: () => number): T[] => {
  const mixed = [...items];
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [mixed[at], mixed[other]] = [mixed[other] as T, mixed[at] as T];
  }
  return mixed;
};

const leastQueued = ({ threshold_ns, longestInterval_ns }: InjectionOrder): number =>
  threshold_ns + 2 * longestInterval_ns;

/**
 * The kinds and lengths that can be told. A queue that is released within the delay threshold makes no probe late,
 * and by the definition of the threshold (RFC 6412 §3.6.3) is no outage; that close to it, noise decides.
 */
export const injectionCells = (
  order: InjectionOrder,
): { readonly kind: CutterOutage; readonly nominal_ns: Nanoseconds }[] =>
  order.kinds.flatMap((kind) =>
    order.lengths
      .filter((length) => kind !== 'arp' || (1 - SPREAD) * length >= leastQueued(order))
      .map((nominal_ns) => ({ kind, nominal_ns })),
  );

/**
 * Every kind and length equally often, in random order. Pauses are uniform over several probe intervals, so that
 * outages begin at a random phase of every stream (RFC 3432 §3). Lengths are uniform around the nominal one: an outage of
 * exactly 100 ms makes 10 ms probes lose 10, whatever the phase, and would flatter the point.
 */
export const planInjections = (order: InjectionOrder, random: () => number): Injection[] => {
  const cells = injectionCells(order);
  if (cells.length === 0) return [];
  const least = Math.max(LEAST_PAUSE_NS, PAUSE_INTERVALS * order.longestInterval_ns);
  const planned: Injection[] = [];
  while (planned.length < order.outages)
    for (const cell of shuffled(cells, random))
      planned.push({
        ...cell,
        length_ns: ns(Math.round(cell.nominal_ns * (1 + SPREAD * (2 * random() - 1)))),
        pause_ns: ns(Math.round(least * (1 + random()))),
      });
  return shuffled(planned.slice(0, order.outages), random);
};

/** How long injections take. */
export const timeOf = (injections: readonly Injection[]): Nanoseconds =>
  ns(injections.reduce((sum, { length_ns, pause_ns }) => sum + length_ns + pause_ns, 0));

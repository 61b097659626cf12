import { type LossPeriod, lossesOf } from './gaps.js';

/** A stretch without recovery in which much is lost, though not everything: several loss periods that are one event. */
export interface Disruption {
  readonly periods: readonly LossPeriod[];
  readonly lost: number;
  /** Probes sent in it, from the first lost one to the last. */
  readonly probes: number;
}

/** So many of the probes, and of so many at least. */
export const LEAST_SHARE = 0.1;
export const LEAST_PROBES = 10;

/** Runs of periods between which good forwarding never lasted for `hold_ns`. */
export const runsOf = (periods: readonly LossPeriod[], hold_ns: number): LossPeriod[][] => {
  const runs: LossPeriod[][] = [];
  let before: LossPeriod | null = null;
  for (const period of periods) {
    const held = before === null || period.first_ns - (before.after_ns ?? Infinity) >= hold_ns;
    if (held) runs.push([]);
    (runs.at(-1) as LossPeriod[]).push(period);
    before = period;
  }
  return runs;
};

/**
 * The longest stretch of a run of periods, from one of them to another, in which at least a tenth of the probes was lost.
 * With the sums of (lost - a tenth of the probes) up to the beginning of each period and to its end, it is the farthest
 * pair whose sum does not fall: found in one pass over the beginnings that are lower than all before them.
 */
const longestIn = (run: readonly LossPeriod[]): Disruption | null => {
  const origin = run[0]?.firstSeq ?? 0;
  const balances: { readonly begin: number; readonly end: number }[] = [];
  let lost = 0;
  for (const period of run) {
    const begin = lost - LEAST_SHARE * (period.firstSeq - origin);
    lost += lossesOf(period);
    balances.push({ begin, end: lost - LEAST_SHARE * (period.lastSeq + 1 - origin) });
  }
  const lowest: number[] = [];
  for (const [index, { begin }] of balances.entries())
    if (lowest.length === 0 || begin < (balances[lowest.at(-1) as number]?.begin ?? 0)) lowest.push(index);
  let best: readonly [number, number] | null = null;
  for (let last = run.length - 1; last > 0 && lowest.length > 0; last -= 1) {
    const end = balances[last]?.end ?? 0;
    while (lowest.length > 0 && (balances[lowest.at(-1) as number]?.begin ?? 0) <= end) {
      const first = lowest.pop() as number;
      if (first < last && (best === null || spanOf(run, first, last) > spanOf(run, best[0], best[1])))
        best = [first, last];
    }
  }
  return best === null ? null : disruptionOf(run.slice(best[0], best[1] + 1));
};

const spanOf = (run: readonly LossPeriod[], first: number, last: number): number =>
  (run[last]?.last_ns ?? 0) - (run[first]?.first_ns ?? 0);

const disruptionOf = (periods: readonly LossPeriod[]): Disruption | null => {
  const probes = (periods.at(-1)?.lastSeq ?? 0) - (periods[0]?.firstSeq ?? 0) + 1;
  const lost = periods.reduce((sum, period) => sum + lossesOf(period), 0);
  return probes < LEAST_PROBES ? null : { periods, lost, probes };
};

/** The longest of each run of at least two periods. */
export const disruptionsOf = (periods: readonly LossPeriod[], hold_ns: number): Disruption[] =>
  runsOf(periods, hold_ns)
    .map(longestIn)
    .filter((each) => each !== null);

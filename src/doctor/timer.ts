import { sayMs } from '../report/text/format.js';
import { fail, ok, warn, type Finding } from './finding.js';
import type { LatenessFigures } from './lateness.js';

const GOOD_P99_MS = 1;
const BAD_P99_MS = 5;
const REMEDY = 'end what else runs here, or give it more CPUs; as root, agents run ahead of other work';

const say = (value: number | null): string => (value === null ? 'unknown' : sayMs(value));

/**
 * Judges lateness: p99 below 1 ms is good, below 5 ms usable with wider bounds. Where the densest interval is known,
 * p99 has to stay below half of it instead: a slot missed by more than that is not sent at all.
 */
export const latenessFinding = (figures: LatenessFigures, every_ms: number | null): Finding => {
  const check = 'timer-lateness';
  const { slots, p50_ms, p99_ms, max_ms } = figures;
  const text = `p50 ${say(p50_ms)}, p99 ${say(p99_ms)}, max ${say(max_ms)} over ${slots} timers at 1,000/s`;
  const p99 = p99_ms ?? Infinity;
  if (every_ms === null && p99 >= BAD_P99_MS) return fail(check, text, REMEDY);
  if (every_ms !== null && p99 > every_ms / 2)
    return fail(check, `${text}; of probes every ${every_ms} ms some would stay unsent`, REMEDY);
  return p99 >= GOOD_P99_MS ? warn(check, text, REMEDY) : ok(check, text);
};

export const stallFinding = ({ stalls, max_ms }: LatenessFigures): Finding => {
  const check = 'stalls';
  if (stalls === 0) return ok(check, `none of 10 ms or more; the longest was ${say(max_ms)}`);
  return warn(
    check,
    `the prober was held for 10 ms or more ${stalls} ${stalls === 1 ? 'time' : 'times'}, at worst ${say(max_ms)}: holes in the sends`,
    REMEDY,
  );
};

/** Intervals one would ask for. */
const INTERVALS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** The smallest usual interval that this host can keep, in ms; null if none. */
export const smallestInterval = ({ p99_ms }: LatenessFigures, engineMin_ms: number): number | null =>
  INTERVALS_MS.find((every) => every >= engineMin_ms && every / 2 >= (p99_ms ?? Infinity)) ?? null;

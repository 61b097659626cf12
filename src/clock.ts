import { NS_PER_S, ns, type Clock, type ClockAnchor, type Nanoseconds } from './model/time.js';

/** CLOCK_MONOTONIC in nanoseconds. Cheaper than `hrtime.bigint`, and exact for 104 days of uptime. */
export const monotonicNow = (): Nanoseconds => {
  const [s, n] = process.hrtime();
  return ns(s * NS_PER_S + n);
};

export const systemClock: Clock = {
  monotonic: monotonicNow,
  // The one place that asks for the time of day: an anchor, never used for arithmetic.
  wall: () => Date.now(),
};

/**
 * Both clocks read together: the wall clock between two monotonic readings, the closest of a few tries.
 * Date has 1 ms, so the anchor cannot be better than that.
 */
export const readAnchor = (clock: Clock, tries = 5): ClockAnchor => {
  let best: ClockAnchor | null = null;
  for (let i = 0; i < tries; i++) {
    const before = clock.monotonic();
    const wall_ms = clock.wall();
    const after = clock.monotonic();
    const uncertainty_ns = ns((after - before) / 2 + 1e6);
    if (best === null || uncertainty_ns < best.uncertainty_ns)
      best = { monotonic_ns: ns((before + after) / 2), wall_ms, uncertainty_ns };
  }
  return best as ClockAnchor;
};

import type { GuardPlan } from '../model/plan.js';
import { ns, toMs, type Nanoseconds } from '../model/time.js';
import { formatDuration } from '../model/duration.js';
import type { DriverGuard } from './schema.js';

/** What a pair may be put through, over all runs. */
export interface GuardLimits {
  /** At most so many failovers within `within_ns`; null: any number. */
  readonly flaps: number | null;
  readonly within_ns: Nanoseconds;
  readonly pause_ns: Nanoseconds;
  /** What the driver says about why; null: nothing. */
  readonly about: string | null;
}

/** When the next failover may be. */
export interface Turn {
  readonly wait_ns: Nanoseconds;
  readonly why: string;
}

const smallest = (values: readonly (number | undefined)[]): number | null => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? null : Math.min(...known);
};

const largest = (values: readonly number[]): number => Math.max(0, ...values);

/** The strictest of the drivers, where the scenario says nothing else. Null if nothing is limited. */
export const limitsOf = (plan: GuardPlan, drivers: readonly DriverGuard[]): GuardLimits | null => {
  const flaps = plan.flaps ?? smallest(drivers.map((guard) => guard.flaps));
  const pause_ns = plan.pause_ns ?? ns(largest(drivers.map(({ pause }) => pause)));
  if (flaps === null && pause_ns === 0) return null;
  return {
    flaps,
    within_ns: plan.within_ns ?? ns(largest(drivers.map(({ within }) => within)) || DEFAULT_WITHIN),
    pause_ns,
    about: drivers.find(({ about }) => about !== undefined)?.about ?? null,
  };
};

/** As in the driver format. */
const DEFAULT_WITHIN = 15 * 60e9;

/**
 * Whose turn is it? @param failovers instants of earlier ones, in ms since 1970, in order; the wall clock is all that
 * two runs have in common. @returns null: now.
 */
export const turnAt = (
  { flaps, within_ns, pause_ns }: GuardLimits,
  failovers: readonly number[],
  now_ms: number,
): Turn | null => {
  const last = failovers.at(-1);
  if (last === undefined) return null;
  // The oldest one that has to leave the window, so that one more fits into it.
  const leaving = flaps === null ? undefined : failovers.at(-flaps);
  const free: readonly Turn[] = [
    {
      wait_ns: ns((last - now_ms) * 1e6 + pause_ns),
      why: `at least ${formatDuration(pause_ns)} between two failovers of the pair`,
    },
    ...(leaving === undefined
      ? []
      : [
          {
            wait_ns: ns((leaving - now_ms) * 1e6 + within_ns),
            why: `at most ${flaps} failovers of the pair within ${formatDuration(within_ns)}`,
          },
        ]),
  ];
  const turn = free.reduce((later, each) => (each.wait_ns > later.wait_ns ? each : later));
  return toMs(turn.wait_ns) > 0 ? turn : null;
};

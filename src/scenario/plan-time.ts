import type { Scenario } from '../model/plan.js';
import { fromMs, ns, type Nanoseconds } from '../model/time.js';

/**
 * What "typically" assumes: an outage of this length, and a pair that is healthy again as long after. VRRP's
 * defaults give 2.6 to 3.6 s (docs/method.md, "Published figures"); a cloud takes far longer.
 */
export const TYPICAL_OUTAGE = fromMs(3_000);

/** How long a scenario takes, without the time to build a lab. */
export interface PlanTime {
  /** With outages and restores of `TYPICAL_OUTAGE`, nothing else going wrong. */
  readonly typical_ns: Nanoseconds;
  /** Every wait up to its limit: nothing in the plan can take longer. */
  readonly max_ns: Nanoseconds;
}

const longest = (values: readonly number[]): number => Math.max(0, ...values);

/**
 * One measured phase (failover or failback) is at most: the trigger's random wait within one heartbeat, the
 * action, the outage up to give-up, the proof of recovery, and the drain of the last probes. Steady forwarding
 * comes once, since failback has its baseline in the time before it.
 */
export const planTime = ({ streams, sessions, trigger, trial }: Scenario): PlanTime => {
  const heartbeat = longest([
    ...sessions.map(({ heartbeat_ns }) => heartbeat_ns),
    ...streams.map(({ every_ns }) => every_ns),
  ]);
  const recovered = longest([trial.recovered_ns, ...streams.map(({ every_ns }) => 5 * every_ns)]);
  const drain = longest(streams.map(({ wait_ns }) => wait_ns));
  const phases = trial.failback === 'measure' ? 2 : 1;
  const around = trial.steady_ns + trial.coolDown_ns;
  // Of the last lost probe's wait, what recovery did not use up already.
  const typicalPhase = heartbeat / 2 + TYPICAL_OUTAGE + recovered + longest([drain - recovered]);
  const maxPhase = heartbeat + trigger.timeout_ns + trial.giveUp_ns + recovered + drain + trial.restore_ns;
  return {
    typical_ns: ns(trial.repeat * (around + phases * typicalPhase + TYPICAL_OUTAGE)),
    max_ns: ns(trial.repeat * (around + phases * maxPhase)),
  };
};

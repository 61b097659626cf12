import type { Scenario } from '../model/plan.js';
import { oldestAge } from '../model/session.js';
import { fromMs, ns, type Nanoseconds } from '../model/time.js';

/**
 * What "typically" assumes of every outage, and of the time until the pair is healthy again. VRRP's defaults
 * give 2.6 to 3.6 s for a crash and 0.6 s for a graceful stop (docs/method.md, "Published figures"); a cloud
 * takes far longer.
 */
export const TYPICAL_WAIT = fromMs(2_000);

/** Probing that is not clean from the start may become so within this long (or give-up, if that is shorter). */
const UNSTEADY = 60e9;
/** The last answers are waited for no longer than this. */
const DRAIN = 2e9;

const longest = (...values: readonly number[]): number => Math.max(0, ...values);

/**
 * How long a scenario takes, without the time to build a lab. `max_ns`: every wait of every trial up to its
 * limit. A trial is one measured phase (failover) or two of them (and failback, for which the clean time since the
 * recovery counts as steady), each followed by a restore.
 */
export const planTime = ({
  streams,
  sessions,
  trigger,
  trial,
  controlArm,
}: Scenario): { readonly typical_ns: Nanoseconds; readonly max_ns: Nanoseconds } => {
  const intervals = [
    ...streams.map(({ every_ns }) => every_ns),
    ...sessions.map((each) => each.heartbeat_ns),
  ];
  const randomWait = longest(...intervals);
  const phases = trial.failback === 'measure' ? 2 : 1;
  const control = controlArm?.repeat ?? 0;
  const pauses = (trial.repeat + control - 1) * trial.coolDown_ns;

  const hold = longest(trial.recovered_ns, ...streams.map(({ every_ns }) => 5 * every_ns));
  const aftercare = trial.repeat * phases * (trial.aftercare?.for_ns ?? 0);
  const typicalPhase = randomWait / 2 + TYPICAL_WAIT + hold + TYPICAL_WAIT;

  const steady = longest(trial.steady_ns, oldestAge(sessions));
  const maxSteady = steady + Math.min(trial.giveUp_ns, UNSTEADY);
  // Recovery may begin at the very end of give-up and is then allowed to prove itself.
  const maxOutage = trigger.timeout_ns + longest(trigger.timeout_ns, trial.giveUp_ns) + 2 * hold;
  const maxPhase = maxSteady + randomWait + maxOutage + trial.restore_ns;
  return {
    typical_ns: ns(
      (trial.repeat + control) * steady +
        (trial.repeat * phases + control) * typicalPhase +
        aftercare +
        pauses,
    ),
    max_ns: ns(
      (trial.repeat * phases + control) * maxPhase + (trial.repeat + control) * DRAIN + aftercare + pauses,
    ),
  };
};

import type { TrialEvent } from '../../model/event.js';
import { isCensored, periodBounds, type StreamPhase } from '../flow/stream.js';
import type { FlowWindow } from '../flow/flow-window.js';
import type { LossPeriod, Uncertainty } from '../flow/gaps.js';
import { between, type Instant } from './timeline-milestone.js';

/** When a path stopped and when it was back. */
export interface OutageEdges {
  readonly begin: Instant;
  /** `at_ns` and `hi_ns` are Infinity where that was not seen. */
  readonly end: Instant;
}

/**
 * How far the clock of a vantage may be off against the trial's (nanoseconds). Agents on this host read the very same
 * clock; of others the offset was measured.
 */
export const clockError = (events: readonly TrialEvent[], vantage: string): number =>
  events.reduce(
    (most, event) =>
      event.event === 'anchor' && event.vantage === vantage && event.offset_ns !== 0
        ? Math.max(most, event.uncertainty_ns)
        : most,
    0,
  );

/**
 * The edges of a loss period on the clock that observers and devices are placed on too. Send instants give the length of
 * an outage (docs/method.md, "An outage is an interval"), because all probes take the same time to where it is. Beside
 * instants of others that time counts: a probe meets the outage between its send and its reply, so the upper ends are
 * later by the slowest round trip of the baseline. The points are the middles of the sends, less what distance and random
 * loss add to an outage, and the time between them is the outage's point value: a probe that was sent before the outage can
 * be lost on its way back.
 *
 * @param clock_ns as of `clockError`
 */
export const outageEdges = (
  own: FlowWindow,
  period: LossPeriod,
  clock_ns: number,
  { distance_ns, chance_ns, expected_ns }: Uncertainty,
): OutageEdges => {
  const { rtt } = own.baseline;
  const variation_ns = rtt.count === 0 ? 0 : rtt.max_ns - rtt.min_ns;
  const early_ns = own.baseline.jitter_ns() - variation_ns + clock_ns;
  const late_ns = early_ns + (rtt.count === 0 ? 0 : rtt.max_ns);
  const { before_ns, first_ns, last_ns, after_ns } = period;
  const middle = (before_ns === null ? first_ns : (before_ns + first_ns) / 2) + distance_ns / 2 + expected_ns;
  const begin: Instant = {
    lo_ns: before_ns === null ? -Infinity : Math.min(before_ns, period.proof_ns ?? before_ns) - early_ns,
    at_ns: middle,
    hi_ns: Math.max(middle, first_ns + period.firstHeld_ns + chance_ns + late_ns),
  };
  const lo_ns = last_ns - chance_ns - early_ns;
  if (after_ns === null || isCensored(own, period))
    return { begin, end: { ...between(lo_ns, Infinity), at_ns: Infinity } };
  const end_ns = (last_ns + after_ns) / 2 - expected_ns;
  return {
    // An outage shorter than the way may be none.
    begin: { ...begin, at_ns: Math.min(middle, end_ns) },
    end: { lo_ns, at_ns: end_ns, hi_ns: after_ns + period.afterExcess_ns + late_ns },
  };
};

/** The period that the stream's longest outage is: one that did not end is longer than any. null: nothing was lost. */
export const longestPeriod = ({ worst, figures }: StreamPhase): LossPeriod | null => {
  const length = (period: LossPeriod): number => {
    const { point_ns, lo_ns } = periodBounds(worst, period, figures.uncertainty);
    return figures.censored ? (point_ns === null ? lo_ns : -1) : (point_ns ?? -1);
  };
  return figures.periods.reduce<LossPeriod | null>(
    (longest, each) => (longest === null || length(each) > length(longest) ? each : longest),
    null,
  );
};

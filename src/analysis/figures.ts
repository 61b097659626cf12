import { type Nanoseconds, ns } from '../model/time.js';
import type { FlowWindow } from './flow-window.js';
import { type Bounds, boundsOf, type LossPeriod, spanOf } from './gaps.js';

/** The outage figures of one flow in one phase, loss + late. Nanoseconds; null where not known. */
export interface OutageFigures {
  /** The periods that belong to the outage: begun after the trigger and before the wait for recovery ended. */
  readonly periods: readonly LossPeriod[];
  /** The end of at least one was not seen. */
  readonly censored: boolean;
  readonly longest: Bounds;
  readonly total_ns: Nanoseconds | null;
  readonly span_ns: Nanoseconds | null;
  readonly silence_ns: Nanoseconds | null;
  readonly toFirstLoss_ns: Nanoseconds | null;
  readonly toRecovery_ns: Nanoseconds | null;
}

const isStraddling = (own: FlowWindow, period: LossPeriod): boolean =>
  period.first_ns < own.window.cut_ns && (period.after_ns ?? Infinity) >= own.window.cut_ns;

/**
 * The periods of the outage: from the trigger to the end of the wait for recovery. A period that lies across
 * that end is a new event, not the outage, if good forwarding had already held before it.
 */
export const outagePeriods = (own: FlowWindow, interval_ns: number): LossPeriod[] => {
  const onset_ns = own.onset_ns(interval_ns);
  const begun = own.periods.filter(({ first_ns }) => first_ns >= onset_ns && first_ns < own.window.cut_ns);
  const [last, previous] = [begun.at(-1), begun.at(-2)];
  if (last === undefined || previous?.after_ns == null || own.window.cut_ns === Infinity) return begun;
  const held = last.first_ns - previous.after_ns >= own.window.hold_ns;
  return held && isStraddling(own, last) ? begun.slice(0, -1) : begun;
};

/**
 * Right-censored: no good probe came after, or only after the runner had ended its wait. What ended the period
 * then is the restore, not the failover.
 */
export const isCensored = (own: FlowWindow, period: LossPeriod): boolean =>
  period.before_ns === null ||
  period.after_ns === null ||
  (own.window.cut_ns !== Infinity && isStraddling(own, period));

export const periodBounds = (own: FlowWindow, period: LossPeriod): Bounds => {
  const bounds = boundsOf(period, own.baseline.jitter_ns());
  return isCensored(own, period) ? { lo_ns: bounds.lo_ns, point_ns: null, hi_ns: null } : bounds;
};

/**
 * Bounds of the longest outage. Each end is the largest over all periods: the longest by its point need not have
 * the largest upper end. Without a period an outage shorter than the widest spacing of good probes may have
 * hidden, so the upper end is never 0; nor is it then smaller than what a slow answer leaves open.
 */
const longestOf = (own: FlowWindow, bounds: readonly Bounds[], censored: boolean): Bounds => {
  const jitter_ns = own.baseline.jitter_ns();
  const most = (values: readonly (Nanoseconds | null)[]): number =>
    values.reduce<number>((largest, value) => Math.max(largest, value ?? 0), 0);
  if (bounds.length === 0) {
    const hi_ns = own.widestGood_ns === 0 ? null : ns(own.widestGood_ns + jitter_ns);
    return { lo_ns: ns(0), point_ns: ns(0), hi_ns };
  }
  const lo_ns = ns(most(bounds.map((each) => each.lo_ns)));
  if (censored) return { lo_ns, point_ns: null, hi_ns: null };
  const hidden_ns = own.widestSlow_ns === 0 ? 0 : own.widestSlow_ns + jitter_ns;
  return {
    lo_ns,
    point_ns: ns(most(bounds.map((each) => each.point_ns))),
    hi_ns: ns(Math.max(hidden_ns, most(bounds.map((each) => each.hi_ns)))),
  };
};

export const outageFigures = (own: FlowWindow, interval_ns: number): OutageFigures => {
  const periods = outagePeriods(own, interval_ns);
  const censored = periods.some((period) => isCensored(own, period));
  const bounds = periods.map((period) => periodBounds(own, period));
  const { trigger_ns } = own.window;
  const [first, last] = [periods[0], periods.at(-1)];
  const total = bounds.reduce((sum, { point_ns }) => sum + (point_ns ?? 0), 0);
  return {
    periods,
    censored,
    longest: longestOf(own, bounds, censored),
    total_ns: censored ? null : ns(total),
    span_ns: censored ? null : (spanOf(periods) ?? ns(0)),
    silence_ns: censored ? null : ns(own.silence_ns),
    toFirstLoss_ns: first === undefined ? null : ns(first.first_ns - trigger_ns),
    toRecovery_ns: censored || last?.after_ns == null ? null : ns(last.after_ns - trigger_ns),
  };
};

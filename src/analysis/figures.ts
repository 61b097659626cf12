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

export const belongsToOutage = (own: FlowWindow, period: LossPeriod, interval_ns: number): boolean =>
  period.first_ns >= own.onset_ns(interval_ns) && period.first_ns < own.window.cut_ns;

/**
 * Right-censored: no good probe came after, or only after the runner had given up waiting. What ended the
 * period then is the restore, not the failover.
 */
export const isCensored = (own: FlowWindow, period: LossPeriod): boolean => {
  if (period.before_ns === null || period.after_ns === null) return true;
  const { cut_ns, recovered } = own.window;
  return !recovered && period.first_ns < cut_ns && period.after_ns >= cut_ns;
};

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
  const periods = own.periods.filter((period) => belongsToOutage(own, period, interval_ns));
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

import type { ComparisonMetric, ComparisonPoint } from '../../model/comparison.js';
import type { SessionFigures } from '../../model/figures.js';
import type { SessionVerdict } from '../../model/record.js';
import type { StreamRow } from '../../model/tables.js';

/** A measured value in seconds and its ends; null in all three: longer than any (right-censored). */
export type Measured =
  | { readonly lo_s: number; readonly value_s: number; readonly hi_s: number }
  | { readonly lo_s: null; readonly value_s: null; readonly hi_s: null };

export type StreamMetric = Exclude<ComparisonMetric, 'survived' | 'stall'>;

export const CENSORED: Measured = { lo_s: null, value_s: null, hi_s: null };

const between = (lo_s: number, value_s: number, hi_s: number): Measured => ({
  lo_s: Math.max(0, lo_s),
  value_s,
  hi_s,
});

/**
 * One stream's value of a metric in a valid trial. Only `longest` is stored with its ends. The others get theirs from
 * what its half-width h says of the spacing of the probes (docs/method.md, "An outage is an interval"):
 *
 * - `total`: h to either side for every period; `span`: h to either side; `count` is counted;
 * - `silence` is arrival to arrival, so the outage in it is up to 2 h shorter, and never longer;
 * - `trigger_to_recovery` ends with the first good probe, the recovery was up to one spacing (h) before it.
 *
 * A stream that lost nothing was never down: 0, and at most what its `longest` leaves open.
 *
 * @returns null: the row has no such figure
 */
export const streamValue = (row: StreamRow, metric: StreamMetric): Measured | null => {
  if (row.status === 'not-recovered') return CENSORED;
  if (row.status === 'degraded' && (metric === 'span' || metric === 'trigger_to_recovery')) return CENSORED;
  const { longest_lo_s: lo, longest_s: longest, longest_hi_s: hi } = row;
  if (lo === null || longest === null) return null;
  const widest = hi ?? longest;
  if (row.status === 'unaffected') return metric === 'count' ? between(0, 0, 0) : between(0, 0, widest);
  const half = (widest - lo) / 2;
  switch (metric) {
    case 'longest':
      return between(lo, longest, widest);
    case 'total': {
      const { total_s } = row;
      const spread = half * Math.max(1, row.periods);
      return total_s === null ? null : between(total_s - spread, total_s, total_s + spread);
    }
    case 'span':
      return row.span_s === null ? null : between(row.span_s - half, row.span_s, row.span_s + half);
    case 'count':
      return between(row.periods, row.periods, row.periods);
    case 'silence':
      return row.silence_s === null ? null : between(row.silence_s - 2 * half, row.silence_s, row.silence_s);
    case 'trigger_to_recovery': {
      const { trigger_to_recovery_s: recovery } = row;
      return recovery === null ? null : between(recovery - half, recovery, recovery);
    }
  }
};

const LIVING: readonly SessionVerdict[] = ['survived', 'survived-late'];

/** Sessions that crossed the failed node. */
export const testedSessions = ({ verdicts }: SessionFigures): number =>
  Object.entries(verdicts).reduce(
    (sum, [verdict, count]) => (verdict === 'not-tested' ? sum : sum + count),
    0,
  );

/** Sessions of one trial are not independent: it counts as survived only if every tested one lived. */
export const haveAllSurvived = (figures: SessionFigures): boolean =>
  LIVING.reduce((sum, verdict) => sum + (figures.verdicts[verdict] ?? 0), 0) === testedSessions(figures);

/**
 * The longest stall of a trial's sessions. One that did not live stalled for longer than any. Its ends are not stored:
 * the value stands for both.
 */
export const stallValue = (figures: SessionFigures): Measured => {
  if (!haveAllSurvived(figures)) return CENSORED;
  const stall = figures.stall_s ?? 0;
  return between(stall, stall, stall);
};

/** Above 0: `a` is worse than `b`. Not recovered above all, then the value, then its upper end. */
export const byBadness = (
  a: Pick<Measured, 'value_s' | 'hi_s'>,
  b: Pick<Measured, 'value_s' | 'hi_s'>,
): number => {
  const [left, right] = [a.value_s ?? Infinity, b.value_s ?? Infinity];
  if (left === right) return (a.hi_s ?? 0) - (b.hi_s ?? 0);
  return left > right ? 1 : -1;
};

/** The trial to look at: the first of `survived` in which a session died, else the longest; null: nothing happened in any. */
export const worstPoint = (points: readonly ComparisonPoint[]): ComparisonPoint | null => {
  const died = points.find(({ survived }) => survived === false);
  const [longest] = points.filter(({ survived }) => survived === null).toSorted((a, b) => byBadness(b, a));
  return died ?? (longest === undefined || longest.value_s === 0 ? null : longest);
};

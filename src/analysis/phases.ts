import type { PhaseRow } from '../model/record.js';
import { earlier, type Instant, later } from './timeline-instant.js';
import type { OutageEdges } from './timeline-outage.js';

/** What ends a phase of an outage. */
export type PhaseEnd =
  | { readonly by: 'traffic' }
  /** null: its milestone was not seen. */
  | { readonly by: 'milestone'; readonly instant: Instant | null };

/** One phase of an outage (nanoseconds). */
export interface CutPhase {
  /** Point value of its begin. */
  readonly start_ns: number;
  readonly lo_ns: number;
  /** null: its milestone was not seen, or the outage did not end. */
  readonly length_ns: number | null;
  readonly hi_ns: number | null;
  readonly status: PhaseRow['status'];
}

/**
 * Cuts an outage into its phases. Each goes from the end of the one before (the first from the first loss) to its own
 * milestone, but ends neither before it began nor after traffic was back:
 *
 *     end[i] = max(end[i-1], min(max(milestone[i], begin), traffic))
 *
 * As minimum and maximum grow with their arguments, the same of all lower ends, all points and all upper ends bounds the
 * true instant. A length is then the difference of two ends: at least lo[i] - hi[i-1], at most hi[i] - lo[i-1], and the
 * points add up to the outage's.
 *
 * @param most_ns upper bound of the outage, which no phase exceeds; Infinity: not known
 * @param ends in order; the last is traffic's
 */
export const cutOutage = (
  { begin, end: back }: OutageEdges,
  most_ns: number,
  ends: readonly PhaseEnd[],
): readonly CutPhase[] => {
  // The upper bound of the outage may be that of another period, or of what could have hidden beside this one.
  const end = most_ns === Infinity ? back : { ...back, hi_ns: Math.max(back.hi_ns, begin.lo_ns + most_ns) };
  let before = begin;
  return ends.map((each): CutPhase => {
    const start = before;
    const instant = each.by === 'traffic' ? end : each.instant;
    if (instant === null)
      return { start_ns: start.at_ns, lo_ns: 0, length_ns: null, hi_ns: null, status: 'not-seen' };
    const own = later(start, earlier(later(instant, begin), end));
    before = own;
    const [lo_ns, hi_ns] = [Math.max(0, own.lo_ns - start.hi_ns), own.hi_ns - start.lo_ns];
    if (own.at_ns === Infinity)
      return { start_ns: start.at_ns, lo_ns, length_ns: null, hi_ns: null, status: 'not-seen' };
    return {
      start_ns: start.at_ns,
      lo_ns,
      length_ns: own.at_ns - start.at_ns,
      hi_ns: hi_ns === Infinity ? null : Math.min(hi_ns, Math.max(most_ns, own.at_ns - start.at_ns)),
      status: statusOf(each, instant, { start, end }),
    };
  });
};

const statusOf = (
  { by }: PhaseEnd,
  { at_ns }: Instant,
  { start, end }: { readonly start: Instant; readonly end: Instant },
): PhaseRow['status'] => {
  if (by === 'traffic') return 'ok';
  if (at_ns > end.at_ns) return 'after';
  return at_ns <= start.at_ns ? 'before' : 'ok';
};

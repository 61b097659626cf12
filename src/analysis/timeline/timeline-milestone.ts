import type { MilestoneKind } from '../../model/record.js';

/** A milestone on the trial's clock; what becomes a row of timeline.csv. */
export interface Milestone {
  readonly kind: MilestoneKind;
  readonly milestone: string;
  readonly subject: string | null;
  readonly source: string | null;
  readonly instant: Instant;
  /** By whose wall clock its UTC is told; null: that of any. */
  readonly vantage: string | null;
  readonly detail: string | null;
}

export const milestone = (
  kind: MilestoneKind,
  words: string,
  instant: Instant,
  more: Partial<Milestone> = {},
): Milestone => ({
  kind,
  milestone: words,
  instant,
  subject: null,
  source: null,
  vantage: null,
  detail: null,
  ...more,
});

/** An instant on the trial's clock that is known as an interval (nanoseconds). */
export interface Instant {
  /** It was not before; -Infinity: not known. */
  readonly lo_ns: number;
  /** The middle, or the only end that is known; Infinity: it was not seen. */
  readonly at_ns: number;
  /** It was not after; Infinity: it was not seen. */
  readonly hi_ns: number;
}

/** @param lo_ns -Infinity: nothing is known but that it was not after `hi_ns`. */
export const between = (lo_ns: number, hi_ns: number): Instant => ({
  lo_ns,
  at_ns: lo_ns === -Infinity ? hi_ns : (lo_ns + hi_ns) / 2,
  hi_ns,
});

export const exactly = (at_ns: number): Instant => ({ lo_ns: at_ns, at_ns, hi_ns: at_ns });

/** The same for each of the three: minimum and maximum grow with their arguments, so that an interval stays one. */
const each = (pick: (a: number, b: number) => number, a: Instant, b: Instant): Instant => ({
  lo_ns: pick(a.lo_ns, b.lo_ns),
  at_ns: pick(a.at_ns, b.at_ns),
  hi_ns: pick(a.hi_ns, b.hi_ns),
});

/** The later of two instants, as an interval. */
export const later = (a: Instant, b: Instant): Instant => each(Math.max, a, b);

/** The earlier of two instants, as an interval. */
export const earlier = (a: Instant, b: Instant): Instant => each(Math.min, a, b);

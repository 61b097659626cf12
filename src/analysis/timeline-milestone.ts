import type { MilestoneKind } from '../model/record.js';
import type { Instant } from './timeline-instant.js';

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

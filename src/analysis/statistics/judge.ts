import type { ComparisonVerdict } from '../../model/comparison.js';
import type { ShiftEstimate } from './hodges-lehmann.js';

/** What a shift is held against; both >= 0, in the unit of the shift. */
export interface JudgedBy {
  /** Practical margin: a smaller shift does not matter. */
  readonly margin: number;
  /** Combined resolution of the two sides: a smaller shift cannot be told. */
  readonly resolution: number;
}

/**
 * The verdict on a shift of a time, longer being worse (docs/method.md, "Comparing, with few repeats"):
 * `not enough runs` if there is no interval; `worse` or `better` if the interval excludes 0 and the shift is beyond the margin
 * and beyond the resolution; `equivalent` if the whole interval lies inside the margin, its ends too, and the margin is not below the resolution;
 * else `no evidence`.
 */
export const judgeShift = (
  { shift, lo, hi }: ShiftEstimate,
  { margin, resolution }: JudgedBy,
): ComparisonVerdict => {
  if (lo === null || hi === null) return 'not enough runs';
  // An interval that excludes 0 holds its point, so here null only ever goes with an interval around 0.
  const beyond = shift !== null && Math.abs(shift) > Math.max(margin, resolution);
  if (beyond && lo > 0) return 'worse';
  if (beyond && hi < 0) return 'better';
  return lo > -margin && hi < margin && margin >= resolution ? 'equivalent' : 'no evidence';
};

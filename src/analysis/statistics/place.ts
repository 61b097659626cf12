import { medianOf } from './quantile.js';
import type { Stretch } from './split.js';

/**
 * Where exactly, in this stretch, one level ends and the next begins, given that it is near `split`. Ranks say best that there
 * is a change, but place it towards the middle: the longer level has more of the ranks between the two. So here the
 * two levels are the medians on both sides of `split`, and the place is where the sum of what speaks for the first level
 * is greatest (Page's 1954 cumulative sum; each value counts for no more than the difference of the two levels).
 * At least `minimum` values are left on both sides.
 */
export const placeOf = (
  series: readonly number[],
  { from, to }: Stretch,
  split: number,
  minimum: number,
): number => {
  const finite = series.filter(Number.isFinite);
  // Above all others is all that is known of `Infinity`, and all that is needed.
  const above = 2 * Math.max(1, ...finite);
  const valueAt = (i: number): number => Math.min(above, series[i] as number);
  const levelOf = (start: number, end: number): number =>
    medianOf(Array.from({ length: end - start }, (_, i) => valueAt(start + i))) ?? 0;
  const [first, second] = [levelOf(from, split), levelOf(split, to)];
  const [low, high] = [Math.min(first, second), Math.max(first, second)];
  let place = split;
  let sum = 0;
  let most = -Infinity;
  for (let i = from; i <= to - minimum; i += 1) {
    if (i >= from + minimum && sum > most) {
      most = sum;
      place = i;
    }
    const excess = Math.min(high, Math.max(low, valueAt(i))) - (low + high) / 2;
    sum += second > first ? -excess : excess;
  }
  return low === high ? split : place;
};

import { upperTail } from './normal.js';

/** The z that is exceeded with probability `tail` (0 < tail < 1): by bisection, to a rounding of doubles. */
export const normalQuantile = (tail: number): number => {
  if (tail > 0.5) return -normalQuantile(1 - tail);
  let lo = 0;
  let hi = 40;
  for (;;) {
    const middle = (lo + hi) / 2;
    if (middle <= lo || middle >= hi) return lo;
    if (upperTail(middle) > tail) lo = middle;
    else hi = middle;
  }
};

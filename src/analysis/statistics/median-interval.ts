import { binomialMasses } from './masses.js';
import { ascending } from './order.js';

export interface MedianInterval {
  readonly lo: number;
  /** `Infinity` if it lies among those that did not recover. */
  readonly hi: number;
  /** Achieved level, at least the confidence asked for. */
  readonly level: number;
}

/**
 * The interval [x(k), x(n+1-k)] of order statistics that holds the true median with at least this confidence, with the
 * largest k that does: level 1 - 2 P(B < k), B binomial (n, 1/2) (Conover 1999, §3.2; conservative with ties). null if even
 * [min, max] does not: below n = 6 for 95 %. Throws RangeError on NaN or -Infinity.
 */
export const medianInterval = (values: readonly number[], confidence = 0.95): MedianInterval | null => {
  const sorted = ascending(values);
  const masses = binomialMasses(sorted.length, 0.5);
  let found: MedianInterval | null = null;
  let tail = 0;
  for (let k = 1; k <= sorted.length / 2; k += 1) {
    tail += masses[k - 1] as number;
    const level = 1 - 2 * tail;
    if (level < confidence) break;
    found = { lo: sorted[k - 1] as number, hi: sorted[sorted.length - k] as number, level };
  }
  return found;
};

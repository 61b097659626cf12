import { isWithin } from './level.js';

/**
 * The smallest two-sided p that m against n values can give, at complete separation: 2 / C(m+n, n). 1 with an empty
 * side.
 */
export const smallestP = (m: number, n: number): number => {
  let p = 2;
  // Dividing step by step keeps 2,000 v 2,000 from overflowing.
  for (let i = 1; i <= Math.min(m, n); i += 1) p *= i / (Math.max(m, n) + i);
  return Math.min(1, p);
};

/** The smallest n from 1 on that suffices. */
export const first = (suffices: (n: number) => boolean): number => {
  let n = 1;
  while (!suffices(n)) n += 1;
  return n;
};

/**
 * How many values one side needs against `other` values on the other side, so that a two-sided p of alpha can be reached,
 * and with it an interval of level 1 - alpha; null if the other side is empty: then no number is enough. With few on the
 * other side it grows quickly: 39 against 1, 8 against 2, 5 against 3, 4 against 4 (alpha = 0.05).
 */
export const runsNeeded = (other: number, alpha = 0.05): number | null =>
  other < 1 ? null : first((n) => isWithin(smallestP(other, n), alpha));

/** How many values each side needs if both have the same: 4 for 0.05, 5 for 0.01. */
export const runsNeededPerSide = (alpha = 0.05): number => first((n) => isWithin(smallestP(n, n), alpha));

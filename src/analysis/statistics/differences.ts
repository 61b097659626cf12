import { ascending, finiteCount } from './order.js';

/** Splits the differences c - b of two ascending lists at `d`: how many are <= d, and the two nearest to the cut. */
const cut = (base: Float64Array, candidate: Float64Array, d: number) => {
  let count = 0;
  let below = -Infinity;
  let above = Infinity;
  let j = 0;
  for (const c of candidate) {
    // The greater c, the more of the smallest b are farther than d below it; the rounded difference is monotone too.
    while (j < base.length && c - (base[j] as number) > d) j += 1;
    count += base.length - j;
    if (j < base.length) below = Math.max(below, c - (base[j] as number));
    if (j > 0) above = Math.min(above, c - (base[j - 1] as number));
  }
  return { count, below, above };
};

/**
 * The k-th smallest (from 1) of the differences c - b of two ascending finite lists, exactly, without making all of them:
 * halves the range of values and moves its ends to real differences, O((m + n) log) in time and nothing in memory
 * (2,000 v 2,000 are 4 million differences).
 */
const kthFinite = (base: Float64Array, candidate: Float64Array, k: number): number => {
  let lo = (candidate[0] as number) - (base.at(-1) as number);
  let hi = (candidate.at(-1) as number) - (base[0] as number);
  while (lo < hi) {
    const middle = lo + (hi - lo) / 2;
    const { count, below, above } = cut(base, candidate, middle < hi ? middle : lo);
    if (count >= k) hi = below;
    else lo = above;
  }
  return lo;
};

/** The differences candidate - base of all pairs, in order. */
export interface Differences {
  readonly count: number;
  /** Pairs of two that did not recover: their difference is unknown. */
  readonly unknown: number;
  /** The k-th smallest (from 1) if the unknown are taken to be below, above or not among the others. */
  readonly kth: (k: number, unknown: 'lowest' | 'highest' | 'left out') => number;
}

/** Both sides in seconds (or any one unit), `Infinity` for right-censored. A difference with one infinite side is infinite. */
export const differencesOf = (base: readonly number[], candidate: readonly number[]): Differences => {
  const bases = ascending(base);
  const candidates = ascending(candidate);
  const finiteBase = bases.subarray(0, finiteCount(bases));
  const finiteCandidate = candidates.subarray(0, finiteCount(candidates));
  const baseCensored = bases.length - finiteBase.length;
  const unknown = baseCensored * (candidates.length - finiteCandidate.length);
  const negative = baseCensored * finiteCandidate.length;
  const finite = finiteBase.length * finiteCandidate.length;
  return {
    count: bases.length * candidates.length,
    unknown,
    kth: (k, which) => {
      const below = negative + (which === 'lowest' ? unknown : 0);
      if (k <= below) return -Infinity;
      return k <= below + finite ? kthFinite(finiteBase, finiteCandidate, k - below) : Infinity;
    },
  };
};

import { isWithin } from './level.js';
import { lowerTail } from './u-distribution.js';
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
 * narrows the range of values and moves its ends to real differences, nothing in memory (2,000 v 2,000 are 4 million
 * differences). In turns where the k-th would be if they lay evenly, which is soon near it, and in the middle, which is never far
 * behind: O((m + n) log) in time.
 */
const kthFinite = (base: Float64Array, candidate: Float64Array, k: number): number => {
  let lo = (candidate[0] as number) - (base.at(-1) as number);
  let hi = (candidate.at(-1) as number) - (base[0] as number);
  /** Differences below `lo`, and up to `hi`. */
  let before = 0;
  let upTo = base.length * candidate.length;
  for (let evenly = true; lo < hi; evenly = !evenly) {
    const share = evenly ? (k - before - 0.5) / (upTo - before) : 0.5;
    const at = lo + (hi - lo) * share;
    const { count, below, above } = cut(base, candidate, at < hi ? at : lo);
    if (count >= k) {
      hi = below;
      upTo = count;
    } else {
      lo = above;
      before = count;
    }
  }
  return lo;
};

/** The differences candidate - base of all pairs, in order. */
interface Differences {
  readonly count: number;
  /** Pairs of two that did not recover: their difference is unknown. */
  readonly unknown: number;
  /** The k-th smallest (from 1) if the unknown are taken to be below, above or not among the others. */
  readonly kth: (k: number, unknown: 'lowest' | 'highest' | 'left out') => number;
}

/** Both sides in seconds (or any one unit), `Infinity` for right-censored. A difference with one infinite side is infinite. */
const differencesOf = (base: readonly number[], candidate: readonly number[]): Differences => {
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

/** How much longer the candidate takes than the base. In the unit of the values. */
export interface ShiftEstimate {
  /** `Infinity`: most pairs have only the candidate not recovered. null: not to be had. */
  readonly shift: number | null;
  /** Ends of the interval; `-Infinity` or `Infinity` where it is open. null: there is none of this confidence. */
  readonly lo: number | null;
  readonly hi: number | null;
  /** Achieved level, at least the confidence asked for; null with no interval. */
  readonly level: number | null;
}

/** The largest k for which 1 - 2 P(U < k) is at least the confidence, by halving; 0: none. */
const depthOf = (m: number, n: number, tail: (u: number) => number, confidence: number): number => {
  const wanted = (1 - confidence) / 2;
  let enough = 0;
  let tooMuch = Math.floor((m * n) / 2) + 1;
  while (tooMuch - enough > 1) {
    const k = Math.floor((enough + tooMuch) / 2);
    if (isWithin(tail(k - 1), wanted)) enough = k;
    else tooMuch = k;
  }
  return enough;
};

/** The mean of the two middle differences; null if they are infinite in both directions, or there are none. */
const middleOf = (differences: Differences): number | null => {
  const known = differences.count - differences.unknown;
  if (known === 0) return null;
  const below = differences.kth(Math.floor((known + 1) / 2), 'left out');
  const above = known % 2 === 1 ? below : differences.kth(known / 2 + 1, 'left out');
  if (below === above) return below;
  return below === -Infinity && above === Infinity ? null : (below + above) / 2;
};

/**
 * The Hodges-Lehmann shift: the median of the mn differences candidate - base, with its exact interval [D(k), D(mn+1-k)],
 * D the sorted differences, k the largest for which the achieved level 1 - 2 P(U < k) is at least `confidence`
 * (Hodges & Lehmann 1963; Lehmann 1975, ch. 2 §6; Bauer 1972). No interval of 95 % can be had below 4 v 4.
 *
 * - The level is that of U without ties. With ties the interval covers the true shift with at least that probability
 *   (its ends included), so it is conservative. k is exact while U is (300 v 300), approximate above.
 * - `Infinity` is right-censored. A pair with one such side differs by -Infinity or Infinity. What a pair with two differs
 *   by is unknown: for the lower end it counts as -Infinity, for the upper end as Infinity, which can only widen the
 *   interval. The point leaves such pairs out, as if half of them were at either end, so it stays inside.
 *
 * Throws RangeError on NaN or -Infinity.
 */
export const hodgesLehmann = (
  base: readonly number[],
  candidate: readonly number[],
  confidence = 0.95,
): ShiftEstimate => {
  const m = base.length;
  const n = candidate.length;
  const differences = differencesOf(base, candidate);
  const shift = middleOf(differences);
  const tail = lowerTail(m, n);
  const k = depthOf(m, n, tail, confidence);
  if (k === 0) return { shift, lo: null, hi: null, level: null };
  return {
    shift,
    lo: differences.kth(k, 'lowest'),
    hi: differences.kth(m * n + 1 - k, 'highest'),
    level: 1 - 2 * tail(k - 1),
  };
};

import { differencesOf } from './differences.js';
import { isWithin } from './level.js';
import { lowerTail } from './u-distribution.js';

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
const middleOf = (base: readonly number[], candidate: readonly number[]): number | null => {
  const differences = differencesOf(base, candidate);
  const known = differences.count - differences.unknown;
  if (known === 0) return null;
  const below = differences.kth(Math.floor((known + 1) / 2), 'left out');
  const above = differences.kth(Math.floor(known / 2) + 1, 'left out');
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
  const shift = middleOf(base, candidate);
  const tail = lowerTail(m, n);
  const k = depthOf(m, n, tail, confidence);
  if (k === 0) return { shift, lo: null, hi: null, level: null };
  const differences = differencesOf(base, candidate);
  return {
    shift,
    lo: differences.kth(k, 'lowest'),
    hi: differences.kth(m * n + 1 - k, 'highest'),
    level: 1 - 2 * tail(k - 1),
  };
};

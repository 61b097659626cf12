import { upperTail } from './normal.js';
import { ascending, doubledMidranks } from './order.js';
import { isCounted, lowerTail } from './u-distribution.js';

/**
 * P(|W - E| >= distance), W the sum of the scores of `size` of these items (ascending whole numbers), when every choice
 * of them is equally likely; exact, with whatever ties the scores have (the conditional distribution: Lehmann 1975,
 * ch. 1 §4; the shift algorithm of Streitberg & Röhmel 1986).
 *
 * Goes through the items once: chance[k][s] is the probability that k of the items so far were chosen and sum to s.
 * Chances are only added and multiplied, never subtracted, so each is right to about 1e-14 of itself, the tails too.
 */
export const chanceOfRankSum = (scores: Int32Array, size: number, distance: number): number => {
  const total = scores.length;
  const upTo = new Float64Array(total + 1);
  for (let i = 0; i < total; i += 1) upTo[i + 1] = (upTo[i] as number) + (scores[i] as number);
  /** Among the first `seen` items, the sum of the k smallest is upTo[k], that of the k greatest is this. */
  const greatest = (seen: number, k: number): number => (upTo[seen] as number) - (upTo[seen - k] as number);
  const chance = Array.from(
    { length: size + 1 },
    (_, k) => new Float64Array(greatest(total, k) - (upTo[k] as number) + 1),
  );
  (chance[0] as Float64Array)[0] = 1;
  for (let seen = 0; seen < total; seen += 1) {
    const left = total - seen;
    const score = scores[seen] as number;
    for (let k = Math.min(size, seen + 1); k >= Math.max(0, size - left + 1); k -= 1) {
      const own = chance[k] as Float64Array;
      const stays = (left - size + k) / left;
      const ownEnd = k > seen ? -1 : greatest(seen, k) - (upTo[k] as number);
      for (let s = 0; s <= ownEnd; s += 1) own[s] = (own[s] as number) * stays;
      if (k === 0) continue;
      const fewer = chance[k - 1] as Float64Array;
      const joins = (size - k + 1) / left;
      // Sums of k items are counted from the least that k items can have.
      const shift = score + (upTo[k - 1] as number) - (upTo[k] as number);
      const fewerEnd = greatest(seen, k - 1) - (upTo[k - 1] as number);
      for (let s = 0; s <= fewerEnd; s += 1)
        own[s + shift] = (own[s + shift] as number) + (fewer[s] as number) * joins;
    }
  }
  const least = upTo[size] as number;
  const centre = (size * (upTo[total] as number)) / total;
  let sum = 0;
  (chance[size] as Float64Array).forEach((each, s) => {
    // Scores are whole numbers, so deviations differ by at least 1/total, if at all: half of that forgives rounding.
    if (Math.abs(least + s - centre) >= distance - 0.5 / total) sum += each;
  });
  return Math.min(1, sum);
};

/** With ties, up to this (mn)^2 (70 v 70: 2.4e7, about 50 ms) the distribution is counted exactly. */
const EXACT_WITH_TIES = 2.5e7;

export interface MannWhitney {
  /** Pairs (base, candidate) in which the candidate is longer, plus half of those that are equal: 0 ... mn. */
  readonly u: number;
  /** 0 < p <= 1. */
  readonly p_two_sided: number;
  /** Is p counted, not approximated? */
  readonly exact: boolean;
}

/** Normal approximation with correction for ties and continuity (Lehmann 1975, ch. 1 §2 and §4). */
const approximate = (ranks: Int32Array, m: number, n: number, distance: number): number => {
  const mean = m + n + 1;
  const spread = ranks.reduce((sum, rank) => sum + (rank - mean) ** 2, 0);
  const deviation = Math.sqrt((m * n * spread) / ((m + n) * (m + n - 1)));
  // Ranks are doubled, so half a step of U is 1 here.
  return 2 * upperTail(Math.max(0, distance - 1) / deviation);
};

const chance = (ranks: Int32Array, m: number, n: number, distance: number): [p: number, exact: boolean] => {
  if (distance === 0) return [1, true];
  const tied = ranks.some((rank, i) => rank === ranks[i + 1]);
  if (!tied && isCounted(m, n)) return [2 * lowerTail(m, n)((m * n - distance) / 2), true];
  if ((m * n) ** 2 <= EXACT_WITH_TIES) return [chanceOfRankSum(ranks, Math.min(m, n), distance), true];
  return [approximate(ranks, m, n, distance), false];
};

/**
 * Is the candidate longer or shorter than the base? The two-sided Mann-Whitney (Wilcoxon rank-sum) test.
 *
 * p is the share of all ways to deal the m + n values out to the two sides in which the rank sum W is at least as far from its
 * mean E as here: P(|W - E| >= |w - E|), given the values with their ties (midranks). Without ties, W is symmetric and
 * this is twice the smaller tail. Agrees with R's coin::wilcox_test(distribution = "exact"), and without ties with
 * scipy.stats.mannwhitneyu(method = "exact") and R's wilcox.test(exact = TRUE) (test/golden/statistics).
 *
 * `Infinity` (did not recover) ranks above all others, tied with its like. Exact up to 300 v 300 without ties and
 * mn = 5,000 (70 v 70) with them; the normal approximation above. With an empty side p is 1: nothing was seen.
 * Throws RangeError on NaN or -Infinity.
 */
export const mannWhitney = (base: readonly number[], candidate: readonly number[]): MannWhitney => {
  const m = base.length;
  const n = candidate.length;
  const all = ascending([...base, ...candidate]);
  const ranks = doubledMidranks(all);
  const rankOf = new Map(Array.from(all, (value, i) => [value, ranks[i] as number]));
  const doubledU = candidate.reduce((sum, value) => sum + (rankOf.get(value) ?? 0), 0) - n * (n + 1);
  if (m === 0 || n === 0) return { u: 0, p_two_sided: 1, exact: true };
  const [p, exact] = chance(ranks, m, n, Math.abs(doubledU - m * n));
  return { u: doubledU / 2, p_two_sided: Math.min(1, Math.max(Number.MIN_VALUE, p)), exact };
};

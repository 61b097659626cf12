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

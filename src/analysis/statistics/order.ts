/**
 * An ascending copy. `Infinity` (did not recover, right-censored) comes last. Throws on NaN and -Infinity: neither is
 * a duration, and NaN has no place in an order.
 */
export const ascending = (values: readonly number[]): Float64Array => {
  const sorted = Float64Array.from(values).sort();
  if (Number.isNaN(sorted.at(-1)) || sorted[0] === -Infinity)
    throw new RangeError('neither NaN nor -Infinity can be ranked');
  return sorted;
};

/** How many values of this ascending list are finite. */
export const finiteCount = (sorted: Float64Array): number => {
  const first = sorted.indexOf(Infinity);
  return first === -1 ? sorted.length : first;
};

/**
 * Twice the midrank of each place of this ascending list, hence integers: sums of them are exact and can be indices.
 * Equal values share the mean of their ranks; `Infinity` equals itself, so censored values are tied above all others.
 */
export const doubledMidranks = (sorted: Float64Array): Int32Array => {
  const ranks = new Int32Array(sorted.length);
  for (let from = 0; from < sorted.length;) {
    let to = from + 1;
    while (to < sorted.length && sorted[to] === sorted[from]) to += 1;
    ranks.fill(from + 1 + to, from, to);
    from = to;
  }
  return ranks;
};

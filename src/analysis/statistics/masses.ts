/**
 * The probabilities of a distribution on first ... last with one peak, from the quotients of neighbours
 * `ratio(k) = P(k+1) / P(k)`. Begins at the peak, so that nothing overflows, and makes them sum to 1.
 */
export const massesOf = (first: number, last: number, ratio: (k: number) => number): Float64Array => {
  const masses = new Float64Array(last - first + 1);
  let peak = first;
  while (peak < last && ratio(peak) > 1) peak += 1;
  masses[peak - first] = 1;
  for (let k = peak; k < last; k += 1) masses[k + 1 - first] = (masses[k - first] as number) * ratio(k);
  for (let k = peak; k > first; k -= 1) masses[k - 1 - first] = (masses[k - first] as number) / ratio(k - 1);
  const total = masses.reduce((sum, each) => sum + each, 0);
  return masses.map((each) => each / total);
};

/** P(X = 0 ... n) of the binomial distribution, 0 < p < 1. */
export const binomialMasses = (n: number, p: number): Float64Array =>
  massesOf(0, n, (k) => ((n - k) / (k + 1)) * (p / (1 - p)));

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

/** Beyond this the series of erf needs more terms than the continued fraction of erfc. */
const SERIES_TO = 2.5;

/** erf by its series (Abramowitz & Stegun 7.1.6); all terms have one sign, so nothing cancels. */
const erf = (x: number): number => {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-17; n += 1) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
};

/** erfc by its continued fraction (Abramowitz & Stegun 7.1.14), from its far end; keeps its accuracy in the tail. */
const erfcFraction = (x: number): number => {
  let rest = x;
  for (let n = 60; n > 0; n -= 1) rest = x + n / 2 / rest;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / rest;
};

/** P(Z >= z) of the standard normal distribution, for z >= 0; relative error below 1e-13. */
export const upperTail = (z: number): number => {
  const x = z / Math.SQRT2;
  return (x < SERIES_TO ? 1 - erf(x) : erfcFraction(x)) / 2;
};

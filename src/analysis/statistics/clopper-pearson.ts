import { binomialMasses } from './masses.js';

export interface ShareInterval {
  readonly lo: number;
  readonly hi: number;
}

/** The largest p (within a rounding of doubles) at which k or more of n have at most this probability. */
const lowerEnd = (k: number, n: number, tail: number): number => {
  let lo = 0;
  let hi = 1;
  for (;;) {
    const middle = (lo + hi) / 2;
    if (middle <= lo || middle >= hi) return lo;
    const reached = binomialMasses(n, middle)
      .subarray(k)
      .reduce((sum, each) => sum + each, 0);
    if (reached <= tail) lo = middle;
    else hi = middle;
  }
};

/**
 * The exact interval of a share of which k of n were seen (Clopper & Pearson 1934): all shares that neither tail of
 * (1 - level)/2 rules out. 4 of 4 prove no more than 0.398 at 95 %. n = 0: everything is possible.
 */
export const clopperPearson = (k: number, n: number, level = 0.95): ShareInterval => {
  const tail = (1 - level) / 2;
  return {
    lo: k === 0 ? 0 : lowerEnd(k, n, tail),
    hi: k === n ? 1 : 1 - lowerEnd(n - k, n, tail),
  };
};

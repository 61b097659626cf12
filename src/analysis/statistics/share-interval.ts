import { clopperPearson, type ShareInterval } from './clopper-pearson.js';
import { normalQuantile } from './normal.js';

/** Up to here the masses of a binomial distribution are summed. */
const SUMMED_PROBES = 3_000;
/** Up to here those of a Poisson distribution. */
const SUMMED_EVENTS = 200;

/** P(X >= k) of a Poisson distribution, k > 0. */
const poissonTail = (k: number, mean: number): number => {
  let mass = Math.exp(-mean);
  let below = 0;
  for (let i = 0; i < k; i += 1) {
    below += mass;
    mass *= mean / (i + 1);
  }
  return 1 - below;
};

/**
 * The mean at which k or more events have probability `tail`: the `tail` quantile of a gamma distribution of shape k.
 * Exact up to 200 events; beyond by Wilson & Hilferty (1931), right to 0.1 % there. Never sums more than 200 terms: a log
 * may have millions of losses.
 */
export const meanReaching = (k: number, tail: number): number => {
  if (k === 0) return 0;
  if (k > SUMMED_EVENTS) {
    const cube = 1 - 1 / (9 * k) - normalQuantile(tail) / (3 * Math.sqrt(k));
    return k * Math.max(0, cube) ** 3;
  }
  let lo = 0;
  let hi = 2 * SUMMED_EVENTS + 100;
  for (;;) {
    const middle = (lo + hi) / 2;
    if (middle <= lo || middle >= hi) return lo;
    if (poissonTail(k, middle) <= tail) lo = middle;
    else hi = middle;
  }
};

/**
 * The exact interval of a share of which k of n were seen, for any n: Clopper & Pearson, and beyond 3,000 that of a Poisson
 * count, which is a little wider.
 */
export const shareInterval = (k: number, n: number, level = 0.95): ShareInterval => {
  if (n === 0) return { lo: 0, hi: 1 };
  if (n <= SUMMED_PROBES) return clopperPearson(k, n, level);
  const tail = (1 - level) / 2;
  return { lo: meanReaching(k, tail) / n, hi: Math.min(1, meanReaching(k + 1, 1 - tail) / n) };
};

/** Whether k or more losses among n probes have at least the probability `rare` where each is lost with p. */
export const isExplained = (k: number, n: number, p: number, rare: number): boolean =>
  meanReaching(k, rare) <= n * p;

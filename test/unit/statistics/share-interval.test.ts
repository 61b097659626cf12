import { describe, expect, it } from 'vitest';
import { longestByChance } from '../../../src/analysis/flow/background.js';
import { clopperPearson } from '../../../src/analysis/statistics/clopper-pearson.js';
import { normalQuantile } from '../../../src/analysis/statistics/normal.js';
import { seededRandom } from '../../../src/analysis/statistics/random.js';
import { isExplained, meanReaching, shareInterval } from '../../../src/analysis/statistics/share-interval.js';

describe('the mean that reaches a count', () => {
  it('is half the quantile of chi-squared with 2k degrees of freedom (R: qchisq(p, 2 * k) / 2)', () => {
    expect(meanReaching(1, 0.025)).toBeCloseTo(0.0253178, 6);
    expect(meanReaching(1, 0.975)).toBeCloseTo(3.6888795, 6);
    expect(meanReaching(3, 0.025)).toBeCloseTo(0.6186721, 6);
    expect(meanReaching(11, 0.975)).toBeCloseTo(18.3903561, 6);
  });

  it('goes over from the exact one to Wilson and Hilferty without a step', () => {
    for (const tail of [0.0001, 0.0125, 0.025, 0.5, 0.975]) {
      const step = meanReaching(201, tail) - meanReaching(200, tail);
      const after = meanReaching(202, tail) - meanReaching(201, tail);
      expect(Math.abs(step - after)).toBeLessThan(0.03);
    }
  });

  it('is quick for millions', () => {
    const began = process.cpuUsage();
    for (let i = 0; i < 100; i++) meanReaching(5_000_000, 0.025);
    expect(process.cpuUsage(began).user).toBeLessThan(1e6);
    expect(meanReaching(5_000_000, 0.025) / 5_000_000).toBeCloseTo(1 - 1.96 / Math.sqrt(5e6), 5);
  });
});

it('a quantile of the normal distribution', () => {
  expect(normalQuantile(0.025)).toBeCloseTo(1.959964, 6);
  expect(normalQuantile(0.975)).toBeCloseTo(-1.959964, 6);
});

describe('the interval of a share', () => {
  it('is that of Clopper and Pearson, and of a Poisson count beyond', () => {
    expect(shareInterval(3, 1500)).toEqual(clopperPearson(3, 1500));
    const [exact, beyond] = [shareInterval(30, 3000), shareInterval(30, 3001)];
    expect(beyond.lo).toBeLessThanOrEqual(exact.lo);
    expect(beyond.hi).toBeGreaterThanOrEqual(exact.hi);
    expect(beyond.hi).toBeCloseTo(exact.hi, 3);
  });

  it('says nothing from nothing', () => {
    expect(shareInterval(0, 0)).toEqual({ lo: 0, hi: 1 });
  });
});

describe('what chance explains', () => {
  it('counts: 40 of 1,000 at 4 % are expected, 70 are not', () => {
    expect(isExplained(40, 1000, 0.04, 0.0125)).toBe(true);
    expect(isExplained(70, 1000, 0.04, 0.0125)).toBe(false);
    expect(isExplained(0, 1000, 0, 0.0125)).toBe(true);
    expect(isExplained(1, 1000, 0, 0.0125)).toBe(false);
  });

  it('runs: one longer than it says comes up in no more than the stated share of worlds', () => {
    const random = seededRandom(5);
    const [n, p, rare] = [1000, 0.1, 0.0125];
    const longest = longestByChance(n, p, rare);
    let beyond = 0;
    const worlds = 4000;
    for (let world = 0; world < worlds; world++) {
      let [run, most] = [0, 0];
      for (let i = 0; i < n; i++) {
        run = random() < p ? run + 1 : 0;
        most = Math.max(most, run);
      }
      if (most > longest) beyond++;
    }
    expect(longest).toBe(4);
    expect(beyond / worlds).toBeLessThan(rare);
  });

  it('runs: nothing without loss, everything without anything else', () => {
    expect(longestByChance(1000, 0, 0.0125)).toBe(0);
    expect(longestByChance(1000, 1, 0.0125)).toBe(1000);
    expect(longestByChance(0, 0.5, 0.0125)).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { clopperPearson } from '../../../src/analysis/statistics/clopper-pearson.js';
import { fisherExact } from '../../../src/analysis/statistics/fisher.js';

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);

/** By the definition, with binomial coefficients. */
const enumerated = (a: number, b: number, c: number, d: number): number => {
  const chance = (k: number): number => choose(a + b, k) * choose(c + d, a + c - k);
  const all = Array.from({ length: a + c + 1 }, (_, k) => k).filter((k) => k <= a + b && a + c - k <= c + d);
  const sum = (which: number[]): number => which.reduce((total, k) => total + chance(k), 0);
  return sum(all.filter((k) => chance(k) <= chance(a) * (1 + 1e-9))) / sum(all);
};

describe('Fisher', () => {
  it('sums the tables that are no more likely, for every table up to 4 in a cell', () => {
    for (let cell = 0; cell < 5 ** 4; cell += 1) {
      const table = [0, 1, 2, 3].map((place) => Math.floor(cell / 5 ** place) % 5) as [
        number,
        number,
        number,
        number,
      ];
      expect(fisherExact(...table), table.join(' ')).toBeCloseTo(enumerated(...table), 12);
    }
  });

  it('says how little 4 trials a side can show', () => {
    expect(fisherExact(4, 0, 0, 4)).toBeCloseTo(0.0286, 4);
    expect(fisherExact(4, 0, 1, 3)).toBeCloseTo(0.1429, 4);
    expect(fisherExact(4, 0, 4, 0)).toBe(1);
  });

  it('counts a table that is as likely, also where rounding would make it more so', () =>
    // The mirror image of this table is exactly as likely.
    expect(fisherExact(0, 5, 10, 5)).toBeCloseTo(0.0325, 4));

  it('takes large tables', () => expect(fisherExact(100_000, 3, 99_990, 13)).toBeCloseTo(0.0213, 4));
});

describe('Clopper and Pearson', () => {
  it.each([
    [1, 1, 2.5],
    [4, 4, 39.8],
    [6, 6, 54.1],
    [10, 10, 69.2],
    [20, 20, 83.2],
  ])('%i of %i proves at least %d %%', (k, n, share) => {
    const { lo, hi } = clopperPearson(k, n);
    expect(lo * 100).toBeCloseTo(share, 1);
    // All of n: the end is known in closed form.
    expect(lo).toBeCloseTo(0.025 ** (1 / n), 12);
    expect(hi).toBe(1);
  });

  it('mirrors, narrows with n, and holds the share', () => {
    for (const [k, n] of [
      [0, 5],
      [2, 7],
      [13, 40],
    ] as const) {
      const own = clopperPearson(k, n);
      const other = clopperPearson(n - k, n);
      expect(own.lo).toBeCloseTo(1 - other.hi, 12);
      expect(own.lo <= k / n && k / n <= own.hi).toBe(true);
      const more = clopperPearson(k * 4, n * 4);
      expect(more.hi - more.lo).toBeLessThan(own.hi - own.lo);
    }
  });

  it('knows nothing without a trial', () => expect(clopperPearson(0, 0)).toEqual({ lo: 0, hi: 1 }));
});

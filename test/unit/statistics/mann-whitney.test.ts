import { describe, expect, it } from 'vitest';
import { mannWhitney } from '../../../src/analysis/statistics/mann-whitney.js';
import { ascending, doubledMidranks } from '../../../src/analysis/statistics/order.js';
import { chanceOfRankSum } from '../../../src/analysis/statistics/mann-whitney.js';
import { seededRandom } from '../../../src/analysis/statistics/random.js';
import { lowerTail } from '../../../src/analysis/statistics/u-distribution.js';
import { enumeratedP } from './enumerate.js';

const random = seededRandom(1);
const below = (end: number): number => Math.floor(random() * end);

/** Few different values: most cases have ties, some have nothing else. */
const drawn = (length: number, different: number, censored: number): number[] =>
  Array.from({ length }, () => (random() < censored ? Infinity : below(different) / 4));

describe('p is the share of all deals that are as extreme', () => {
  const sizes = (): [number, number] => [2 + below(5), 2 + below(5)];

  it.each([
    { kind: 'hardly tied', different: 1e6, censored: 0, cases: 60 },
    { kind: 'tied', different: 6, censored: 0, cases: 80 },
    { kind: 'two values only', different: 2, censored: 0, cases: 30 },
    { kind: 'censored', different: 1e6, censored: 0.3, cases: 40 },
    { kind: 'censored and tied', different: 4, censored: 0.3, cases: 40 },
  ])('$kind', ({ different, censored, cases }) => {
    for (let i = 0; i < cases; i += 1) {
      const [m, n] = sizes();
      const base = drawn(m, different, censored);
      const candidate = drawn(n, different, censored);
      const { p_two_sided, exact } = mannWhitney(base, candidate);
      expect(exact).toBe(true);
      expect(p_two_sided, `${base.join()} | ${candidate.join()}`).toBeCloseTo(
        enumeratedP(base, candidate),
        12,
      );
    }
  });

  it.each([
    [[0], [0]],
    [[1], [2]],
    [[1], [2, 3, 4, 5, 6, 7, 8]],
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ],
    [
      [1, 2, 3, 4],
      [4, 5, 6, 7],
    ],
    [
      [0, 0, 0, 5],
      [0, 0, 0, 0],
    ],
    [
      [0, 0, 0, 0.6],
      [0.6, 0.6, 0.6, 0.6],
    ],
    [
      [134, 112, 80, 172],
      [172, 134, 112, 80],
    ],
    [
      [1, 2, 3, 4],
      [Infinity, Infinity, Infinity, Infinity],
    ],
    [
      [Infinity, Infinity],
      [Infinity, Infinity, Infinity],
    ],
    [
      [1, 2, Infinity],
      [3, 4, 5, Infinity, Infinity],
    ],
    // Skewed by its ties: the two tails differ, so doubling one would be another p.
    [
      [1, 1, 1, 1, 2],
      [1, 3],
    ],
  ])('%j against %j', (base, candidate) => {
    expect(mannWhitney(base, candidate).p_two_sided).toBeCloseTo(enumeratedP(base, candidate), 12);
  });
});

/** Counts of U without ties, by whole numbers: f(m, n, u) = f(m-1, n, u-n) + f(m, n-1, u). */
const counted = (m: number, n: number): bigint[] => {
  let rows: bigint[][] = Array.from({ length: n + 1 }, () => [1n]);
  for (let i = 1; i <= m; i += 1) {
    const next: bigint[][] = [[1n]];
    for (let j = 1; j <= n; j += 1) {
      const without = next[j - 1]!;
      const withIt = rows[j]!;
      next.push(
        Array.from(
          { length: i * j + 1 },
          (_, u) => (without[u] ?? 0n) + (u >= j ? (withIt[u - j] ?? 0n) : 0n),
        ),
      );
    }
    rows = next;
  }
  return rows[n]!;
};

describe('the distribution without ties', () => {
  it.each([
    [1, 39],
    [4, 40],
    [12, 17],
    [30, 30],
  ])('%i v %i is that of whole numbers, to 1e-13', (m, n) => {
    const counts = counted(m, n);
    const total = Number(counts.reduce((sum, each) => sum + each, 0n));
    const tail = lowerTail(m, n);
    let sum = 0n;
    let worst = 0;
    for (let u = 0; u <= Math.floor((m * n) / 2); u += 1) {
      sum += counts[u]!;
      worst = Math.max(worst, Math.abs(tail(u) / (Number(sum) / total) - 1));
    }
    expect(worst).toBeLessThan(1e-13);
  });

  it('goes on with the normal approximation where counting takes too long', () => {
    // 310 v 310 is counted, 311 v 311 not: neighbours must agree.
    const [counted, approximate] = [310, 311].map((n) => {
      const deviation = Math.sqrt((n * n * (2 * n + 1)) / 12);
      const tail = lowerTail(n, n);
      return [0.5, 1, 1.96, 2.5].map((z) => tail(Math.round((n * n) / 2 - z * deviation)));
    });
    // The test approximates by another road: the spread of the ranks.
    const apart = (n: number, by: number): number[] => Array.from({ length: n }, (_, i) => 2 * i + by);
    const { u, p_two_sided } = mannWhitney(apart(311, 0), apart(311, 31));
    expect(p_two_sided / (2 * lowerTail(311, 311)(311 * 311 - u))).toBeCloseTo(1, 9);
    for (const [i, own] of approximate!.entries()) expect(own / counted![i]!).toBeCloseTo(1, 2);
  });
});

describe('with ties, exact and approximate', () => {
  it('meet where one takes over from the other', () => {
    const side = (n: number, by: number): number[] => Array.from({ length: n }, (_, i) => (i % 8) + by);
    expect(mannWhitney(side(70, 0), side(70, 1)).exact).toBe(true);
    const [base, candidate] = [side(71, 0), side(71, 1)];
    const { u, p_two_sided, exact } = mannWhitney(base, candidate);
    expect(exact).toBe(false);
    const ranks = doubledMidranks(ascending([...base, ...candidate]));
    expect(p_two_sided / chanceOfRankSum(ranks, 71, 2 * u - 71 * 71)).toBeCloseTo(1, 1);
  });

  it('say nothing when all are equal, however many', () => {
    const equal = (n: number): number[] => Array.from({ length: n }, () => 0);
    expect(mannWhitney(equal(30), equal(30))).toEqual({ u: 450, p_two_sided: 1, exact: true });
    expect(mannWhitney(equal(500), equal(500))).toEqual({ u: 125_000, p_two_sided: 1, exact: true });
  });

  it('never reach 0', () => {
    const from = (start: number): number[] => Array.from({ length: 2_000 }, (_, i) => start + i);
    expect(mannWhitney(from(0), from(5_000)).p_two_sided).toBeGreaterThan(0);
  });
});

it('an empty side shows nothing', () => {
  expect(mannWhitney([], [1, 2])).toEqual({ u: 0, p_two_sided: 1, exact: true });
  expect(mannWhitney([1, 2], [])).toEqual({ u: 0, p_two_sided: 1, exact: true });
});

it('refuses what has no rank', () => {
  expect(() => mannWhitney([1, NaN], [2])).toThrow(RangeError);
  expect(() => mannWhitney([1], [-Infinity])).toThrow(RangeError);
});

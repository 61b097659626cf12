import { describe, expect, it } from 'vitest';
import { hodgesLehmann } from '../../../src/analysis/statistics/hodges-lehmann.js';
import { seededRandom } from '../../../src/analysis/statistics/random.js';
import { enumeratedU } from './enumerate.js';

const random = seededRandom(2);
const drawn = (length: number, of: () => number): number[] => Array.from({ length }, of);

/** Sorted differences, all of them; what a pair of two infinities differs by is given. */
const differences = (base: readonly number[], candidate: readonly number[], unknown: number[]): number[] =>
  candidate
    .flatMap((c) => base.flatMap((b) => (c === Infinity && b === Infinity ? unknown : [c - b])))
    .toSorted((a, b) => (a < b ? -1 : 1));

/** By the definition: all differences, all orders. */
const enumerated = (base: readonly number[], candidate: readonly number[]) => {
  const known = differences(base, candidate, []);
  const middle = [known[Math.ceil(known.length / 2) - 1], known[Math.floor(known.length / 2)]];
  const shift = middle[0] === middle[1] ? middle[0] : (middle[0]! + middle[1]!) / 2;
  const orders = enumeratedU(base.length, candidate.length);
  const below = (u: number): number => orders.filter((each) => each < u).length / orders.length;
  let k = 0;
  while (below(k + 1) <= 0.025) k += 1;
  return {
    shift: shift === undefined || Number.isNaN(shift) ? null : shift,
    lo: k === 0 ? null : differences(base, candidate, [-Infinity])[k - 1]!,
    hi: k === 0 ? null : differences(base, candidate, [Infinity]).at(-k)!,
    level: k === 0 ? null : 1 - 2 * below(k),
  };
};

const expectSame = (base: readonly number[], candidate: readonly number[]): void => {
  const { shift, lo, hi, level } = enumerated(base, candidate);
  const found = hodgesLehmann(base, candidate);
  expect([found.lo, found.hi], `${base.join()} | ${candidate.join()}`).toEqual([lo, hi]);
  expect(found.shift).toBe(shift);
  if (level === null) expect(found.level).toBeNull();
  else expect(found.level).toBeCloseTo(level, 12);
};

describe('the shift and its interval', () => {
  it('are those of all differences and all orders', () => {
    const sizes = [1, 2, 3, 4, 5, 6].flatMap((m) => [2, 4, 5, 7].map((n) => [m, n] as const));
    for (const [m, n] of sizes) {
      expectSame(drawn(m, random), drawn(n, random));
      expectSame(
        drawn(m, () => Math.round(random() * 4)),
        drawn(n, () => Math.round(random() * 4) + 1),
      );
      expectSame(
        drawn(m, () => (random() < 0.3 ? Infinity : random())),
        drawn(n, () => (random() < 0.3 ? Infinity : random())),
      );
    }
  });

  it.each([
    { n: 4, from: 1, to: 16, level: 97.1 },
    { n: 5, from: 3, to: 23, level: 96.8 },
    { n: 6, from: 6, to: 31, level: 95.9 },
    { n: 8, from: 14, to: 51, level: 95.0 },
    { n: 10, from: 24, to: 77, level: 95.7 },
  ])('$n v $n: D$from to D$to', ({ n, from, to, level }) => {
    const base = Array.from({ length: n }, (_, i) => -i * n);
    const candidate = Array.from({ length: n }, (_, i) => i + 1);
    const found = hodgesLehmann(base, candidate);
    expect(found).toMatchObject({ lo: from, hi: to, shift: (n * n + 1) / 2 });
    expect((found.level! * 100).toFixed(1)).toBe(level.toFixed(1));
  });

  it('has no interval with 3 v 3, nor with an empty side', () => {
    expect(hodgesLehmann([1, 2, 3], [11, 12, 13])).toEqual({ shift: 10, lo: null, hi: null, level: null });
    expect(hodgesLehmann([], [1, 2, 3, 4])).toEqual({ shift: null, lo: null, hi: null, level: null });
  });

  it('has an interval of exactly 95 % with 1 v 39, and none with 1 v 38', () => {
    const to = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
    expect(hodgesLehmann([0], to(39))).toMatchObject({ lo: 0, hi: 38, shift: 19 });
    expect(hodgesLehmann([0], to(39)).level).toBeCloseTo(0.95, 12);
    expect(hodgesLehmann([0], to(38)).lo).toBeNull();
  });

  it('has one of exactly 90 % with 1 v 19, where 0.1 / 2 is rounded down', () =>
    expect(
      hodgesLehmann(
        [0],
        Array.from({ length: 19 }, (_, i) => i),
        0.9,
      ),
    ).toMatchObject({ lo: 0, hi: 18 }));

  it('finds the same differences among millions as among few', () => {
    // Differences of 0, ±1, ±2, ...: every value of the interval is a tie of thousands.
    const steps = Array.from({ length: 1_500 }, (_, i) => i % 15);
    const found = hodgesLehmann(
      steps,
      steps.map((value) => value + 3),
    );
    expect(found).toMatchObject({ shift: 3, lo: 3, hi: 3 });
  });

  it('is exact to the last digit in any unit', () => {
    const base = [0.1, 0.2, 0.3, 0.7, 1e-12];
    const candidate = [0.3, 1e9, 0.1 + 0.2, 5e-324, 0.6];
    const sorted = differences(base, candidate, []);
    expect(hodgesLehmann(base, candidate)).toMatchObject({
      lo: sorted[2],
      shift: sorted[12],
      hi: sorted[22],
    });
  });
});

describe('what did not recover', () => {
  const finite = [1, 2, 3, 4];
  const never = [Infinity, Infinity, Infinity, Infinity];

  it('on one side shifts without bound', () => {
    expect(hodgesLehmann(finite, never)).toMatchObject({ shift: Infinity, lo: Infinity, hi: Infinity });
    expect(hodgesLehmann(never, finite)).toMatchObject({ shift: -Infinity, lo: -Infinity, hi: -Infinity });
  });

  it('on both sides says nothing', () => {
    expect(hodgesLehmann(never, never)).toMatchObject({ shift: null, lo: -Infinity, hi: Infinity });
  });

  it('opens the interval, and only where it can', () => {
    const found = hodgesLehmann([1, 2, 3, 4, 5, 6], [11, 12, 13, 14, 15, Infinity]);
    expect(found).toMatchObject({ lo: 7, hi: Infinity, shift: 10 });
    const both = hodgesLehmann([1, 2, 3, 4, 5, Infinity], [11, 12, 13, 14, 15, Infinity]);
    expect(both).toMatchObject({ lo: -Infinity, hi: Infinity, shift: 10 });
  });

  it('leaves pairs of two out of the point', () => {
    expect(hodgesLehmann([1, Infinity], [2, Infinity]).shift).toBe(1);
    expect(hodgesLehmann([1, 2, Infinity], [Infinity, Infinity]).shift).toBe(Infinity);
  });
});

it('refuses what has no rank', () => {
  expect(() => hodgesLehmann([1, NaN], [2])).toThrow(RangeError);
});

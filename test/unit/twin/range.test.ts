import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/analysis/statistics/random.js';
import type { Length } from '../../../src/analysis/twin/measured.js';
import { anywhere, fitRange, type Shape, slowerOfTwo } from '../../../src/analysis/twin/range.js';

const length = (at_ns: number, known = 0): Length => ({ lo_ns: at_ns - known, at_ns, hi_ns: at_ns + known });

/** How often the true ends lie between those that were fitted, over so many series of lengths. */
const heldOf = (shape: Shape, trials: number, known: number): readonly [least: number, most: number] => {
  const [least, most] = [5000, 9000];
  let [inLeast, inMost] = [0, 0];
  const series = 100;
  for (let seed = 1; seed <= series; seed++) {
    const random = seededRandom(seed * 7919);
    const lengths = Array.from({ length: trials }, () => {
      const true_ns = least + (most - least) * shape(random);
      return length(true_ns + known * (2 * random() - 1), known);
    });
    const range = fitRange(lengths, shape, seededRandom(1));
    if (range.least.lo_ns <= least && least <= range.least.hi_ns) inLeast += 1;
    if (range.most.lo_ns <= most && most <= range.most.hi_ns) inMost += 1;
  }
  return [inLeast / series, inMost / series];
};

describe('what lengths were drawn from', () => {
  test.each([
    ['uniform', anywhere, 3, 0],
    ['uniform', anywhere, 10, 200],
    ['the slower of two', slowerOfTwo, 3, 100],
    ['the slower of two', slowerOfTwo, 6, 0],
  ])('%s: nine times out of ten between the ends', (_name, shape, trials, known) => {
    const [least, most] = heldOf(shape, trials, known);
    expect(least).toBeGreaterThan(0.8);
    expect(most).toBeGreaterThan(0.8);
  });

  test('is wider than what was measured, and less so with more trials', () => {
    const few = fitRange([length(2e9), length(3e9), length(4e9)], anywhere, seededRandom(1));
    expect(few.least.at_ns).toBeLessThan(2e9);
    expect(few.most.at_ns).toBeGreaterThan(4e9);
    const many = fitRange(
      Array.from({ length: 40 }, (_, index) => length(2e9 + (2e9 * index) / 39)),
      anywhere,
      seededRandom(1),
    );
    const widthOf = ({ least, most }: typeof few): number => most.at_ns - least.at_ns;
    expect(widthOf(many)).toBeLessThan(widthOf(few));
    expect(widthOf(many)).toBeLessThan(2.4e9);
  });

  test('is never below nothing', () => {
    const { least } = fitRange([length(1e6), length(9e9)], anywhere, seededRandom(1));
    expect(least.lo_ns).toBeGreaterThanOrEqual(0);
  });

  test('of one trial it is what the trial was known to be', () => {
    const { least, most } = fitRange([length(2e9, 1e8)], slowerOfTwo, seededRandom(1));
    expect(least).toEqual(most);
    expect(least.lo_ns).toBeGreaterThanOrEqual(1.9e9);
    expect(most.hi_ns).toBeLessThanOrEqual(2.1e9);
  });
});

import { describe, expect, test } from 'vitest';
import { provenLongest, type KnownOutage } from '../../../src/analysis/flow/proven-longest.js';
import { seededRandom } from '../../../src/analysis/statistics/random.js';

const known = (lo: number, hi: number | null, kind = 'stateless', rank = 0): KnownOutage => ({
  lo,
  hi,
  kind,
  rank,
});

/** The one that speaks for all. */
const chosen = (...all: KnownOutage[]): KnownOutage | undefined => all[provenLongest(all)];

const KINDS = ['stateless', 'stateless', 'stateless', 'tcp', 'stamp'];

/** Mean error of the printed middle in T, where streams of these kinds see one outage at random phases. */
const bias = (kinds: readonly string[], seed: number): number => {
  const random = seededRandom(seed);
  let sum = 0;
  const rounds = 20_000;
  for (let round = 0; round < rounds; round += 1) {
    const all = kinds.map((kind) => {
      const error = random() - random();
      const half = 1 + 0.02 * random();
      return known(error - half, error + half, kind);
    });
    const { lo, hi } = chosen(...all) as KnownOutage;
    sum += (lo + (hi ?? 0)) / 2;
  }
  return sum / rounds;
};

describe('the outage that speaks for several', () => {
  test('there is none of none', () => expect(provenLongest([])).toBe(-1));

  test('is the one that is proven to be the longest', () => {
    expect(chosen(known(1, 9), known(2, 3))).toEqual(known(2, 3));
  });

  test('is the one that is known best of those that may be the same', () => {
    expect(chosen(known(2, 4), known(1.9, 2.6))).toEqual(known(1.9, 2.6));
  });

  test('is never one that was shorter: flows that came back 0.2 s apart, seen every 0.1 s', () => {
    expect(chosen(known(2.69, 2.9), known(2.89, 3.11))).toEqual(known(2.89, 3.11));
  });

  test('is of another kind only where both say the same', () => {
    expect(chosen(known(2, 2.02, 'tcp'), known(1.995, 2.014))).toEqual(known(1.995, 2.014));
    // The coarse one may have lasted longer.
    expect(chosen(known(2, 4, 'tcp'), known(1.99, 2.01))).toEqual(known(2, 4, 'tcp'));
    expect(chosen(known(2, 2.02, 'tcp'), known(1.98, 2.005))).toEqual(known(2, 2.02, 'tcp'));
  });

  test('without an end is worse than any length', () => {
    expect(chosen(known(90, 91), known(3, null, 'stateless', 1))).toEqual(known(3, null, 'stateless', 1));
    expect(chosen(known(3, null), known(2.9, 3.1))).toEqual(known(2.9, 3.1));
  });

  test.each([
    ['four of one kind', Array.from({ length: 4 }, () => 'stateless')],
    ['twelve of one kind', Array.from({ length: 12 }, () => 'stateless')],
    ['five of three kinds', KINDS],
    ['three of three kinds', KINDS.slice(2)],
  ])('is not too long because it was chosen: %s', (_, kinds) => {
    expect(Math.abs(bias(kinds, 7))).toBeLessThan(0.1);
  });
});

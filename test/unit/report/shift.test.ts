import { describe, expect, test } from 'vitest';
import {
  sayLevel,
  sayP,
  sayRatio,
  sayShift,
  spellEnds,
  spellShift,
} from '../../../src/analysis/words/format.js';

describe('a shift in a table', () => {
  test.each([
    [{ shift: 1.214, lo: 0.981, hi: 1.449 }, '+1.21 s  [+0.98 … +1.45]'],
    [{ shift: -1.214, lo: -1.449, hi: -0.981 }, '-1.21 s  [-1.45 … -0.98]'],
    [{ shift: 0.1, lo: -0.2004, hi: 0.3001 }, '+0.100 s  [-0.201 … +0.301]'],
    [{ shift: 1.2, lo: 0.9, hi: null }, '+1.20 s  [+0.90 … +∞]'],
    [{ shift: Infinity, lo: 0.912, hi: Infinity }, '+∞  [+0.912 … +∞]'],
    [{ shift: -Infinity, lo: -Infinity, hi: -Infinity }, '-∞  [-∞ … -∞]'],
    [{ shift: null, lo: null, hi: null }, '?  [-∞ … +∞]'],
    [{ shift: -0, lo: -0, hi: 0 }, '+0.000 s  [+0.000 … +0.000]'],
  ])('%o', (shift, text) => expect(sayShift(shift, true)).toBe(text));

  test('without an interval', () =>
    expect(sayShift({ shift: 92.31, lo: null, hi: null }, false)).toBe('+92.31 s'));
});

describe('the ends of a shift in a sentence, rounded outwards', () => {
  const words = ['shorter', 'longer'] as const;

  test.each([
    [{ shift: 1.214, lo: 0.989, hi: 1.441 }, '0.98 to 1.45 s'],
    [{ shift: -1.214, lo: -1.441, hi: -0.989 }, '0.98 to 1.45 s'],
    [{ shift: 1.2, lo: 0.9, hi: null }, 'at least 0.90 s'],
    [{ shift: -1.2, lo: null, hi: -0.9 }, 'at least 0.90 s'],
    [{ shift: 1.2, lo: -0.401, hi: 2.701 }, '0.41 s shorter to 2.71 s longer'],
    [{ shift: 1.2, lo: -0.4, hi: null }, '0.40 s shorter to any time longer'],
  ])('%o', (shift, text) => expect(spellEnds(shift, words)).toBe(text));

  test.each([
    [{ shift: 1.214, lo: 0.989, hi: 1.441 }, '0.98 to 1.45 s longer'],
    [{ shift: -1.2, lo: null, hi: -0.9 }, 'at least 0.90 s shorter'],
    [{ shift: 1.2, lo: -0.401, hi: 2.701 }, '0.41 s shorter to 2.71 s longer'],
  ])('with the way: %o', (shift, text) => expect(spellShift(shift, words)).toBe(text));
});

test('p is never 0, and a level never more than was reached', () => {
  expect([1, 0.0571, 0.0286, 0.0079, 0.00012].map(sayP)).toEqual([
    '1.0',
    '0.057',
    '0.029',
    '0.0079',
    '< 0.001',
  ]);
  expect([1 - 2 / 70, 0.95, 0.99999].map(sayLevel)).toEqual(['97.1 %', '95.0 %', '99.9 %']);
  expect([0.5, 1.394, 250.4].map(sayRatio)).toEqual(['0.50', '1.39', '250']);
});

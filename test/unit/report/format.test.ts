import { double, property, assert, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  sayBounds,
  sayCount,
  sayMs,
  sayNumberOf,
  saySeconds,
  spellBounds,
} from '../../../src/analysis/words/format.js';

describe('bounds', () => {
  test.each([
    [{ lo: 3.4102, point: 3.4204, hi: 3.4306 }, '3.42 s  [3.41 … 3.44]', '3.42 s (3.41–3.44 s)'],
    [{ lo: 3.42, point: 3.42, hi: 3.42 }, '3.42 s  [3.42 … 3.42]', '3.42 s (3.42–3.42 s)'],
    [{ lo: 0.02, point: 0.03, hi: 0.04 }, '0.030 s  [0.020 … 0.040]', '0.030 s (0.020–0.040 s)'],
    [{ lo: 133.91, point: 134, hi: 134.09 }, '134.0 s  [133.9 … 134.1]', '134.0 s (133.9–134.1 s)'],
    [{ lo: 0, point: 0, hi: 0.0201 }, '< 0.021 s', 'less than 0.021 s'],
    [{ lo: 12.345, point: null, hi: null }, '≥ 12.34 s', 'at least 12.34 s'],
    [{ lo: 0, point: null, hi: null }, 'not known', 'an unknown time'],
    [{ lo: null, point: null, hi: null }, '', 'an unknown time'],
  ])('%j', (bounds, said, spelled) => {
    expect(sayBounds(bounds)).toBe(said);
    expect(spellBounds(bounds)).toBe(spelled);
  });

  test('what is printed always holds what was measured', () => {
    const figure = double({ min: 0, max: 1e5, noNaN: true });
    assert(
      property(record({ lo: figure, width: figure }), ({ lo, width }) => {
        const hi = lo + width;
        const point = (lo + hi) / 2;
        if (point === 0) return;
        const [, low, high] = /\[(.*) … (.*)\]/.exec(sayBounds({ lo, point, hi })) ?? [];
        // What is printed to 0.1 s may undo a binary error of a millionth of that.
        expect(Number(low)).toBeLessThanOrEqual(lo + 2e-7);
        expect(Number(high)).toBeGreaterThanOrEqual(hi - 2e-7);
      }),
    );
  });
});

test('seconds and milliseconds to about three figures', () => {
  expect([0, -0, 0.0364, 3.4251, 99.999, 134.02].map(saySeconds)).toEqual([
    '0.000 s',
    '0.000 s',
    '0.036 s',
    '3.43 s',
    '100.00 s',
    '134.0 s',
  ]);
  expect([0, 0.312, 12.44, 123.4].map(sayMs)).toEqual(['0.00 ms', '0.31 ms', '12.4 ms', '123 ms']);
});

test('counts', () => {
  expect([0, 999, 1000, 60_000, 1_234_567].map(sayCount)).toEqual([
    '0',
    '999',
    '1,000',
    '60,000',
    '1,234,567',
  ]);
  expect([sayNumberOf(1, 'trial'), sayNumberOf(4, 'trial'), sayNumberOf(0, 'trial')]).toEqual([
    '1 trial',
    '4 trials',
    '0 trials',
  ]);
});

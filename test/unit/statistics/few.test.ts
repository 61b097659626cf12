import { describe, expect, it } from 'vitest';
import { hodgesLehmann } from '../../../src/analysis/statistics/hodges-lehmann.js';
import { holm } from '../../../src/analysis/statistics/holm.js';
import { medianInterval } from '../../../src/analysis/statistics/median-interval.js';
import { runsNeeded, runsNeededPerSide, smallestP } from '../../../src/analysis/statistics/runs-needed.js';

describe('the smallest p', () => {
  it.each([
    [3, '0.10000'],
    [4, '0.02857'],
    [5, '0.00794'],
    [6, '0.00216'],
    [8, '0.00016'],
    [10, '0.00001'],
  ])('of %i values a side is %s', (n, p) => expect(smallestP(n, n).toFixed(5)).toBe(p));

  it('is 1 with an empty side, and no overflow with thousands', () => {
    expect(smallestP(0, 9)).toBe(1);
    expect(smallestP(2_000, 4)).toBeGreaterThan(0);
    expect(smallestP(400, 400)).toBeGreaterThan(0);
  });
});

describe('runs needed', () => {
  it.each([
    [1, 39],
    [2, 8],
    [3, 5],
    [4, 4],
    [8, 2],
    [38, 2],
    [39, 1],
    [1_000, 1],
  ])('against %i: %i', (other, needed) => expect(runsNeeded(other)).toBe(needed));

  it('are the fewest with which there is an interval', () => {
    const to = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
    for (const alpha of [0.05, 0.01])
      for (const other of [1, 2, 3, 4, 5, 7, 12, 40]) {
        const needed = runsNeeded(other, alpha)!;
        expect(hodgesLehmann(to(other), to(needed), 1 - alpha).level).not.toBeNull();
        expect(hodgesLehmann(to(other), to(needed - 1), 1 - alpha).level).toBeNull();
      }
  });

  it('no number is enough against none', () => expect(runsNeeded(0)).toBeNull());

  it('of both sides alike', () => {
    expect([0.05, 0.01, 0.001].map((alpha) => runsNeededPerSide(alpha))).toEqual([4, 5, 7]);
  });
});

describe('Holm', () => {
  it('keeps order and what was not tested', () => {
    expect(holm([0.04, null, 0.01, 0.03])).toEqual([0.06, null, 0.03, 0.06]);
    expect(holm([])).toEqual([]);
    expect(holm([null])).toEqual([null]);
    expect(holm([0.7, 0.6])).toEqual([1, 1]);
  });
});

describe('the interval of a median', () => {
  const to = (n: number): number[] => Array.from({ length: n }, (_, i) => n - i);

  it.each([
    [6, 1, 6, 96.9],
    [8, 1, 8, 99.2],
    [10, 2, 9, 97.9],
  ])('n = %i: x%i to x%i, %d %%', (n, lo, hi, level) => {
    const found = medianInterval(to(n));
    expect(found).toMatchObject({ lo, hi });
    expect((found!.level * 100).toFixed(1)).toBe(level.toFixed(1));
  });

  it('is not to be had of fewer than 6, nor of 4 at less than 87.5 %', () => {
    for (const n of [0, 1, 2, 3, 4, 5]) expect(medianInterval(to(n))).toBeNull();
    expect(medianInterval(to(4), 0.875)).toEqual({ lo: 1, hi: 4, level: 0.875 });
  });

  it('is open where values did not recover', () =>
    expect(medianInterval([1, 2, 3, 4, 5, Infinity])).toMatchObject({ lo: 1, hi: Infinity }));

  it('holds with thousands', () => {
    const found = medianInterval(to(4_000))!;
    expect(found.lo).toBeGreaterThan(1_930);
    expect(found.level).toBeGreaterThanOrEqual(0.95);
    expect(found.level).toBeLessThan(0.953);
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hodgesLehmann } from '../../src/analysis/statistics/hodges-lehmann.js';
import { holm } from '../../src/analysis/statistics/holm.js';
import { judgeShift } from '../../src/analysis/statistics/judge.js';
import { mannWhitney } from '../../src/analysis/statistics/mann-whitney.js';

/** Eighths of a second add and subtract without rounding; many are equal, some did not recover. */
const eighths = fc.integer({ min: 0, max: 80 }).map((value) => value / 8);
const outage = fc.oneof({ weight: 6, arbitrary: eighths }, { weight: 1, arbitrary: fc.constant(Infinity) });
const side = fc.array(outage, { minLength: 1, maxLength: 12 });

const mirrored = (value: number | null): number | null => (value === null ? null : 0 - value);

describe('any two sides', () => {
  it('swapped, mirror', () => {
    fc.assert(
      fc.property(side, side, (base, candidate) => {
        const here = mannWhitney(base, candidate);
        const there = mannWhitney(candidate, base);
        expect(here.p_two_sided).toBeCloseTo(there.p_two_sided, 12);
        expect(here.u).toBe(base.length * candidate.length - there.u);
        const shift = hodgesLehmann(base, candidate);
        const back = hodgesLehmann(candidate, base);
        expect([shift.shift, shift.lo, shift.hi]).toEqual([back.shift, back.hi, back.lo].map(mirrored));
        expect(shift.level).toBe(back.level);
        const against = { margin: 0.5, resolution: 0.1 };
        const opposite = { worse: 'better', better: 'worse' } as Record<string, string>;
        const verdict = judgeShift(shift, against);
        expect(judgeShift(back, against)).toBe(opposite[verdict] ?? verdict);
      }),
    );
  });

  it('give 0 < p <= 1, and an interval that holds its point at its level', () => {
    fc.assert(
      fc.property(side, side, fc.constantFrom(0.9, 0.95, 0.99), (base, candidate, confidence) => {
        const { p_two_sided, u } = mannWhitney(base, candidate);
        expect(p_two_sided > 0 && p_two_sided <= 1).toBe(true);
        expect(u >= 0 && u <= base.length * candidate.length).toBe(true);
        const { shift, lo, hi, level } = hodgesLehmann(base, candidate, confidence);
        if (lo === null || hi === null || level === null) return;
        expect(lo <= hi).toBe(true);
        expect(level).toBeGreaterThanOrEqual(confidence - 1e-12);
        if (shift === null) expect(lo < 0 && hi > 0).toBe(true);
        else expect(lo <= shift && shift <= hi).toBe(true);
      }),
    );
  });

  it('shift with the candidate', () => {
    fc.assert(
      fc.property(side, side, eighths, (base, candidate, by) => {
        const here = hodgesLehmann(base, candidate);
        const later = hodgesLehmann(
          base,
          candidate.map((value) => value + by),
        );
        const moved = [here.shift, here.lo, here.hi].map((value) => (value === null ? null : value + by));
        expect([later.shift, later.lo, later.hi]).toEqual(moved);
        expect(later.level).toBe(here.level);
      }),
    );
  });

  it('see one longer value as no shorter', () => {
    fc.assert(
      fc.property(side, side, fc.nat(), eighths, (base, candidate, which, by) => {
        const place = which % candidate.length;
        const longer = candidate.map((value, i) => (i === place ? value + by : value));
        expect(mannWhitney(base, longer).u).toBeGreaterThanOrEqual(mannWhitney(base, candidate).u);
        const [before, after] = [hodgesLehmann(base, candidate), hodgesLehmann(base, longer)];
        if (before.lo !== null && before.hi !== null) {
          expect(after.lo).toBeGreaterThanOrEqual(before.lo);
          expect(after.hi).toBeGreaterThanOrEqual(before.hi);
        }
      }),
    );
  });

  it('have ranks only: any growing scale gives the same p', () => {
    fc.assert(
      fc.property(side, side, (base, candidate) => {
        const scaled = (values: number[]): number[] => values.map((value) => Math.exp(value / 4));
        expect(mannWhitney(scaled(base), scaled(candidate))).toEqual(mannWhitney(base, candidate));
      }),
    );
  });

  it('reject with the test where the interval excludes 0 (without ties and censoring)', () => {
    const distinct = fc.uniqueArray(fc.integer({ min: 0, max: 1_000 }), { minLength: 8, maxLength: 18 });
    fc.assert(
      fc.property(distinct, fc.integer({ min: 3, max: 5 }), (values, cut) => {
        const [base, candidate] = [values.slice(0, cut), values.slice(cut)];
        const { lo, hi, level } = hodgesLehmann(base, candidate);
        if (lo === null || hi === null || level === null) return;
        expect(lo > 0 || hi < 0).toBe(mannWhitney(base, candidate).p_two_sided <= (1 - level) * (1 + 1e-9));
      }),
    );
  });
});

it('Holm never lowers a p, keeps their order, and is at most Bonferroni', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.double({ min: 1e-9, max: 1, noNaN: true }))), (values) => {
      const adjusted = holm(values);
      const tested = values.filter((p) => p !== null).length;
      for (const [i, p] of values.entries()) {
        if (p === null) {
          expect(adjusted[i]).toBeNull();
          continue;
        }
        expect(adjusted[i]).toBeGreaterThanOrEqual(p);
        expect(adjusted[i]).toBeLessThanOrEqual(Math.min(1, p * tested));
        for (const [j, other] of values.entries())
          if (other !== null && p <= other) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j]!);
      }
    }),
  );
});

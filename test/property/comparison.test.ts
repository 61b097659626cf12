import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareSides } from '../../src/analysis/comparison/compare.js';
import type { Comparison, ComparisonVerdict } from '../../src/model/comparison.js';
import { options, plainSide } from '../unit/comparison/sides.js';

const MIRROR: Readonly<Record<ComparisonVerdict, ComparisonVerdict>> = {
  worse: 'better',
  better: 'worse',
  equivalent: 'equivalent',
  'no evidence': 'no evidence',
  'not enough runs': 'not enough runs',
};

/** Tenths of a second, so that there are ties; some did not recover, some lost nothing. */
const outage = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 60 }).map((tenths) => tenths / 10) },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constant(0) },
);
const values = fc.array(outage, { minLength: 1, maxLength: 8 });
const margin = fc
  .integer({ min: 0, max: 20 })
  .map((tenths) => ({ kind: 'seconds' as const, value: tenths / 10 }));
const half = fc.constantFrom(0.01, 0.1, 0.5);

const longest = (
  base: readonly (number | null)[],
  candidate: readonly (number | null)[],
  by: typeof options,
  half_s: number,
): Comparison => {
  const result = compareSides(plainSide('A', base, half_s), [plainSide('B', candidate, half_s)], {
    ...by,
    metrics: ['longest'],
  });
  return result.comparisons[0] as Comparison;
};

const negated = (value: number | null): number | null => (value === null ? null : 0 - value);

test('swapping the sides mirrors the comparison (with a margin in seconds)', () => {
  fc.assert(
    fc.property(values, values, margin, half, (a, b, by, half_s) => {
      const there = longest(a, b, { ...options, margin: by }, half_s);
      const back = longest(b, a, { ...options, margin: by }, half_s);
      expect(back.verdict).toBe(MIRROR[there.verdict]);
      expect(back.limited_by_interval).toBe(there.limited_by_interval);
      expect(back.p_two_sided).toBeCloseTo(there.p_two_sided ?? NaN, 9);
      expect(back.resolution_s).toBeCloseTo(there.resolution_s ?? NaN, 9);
      for (const [left, right] of [
        [back.shift_s, there.shift_s],
        [back.shift_lo_s, there.shift_hi_s],
        [back.shift_hi_s, there.shift_lo_s],
      ] as const) {
        if (right === null) expect(left).toBeNull();
        else expect(left).toBeCloseTo(negated(right) ?? NaN, 9);
      }
    }),
  );
});

test('a verdict keeps what it promises', () => {
  fc.assert(
    fc.property(values, values, margin, half, (a, b, by, half_s) => {
      const { verdict, shift_s, shift_lo_s, shift_hi_s, level, margin_s, resolution_s, n_needed } = longest(
        a,
        b,
        { ...options, margin: by },
        half_s,
      );
      expect(n_needed === null).toBe(verdict !== 'not enough runs');
      if (verdict === 'not enough runs') return;
      expect(level).toBeGreaterThanOrEqual(0.95);
      const beyond = Math.max(margin_s ?? 0, resolution_s ?? 0);
      // An end or a shift that is null here is infinite.
      if (verdict === 'worse') {
        expect(shift_lo_s ?? Infinity).toBeGreaterThan(0);
        expect(shift_s ?? Infinity).toBeGreaterThan(beyond);
      }
      if (verdict === 'better') {
        expect(shift_hi_s ?? -Infinity).toBeLessThan(0);
        expect(shift_s ?? -Infinity).toBeLessThan(-beyond);
      }
      if (verdict === 'equivalent') {
        expect(shift_lo_s).toBeGreaterThan(-(margin_s ?? 0));
        expect(shift_hi_s).toBeLessThan(margin_s ?? 0);
      }
    }),
  );
});

test('no point is lost: every valid trial is among those of its side', () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      const { base, candidate_figures: candidate } = longest(a, b, options, 0.01);
      expect(base.points.map(({ value_s }) => value_s)).toEqual(a);
      expect(candidate.points.map(({ value_s }) => value_s)).toEqual(b);
      expect(base.censored).toBe(a.filter((value) => value === null).length);
    }),
  );
});

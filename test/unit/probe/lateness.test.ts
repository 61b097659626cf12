import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LatenessHistogram } from '../../../src/probe/send/lateness.js';

const filled = (values: readonly number[]): LatenessHistogram => {
  const histogram = new LatenessHistogram();
  for (const value of values) histogram.add(value);
  return histogram;
};

describe('LatenessHistogram', () => {
  test('says nothing without a sample', () => {
    expect(new LatenessHistogram().quantile(0.5)).toBeNull();
    expect(new LatenessHistogram().max).toBeNull();
  });

  test('the maximum is exact', () => {
    expect(filled([5_000_000, 12_345_678, 1]).max).toBe(12.345678);
  });

  test('a probe that left early counts as on time', () => {
    expect(filled([-500]).max).toBe(0);
  });

  test('a quantile is never understated and at most 2 % too large', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1000, max: 100_000_000_000 }), { minLength: 1, maxLength: 300 }),
        fc.constantFrom(0.01, 0.5, 0.9, 0.99, 1),
        (values, q) => {
          const exact = [...values].sort((a, b) => a - b)[Math.ceil(q * values.length) - 1] as number;
          const told = (filled(values).quantile(q) as number) * 1e6;
          expect(told).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
          expect(told).toBeLessThanOrEqual(exact * 1.02 * (1 + 1e-9));
        },
      ),
    );
  });
});

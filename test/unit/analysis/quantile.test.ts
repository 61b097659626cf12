import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arrivals } from '../../../src/analysis/flow/replies.js';
import { clockSteps, utcClock } from '../../../src/analysis/timeline/anchor.js';
import { DurationHistogram, medianOf, quantileOf } from '../../../src/analysis/statistics/quantile.js';
import type { TrialEvent } from '../../../src/model/event.js';
import { fromMs, ns } from '../../../src/model/time.js';

describe('the median in flat memory', () => {
  it('is within 0.55 % of the exact lower median', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 2_000, max: 1e11 }), { minLength: 1, maxLength: 300 }),
        (values) => {
          const histogram = new DurationHistogram();
          for (const value of values) histogram.add(value);
          const exact = values.toSorted((a, b) => a - b)[Math.ceil(values.length / 2) - 1]!;
          expect(Math.abs(histogram.median()! / exact - 1)).toBeLessThan(0.0055);
        },
      ),
    );
  });

  it('is exact for equal values, null for none, and forgets when cleared', () => {
    const histogram = new DurationHistogram();
    expect(histogram.median()).toBeNull();
    histogram.add(123_456);
    histogram.add(123_456);
    expect(histogram.median()).toBe(123_456);
    histogram.clear();
    expect(histogram.median()).toBeNull();
    histogram.add(5e9);
    expect(histogram.median()).toBe(5e9);
  });

  it('of a short list is exact', () => {
    expect(medianOf([3, 1, 2])).toBe(2);
    expect(medianOf([4, 1])).toBe(2.5);
    expect(medianOf([])).toBeNull();
  });
});

describe('a quantile of a list', () => {
  const to = (n: number): number[] => Array.from({ length: n }, (_, index) => n - index);

  it('is the smallest value that enough do not exceed', () => {
    expect(quantileOf(to(20), 0.95)).toBe(19);
    expect(quantileOf(to(100), 0.95)).toBe(95);
    expect(quantileOf(to(100), 0.99)).toBe(99);
    expect(quantileOf(to(2), 0.5)).toBe(1);
  });

  it('is not to be had of so few that none can be beyond', () => {
    expect(quantileOf(to(19), 0.95)).toBeNull();
    expect(quantileOf(to(99), 0.99)).toBeNull();
    expect(quantileOf([], 0.5)).toBeNull();
  });
});

it('arrivals come out in order of time, then of sequence', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 300 }), (times) => {
      const arrivals = new Arrivals();
      for (const [seq, at] of times.entries()) arrivals.push(at, seq, 0);
      const out: [number, number][] = [];
      while (arrivals.size > 0) {
        out.push([arrivals.earliest_ns(), arrivals.earliestSeq()]);
        arrivals.drop();
      }
      const expected = times.map((at, seq): [number, number] => [at, seq]);
      expect(out).toEqual(expected.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]));
      expect(arrivals.earliest_ns()).toBe(Infinity);
    }),
  );
});

describe('the wall clock is an anchor', () => {
  const anchor = (at_ms: number, wall_ms: number, vantage = 'client'): TrialEvent => ({
    at_ns: fromMs(at_ms),
    event: 'anchor',
    vantage,
    wall_ms,
    offset_ns: 0,
    uncertainty_ns: 0,
  });

  it('gives UTC by the anchor of the vantage', () => {
    const utc = utcClock([anchor(0, 0, 'other'), anchor(1000, 1_700_000_000_000)]);
    expect(utc('client', ns(3.5e9))).toBe('2023-11-14T22:13:22.500Z');
    expect(utc('unknown', ns(1e9))).toBe('1970-01-01T00:00:01.000Z');
    expect(utcClock([])('client', ns(0))).toBeNull();
  });

  it('sees a step', () => {
    expect(clockSteps([anchor(0, 5000), anchor(10_000, 15_050)])).toEqual([]);
    expect(clockSteps([anchor(0, 5000), anchor(10_000, 14_000)])).toEqual([
      { vantage: 'client', step_ms: -1000 },
    ]);
  });
});

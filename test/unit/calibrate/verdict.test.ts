import { describe, expect, test } from 'vitest';
import { coverageOf, meetsGoals, shortfalls } from '../../../src/cli/calibrate/statistics.js';
import { sampleCalibration } from './sample.js';

const many = (count: number, error: number): number[] => Array.from({ length: count }, () => error);

describe('shortfalls', () => {
  test('none where 95 % are inside and the mean error is half an interval', () => {
    const calibration = sampleCalibration([...many(19, 4), 16]);
    expect(shortfalls(calibration)).toEqual([]);
    expect(meetsGoals(calibration)).toBe(true);
  });

  test('one outage too many outside', () =>
    expect(shortfalls(sampleCalibration([...many(18, 1), 16, 16]))).toEqual([
      'icmp-10ms: 18 of 20 outages inside the interval, less than 95 %',
    ]));

  test('a point that is off by more than half an interval on average', () =>
    expect(shortfalls(sampleCalibration(many(20, -6)))).toEqual([
      'icmp-10ms: mean absolute error 0.60 T, more than 0.5 T',
    ]));

  test('the interval is the one at which it really sent', () =>
    expect(shortfalls(sampleCalibration(many(20, 6), { spacing_s: 0.016 }))).toEqual([]));

  test('outages that were never made: between those that were, in the null run, by a stall', () => {
    expect(shortfalls(sampleCalibration([1], { spurious: 2, nullOutages: 1, stallOutages: 3 }))).toEqual([
      'icmp-10ms: 2 outages reported between those that were made',
      'icmp-10ms: 1 outages in the null run',
      'icmp-10ms: a stall of the prober was reported as 3 outages',
    ]);
  });

  test('nothing made, nothing to fall short of', () =>
    expect(shortfalls({ ...sampleCalibration([]), null_run: null, stall: null })).toEqual([]));
});

test('coverage of nothing is not known, and never 0 or 100 %', () => {
  expect(coverageOf({ n: 0, covered: 0 })).toBeNull();
  expect(coverageOf({ n: 200, covered: 198 })).toBe(0.99);
});

import { describe, expect, test } from 'vitest';
import type { Observation } from '../../../src/cli/calibrate/match.js';
import {
  agreementOf,
  agreementsByKind,
  agreementsByLength,
  cellAgreements,
} from '../../../src/cli/calibrate/statistics.js';

/** An outage of 100 ms whose point is off by so many milliseconds. */
const off = (error: number | null, more: Partial<Observation> = {}): Observation => ({
  kind: 'drop',
  length_s: 0.1,
  at_s: 1,
  truth_lo_s: 0.099,
  truth_hi_s: 0.101,
  rows: 1,
  lo_s: 0.09,
  point_s: error === null ? null : 0.1 + error / 1e3,
  hi_s: error === null ? null : 0.11,
  error_s: error === null ? null : error / 1e3,
  covered: true,
  ...more,
});

describe('agreementOf', () => {
  test('bias keeps the sign, the mean error does not', () => {
    const agreement = agreementOf([off(-4), off(2), off(8)]);
    expect(agreement.mean_error_ms).toBeCloseTo(2, 9);
    expect(agreement.mean_abs_error_ms).toBeCloseTo(14 / 3, 9);
    expect(agreement.p95_error_ms).toBeNull();
    expect(agreement.mean_width_ms).toBeCloseTo(20, 9);
    expect(agreement.truth_width_ms).toBeCloseTo(2, 9);
  });

  test('the 95 % error takes 20 outages', () => {
    const errors = Array.from({ length: 20 }, (_, index) => off(index % 2 === 0 ? -index : index));
    expect(agreementOf(errors.slice(1)).p95_error_ms).toBeNull();
    expect(agreementOf(errors).p95_error_ms).toBeCloseTo(18, 9);
  });

  test('counts what was covered, unseen and split', () => {
    const all = [off(0), off(0, { covered: false }), off(0, { rows: 0 }), off(0, { rows: 3 })];
    expect(agreementOf(all)).toMatchObject({ n: 4, covered: 3, unseen: 1, split: 1 });
  });

  test('what has no point has no error, and is not left out of the coverage', () =>
    expect(agreementOf([off(null), off(6)])).toMatchObject({ n: 2, covered: 2, mean_abs_error_ms: 6 }));

  test('of nothing it says nothing', () =>
    expect(agreementOf([])).toEqual({
      n: 0,
      covered: 0,
      unseen: 0,
      split: 0,
      mean_error_ms: null,
      mean_abs_error_ms: null,
      p95_error_ms: null,
      mean_width_ms: null,
      truth_width_ms: null,
    }));
});

test('groups by kind in the order of the kinds, and by length', () => {
  const all = [
    off(1, { kind: 'arp', length_s: 3.4 }),
    off(1, { kind: 'drop', length_s: 1 }),
    off(1, { kind: 'drop', length_s: 0.05 }),
    off(1, { kind: 'drop', length_s: 1 }),
  ];
  expect(agreementsByKind(all).map(({ kind, n }) => `${kind} ${n}`)).toEqual(['drop 3', 'arp 1']);
  expect(agreementsByLength(all).map(({ length_s, n }) => [length_s, n])).toEqual([
    [0.05, 1],
    [1, 2],
    [3.4, 1],
  ]);
  expect(cellAgreements(all).map(({ kind, length_s, n }) => `${kind} ${length_s} ${n}`)).toEqual([
    'drop 0.05 1',
    'drop 1 2',
    'arp 3.4 1',
  ]);
});

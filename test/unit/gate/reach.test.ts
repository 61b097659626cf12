import { describe, expect, test } from 'vitest';
import { nightsNeeded, reaches, type Trials } from '../../../src/analysis/gate/family.js';

const trials = (base: number, candidate: number, nights: number, more: Partial<Trials> = {}): Trials => ({
  metric: 'longest',
  base,
  candidate,
  nights,
  ...more,
});

describe('a level can be reached', () => {
  test.each([
    [3, 3, 0.05, false],
    [4, 4, 0.05, true],
    [4, 4, 0.028, false],
    [39, 1, 0.05, true],
    [38, 1, 0.05, false],
    [8, 2, 0.05, true],
    [0, 4, 0.05, false],
    [4, 0, 0.05, false],
  ])('by %i against %i at %f: %s', (base, candidate, level, expected) => {
    expect(reaches(trials(base, candidate, 1), level)).toBe(expected);
  });

  test('earlier by survival, where the sides differ: of one table only is the other end missing', () => {
    // 1 / C(20, 1) against 2 / C(20, 1).
    expect(reaches(trials(19, 1, 1), 0.05)).toBe(false);
    expect(reaches(trials(19, 1, 1, { metric: 'survived' }), 0.05)).toBe(true);
    expect(reaches(trials(4, 4, 1, { metric: 'survived' }), 0.028)).toBe(false);
  });
});

describe('nights that are needed', () => {
  test('by as many trials a night as there are', () => {
    expect(nightsNeeded([trials(12, 1, 12)], 0.05)).toEqual({ have: 12, more: 27, trials: 2 });
    expect(nightsNeeded([trials(24, 1, 12)], 0.05)).toEqual({ have: 12, more: 8, trials: 2 });
  });

  test('never fewer than tell a regression from a night that differs', () => {
    expect(nightsNeeded([trials(3, 2, 3)], 0.05)).toEqual({ have: 3, more: 7, trials: null });
    expect(nightsNeeded([trials(36, 4, 9)], 0.05)).toEqual({ have: 9, more: 1, trials: null });
    expect(nightsNeeded([trials(40, 4, 10)], 0.05)).toBeNull();
  });

  test('without a baseline by as many as the run has', () => {
    expect(nightsNeeded([trials(0, 4, 0)], 0.05)).toEqual({ have: 0, more: 10, trials: null });
    expect(nightsNeeded([trials(0, 1, 0)], 0.05)).toEqual({ have: 0, more: 39, trials: null });
  });

  test('the most of several', () => {
    expect(nightsNeeded([trials(12, 1, 12), trials(0, 2, 0)], 0.05)).toEqual({
      have: 0,
      more: 27,
      trials: null,
    });
  });

  test('what has no trial in the run is not helped by nights', () => {
    expect(nightsNeeded([trials(4, 0, 1)], 0.05)).toBeNull();
    expect(nightsNeeded([], 0.05)).toBeNull();
  });
});

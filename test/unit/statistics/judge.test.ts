import { describe, expect, it } from 'vitest';
import { hodgesLehmann } from '../../../src/analysis/statistics/hodges-lehmann.js';
import { judgeShift } from '../../../src/analysis/statistics/judge.js';

const judged = (
  shift: number | null,
  lo: number | null,
  hi: number | null,
  margin = 0.5,
  resolution = 0.02,
) => judgeShift({ shift, lo, hi, level: lo === null ? null : 0.97 }, { margin, resolution });

describe('the verdict on a shift', () => {
  it('is worse or better only beyond 0, the margin and the resolution', () => {
    expect(judged(1, 0.1, 2)).toBe('worse');
    expect(judged(-1, -2, -0.1)).toBe('better');
    expect(judged(1, 0, 2)).toBe('no evidence');
    expect(judged(-1, -2, 0)).toBe('no evidence');
    expect(judged(0.5, 0.1, 2)).toBe('no evidence');
    expect(judged(0.51, 0.1, 2)).toBe('worse');
    expect(judged(1, 0.1, 2, 0.5, 1)).toBe('no evidence');
    expect(judged(1.01, 0.1, 2, 0.5, 1)).toBe('worse');
    expect(judged(-1, -2, -0.1, 0.5, 1)).toBe('no evidence');
  });

  it('is equivalent only if the whole interval is inside the margin', () => {
    expect(judged(0, -0.1, 0.1)).toBe('equivalent');
    expect(judged(0.3, 0.2, 0.4)).toBe('equivalent');
    expect(judged(0, -0.5, 0.1)).toBe('no evidence');
    expect(judged(0, -0.1, 0.5)).toBe('no evidence');
    expect(judged(0, 0, 0)).toBe('equivalent');
    expect(judged(0, 0, 0, 0)).toBe('no evidence');
  });

  it('is equivalent only by a margin that the probes can tell', () => {
    expect(judged(0, -0.1, 0.1, 0.5, 0.5)).toBe('equivalent');
    expect(judged(0, -0.1, 0.1, 0.5, 0.51)).toBe('no evidence');
  });

  it('is not to be had without an interval, whatever the shift', () => {
    expect(judged(100, null, null)).toBe('not enough runs');
    expect(judgeShift(hodgesLehmann([1, 2, 3], [11, 12, 13]), { margin: 0, resolution: 0 })).toBe(
      'not enough runs',
    );
  });

  it('takes what did not recover', () => {
    const against = { margin: 0.2, resolution: 0.02 };
    const never = [Infinity, Infinity, Infinity, Infinity];
    expect(judgeShift(hodgesLehmann([1, 2, 3, 4], never), against)).toBe('worse');
    expect(judgeShift(hodgesLehmann(never, [1, 2, 3, 4]), against)).toBe('better');
    expect(judgeShift(hodgesLehmann(never, never), against)).toBe('no evidence');
    expect(judgeShift(hodgesLehmann([1, 2, 3, 4], [5, 6, 7, Infinity]), against)).toBe('worse');
    expect(judgeShift(hodgesLehmann([1, 2, 3, Infinity], [5, 6, 7, Infinity]), against)).toBe('no evidence');
  });
});

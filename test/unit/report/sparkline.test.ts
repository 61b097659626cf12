import { describe, expect, test } from 'vitest';
import { sparkline } from '../../../src/report/trend/trend-report.js';

const bars = (values: readonly (number | null)[]): string => sparkline(values).bars.join('');

describe('a sparkline', () => {
  test('spans the values from the lowest bar to the highest', () => {
    expect(bars([0, 1, 2, 3, 4, 5, 6, 7])).toBe('▁▂▃▄▅▆▇█');
    expect(sparkline([3, 1, 2])).toMatchObject({ lowest: 1, highest: 3 });
  });

  test('is flat where nothing changes', () => {
    expect(bars([2, 2, 2])).toBe('▁▁▁');
  });

  test('marks what did not recover and what has no figure', () => {
    expect(bars([1, Infinity, null, 2])).toBe('▁×·█');
  });

  test('has no scale without a finite value', () => {
    expect(sparkline([Infinity, null])).toEqual({ bars: ['×', '·'], lowest: null, highest: null });
    expect(sparkline([])).toEqual({ bars: [], lowest: null, highest: null });
  });
});

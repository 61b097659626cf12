import { describe, expect, test } from 'vitest';
import { fromMs, ns, type Nanoseconds } from '../../../src/model/time.js';
import { RecentSpacing } from '../../../src/probe/stream/ping-command.js';

const after = (sends: readonly (number | null)[]): number => {
  const spacing = new RecentSpacing(fromMs(10));
  for (const at of sends) spacing.sent(at === null ? null : fromMs(at));
  return spacing.median() / 1e6;
};
const every = (step: number, count: number, from = 0): number[] =>
  Array.from({ length: count }, (_, index) => from + index * step);

describe('RecentSpacing', () => {
  test('is nominal until two neighbours are known', () => {
    expect(after([])).toBe(10);
    expect(after([5])).toBe(10);
    expect(after([5, null, 21])).toBe(10);
  });

  test('is what was seen, not what was asked for', () => expect(after(every(16, 12))).toBe(16));

  test('a single stall does not move it', () => expect(after([...every(16, 8), 500])).toBe(16));

  test('follows a change of pace', () => expect(after([...every(10, 20), ...every(16, 20, 300)])).toBe(16));

  test('an unanswered probe between two is no spacing', () => {
    const spacing = new RecentSpacing(fromMs(10));
    const send = (at: Nanoseconds | null): void => spacing.sent(at);
    for (const at of every(16, 12)) send(ns(at * 1e6));
    send(null);
    send(fromMs(5000));
    expect(spacing.median()).toBe(fromMs(16));
  });
});

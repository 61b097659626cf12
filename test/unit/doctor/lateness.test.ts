import { describe, expect, test } from 'vitest';
import {
  LatenessTask,
  type LatenessFigures,
  latenessFinding,
  smallestInterval,
  stallFinding,
} from '../../../src/cli/doctor/lateness.js';
import { fromMs, ns } from '../../../src/model/time.js';

const START = fromMs(1000);

/** Fires the task as a scheduler would, each time as late as `delay_ms` says for its instant. */
const fired = (length_ms: number, delay_ms: (due_ms: number) => number): LatenessFigures => {
  const results: LatenessFigures[] = [];
  const task = new LatenessTask(START, fromMs(length_ms), (figures) => results.push(figures));
  let due: number | null = START;
  while (due !== null) due = task.fire(ns(due + fromMs(delay_ms((due - START) / 1e6))));
  expect(results).toHaveLength(1);
  return results[0] as LatenessFigures;
};

describe('lateness of timers', () => {
  test('every slot counts once, with its own lateness', () => {
    const figures = fired(1000, () => 0.25);
    expect(figures.slots).toBe(1000);
    expect(figures.max_ms).toBeCloseTo(0.25, 6);
    expect(figures.p50_ms).toBeCloseTo(0.25, 2);
    expect(figures.stalls).toBe(0);
  });

  test('a stall of 30 ms makes 31 slots late and is one stall', () => {
    const figures = fired(1000, (due) => (due === 500 ? 30 : 0));
    expect(figures).toMatchObject({ slots: 1000, stalls: 1 });
    expect(figures.max_ms).toBeCloseTo(30, 6);
    // 31 of 1,000 are late by 0, 1, …, 30 ms; 10 of them by more than 20 ms.
    expect(figures.p99_ms).toBeGreaterThan(19);
    expect(figures.p99_ms).toBeLessThan(21.5);
  });

  test('two stalls are two', () => {
    expect(fired(200, (due) => (due === 50 || due === 150 ? 12 : 0)).stalls).toBe(2);
  });

  test('just below 10 ms is lateness and no stall', () => {
    expect(fired(100, (due) => (due === 50 ? 9.9 : 0)).stalls).toBe(0);
  });
});

const figures = (p99_ms: number | null, stalls = 0): LatenessFigures => ({
  slots: 2000,
  p50_ms: 0.1,
  p99_ms,
  max_ms: 20,
  stalls,
});

describe('judgement', () => {
  test.each([
    [0.99, null, 'ok'],
    [1, null, 'warn'],
    [4.99, null, 'warn'],
    [5, null, 'fail'],
    [null, null, 'fail'],
    // With a scenario, half of its densest interval counts.
    [0.3, 10, 'ok'],
    [6, 20, 'warn'],
    [6, 10, 'fail'],
    [0.8, 1, 'fail'],
  ] as const)('p99 of %s ms with probes every %s ms: %s', (p99, every, status) => {
    expect(latenessFinding(figures(p99), every).status).toBe(status);
  });

  test('every figure is said with its unit', () => {
    expect(latenessFinding(figures(0.21), null).detail).toBe(
      'p50 0.10 ms, p99 0.21 ms, max 20.0 ms over 2000 timers at 1,000/s',
    );
  });

  test('stalls are counted', () => {
    expect(stallFinding(figures(0.2)).status).toBe('ok');
    expect(stallFinding(figures(0.2, 1))).toMatchObject({
      status: 'warn',
      detail: 'the prober was held for 10 ms or more 1 time, at worst 20.0 ms: holes in the sends',
    });
    expect(stallFinding(figures(0.2, 3)).detail).toContain('3 times');
  });

  test.each([
    [0.3, 0, 1],
    [0.3, 2, 2],
    [0.3, 200, 200],
    [0.8, 0, 2],
    [6, 0, 20],
    [700, 0, null],
    [null, 0, null],
  ])('p99 %s ms and an engine that grants %s ms allow %s ms', (p99, engine, smallest) => {
    expect(smallestInterval(figures(p99), engine)).toBe(smallest);
  });
});

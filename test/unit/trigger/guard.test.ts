import { describe, expect, test } from 'vitest';
import { UNLIMITED, type GuardPlan } from '../../../src/model/plan.js';
import { fromMs, ns } from '../../../src/model/time.js';
import { limitsOf, turnAt, type GuardLimits } from '../../../src/trigger/act/pacing.js';
import type { DriverGuard } from '../../../src/trigger/driver/schema.js';

const MINUTE = 60_000;
const minutes = (count: number) => fromMs(count * MINUTE);
const limits = (different: Partial<GuardLimits>): GuardLimits => ({
  flaps: null,
  within_ns: minutes(15),
  pause_ns: ns(0),
  about: null,
  ...different,
});
/** Minutes to wait at minute 100; null: none. */
const wait = (guard: Partial<GuardLimits>, failovers: readonly number[]): number | null => {
  const turn = turnAt(
    limits(guard),
    failovers.map((minute) => minute * MINUTE),
    100 * MINUTE,
  );
  return turn === null ? null : turn.wait_ns / minutes(1);
};

describe('the flap budget', () => {
  test.each<[string, number[], number | null]>([
    ['is free at first', [], null],
    ['lets so many through', [90, 99], null],
    ['is used up, until the oldest of them has left its time', [90, 95, 99], 5],
    ['counts the newest only', [10, 20, 90, 95, 99], 5],
    ['has room again when the oldest left exactly now', [85, 95, 99], null],
    ['forgets what is long ago', [10, 20, 30, 40], null],
  ])('%s', (_, failovers, minute) => expect(wait({ flaps: 3 }, failovers)).toBe(minute));

  test('of one waits for the last', () => expect(wait({ flaps: 1 }, [96])).toBe(11));
});

describe('the pause', () => {
  test('is kept after the last failover', () => expect(wait({ pause_ns: minutes(5) }, [10, 97])).toBe(2));
  test('is over in time', () => expect(wait({ pause_ns: minutes(5) }, [95])).toBeNull());
  test('and the budget: the later one counts, and says why', () => {
    const both = limits({ flaps: 2, pause_ns: minutes(8) });
    const at = [95, 99].map((minute) => minute * MINUTE);
    expect(turnAt(both, at, 100 * MINUTE)).toEqual({
      wait_ns: minutes(10),
      why: 'at most 2 failovers of the pair within 15m',
    });
    expect(turnAt({ ...both, within_ns: minutes(6) }, at, 100 * MINUTE)).toEqual({
      wait_ns: minutes(7),
      why: 'at least 8m between two failovers of the pair',
    });
  });
});

describe('the limits of a pair', () => {
  const driver = (different: Partial<DriverGuard>): DriverGuard => ({
    about: undefined,
    flaps: undefined,
    within: minutes(15),
    pause: ns(0),
    ...different,
  });
  const plan = (different: Partial<GuardPlan>): GuardPlan => ({ ...UNLIMITED.guard, ...different });

  test('are none without a guard', () => expect(limitsOf(plan({}), [])).toBeNull());
  test('are the strictest of the drivers', () =>
    expect(
      limitsOf(plan({}), [
        driver({ flaps: 5, pause: minutes(1), about: 'why' }),
        driver({ flaps: 3, within: minutes(20) }),
      ]),
    ).toEqual({ flaps: 3, within_ns: minutes(20), pause_ns: minutes(1), about: 'why' }));
  test('are those of the scenario where it has some', () =>
    expect(
      limitsOf(plan({ flaps: 9, within_ns: minutes(1), pause_ns: ns(0) }), [
        driver({ flaps: 3, pause: minutes(1) }),
      ]),
    ).toEqual({ flaps: 9, within_ns: minutes(1), pause_ns: 0, about: null }));
  test('of the scenario alone have a time, too', () =>
    expect(limitsOf(plan({ flaps: 2 }), [])).toMatchObject({
      flaps: 2,
      within_ns: minutes(15),
      pause_ns: 0,
    }));
});

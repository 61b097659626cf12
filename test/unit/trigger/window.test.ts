import { describe, expect, test } from 'vitest';
import { DAYS, type WindowPlan } from '../../../src/model/plan.js';
import { windowProblem } from '../../../src/trigger/act/pacing.js';

const night: WindowPlan = { from_min: 22 * 60, to_min: 4 * 60, days: ['fri'], timezone: 'UTC' };
const day: WindowPlan = { from_min: 9 * 60, to_min: 17 * 60, days: DAYS, timezone: 'UTC' };
/** 2026-03-06 is a Friday. */
const at = (utc: string): number => Date.parse(`2026-03-${utc}:00Z`);
const inside = (window: WindowPlan, utc: string): boolean => windowProblem(window, at(utc)) === null;

describe('a window over midnight belongs to the day on which it begins', () => {
  test.each([
    ['06T21:59', false],
    ['06T22:00', true],
    ['06T23:59', true],
    ['07T00:00', true],
    ['07T03:59', true],
    ['07T04:00', false],
    ['07T22:30', false],
    ['06T03:00', false],
  ])('%s: %s', (utc, expected) => expect(inside(night, utc)).toBe(expected));
});

describe('a window within a day', () => {
  test.each([
    ['08T08:59', false],
    ['08T09:00', true],
    ['08T16:59', true],
    ['08T17:00', false],
  ])('%s: %s', (utc, expected) => expect(inside(day, utc)).toBe(expected));
  test('may end at midnight', () => {
    const late = { ...day, from_min: 20 * 60, to_min: 24 * 60 };
    expect([inside(late, '08T23:59'), inside(late, '09T00:00')]).toEqual([true, false]);
  });
});

test('it is that of its time zone, in summer and in winter', () => {
  const berlin = { ...day, timezone: 'Europe/Berlin' };
  expect(['08T08:00', '08T16:00'].map((utc) => inside(berlin, utc))).toEqual([true, false]);
  // Summer time begins on 2026-03-29 at 01:00 UTC.
  expect(['29T07:00', '29T15:00'].map((utc) => inside(berlin, utc))).toEqual([true, false]);
});

test('the problem says what the time is, and when the window', () =>
  expect(windowProblem({ ...night, days: ['fri', 'sat'] }, at('09T12:05'))).toBe(
    'it is Mon 12:05 (UTC), and the window is 22:00-04:00, fri, sat',
  ));

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Schedule } from '../../../src/probe/send/schedule.js';
import { ns } from '../../../src/model/time.js';

const T = 10_000_000;

const takeAt = (schedule: Schedule, now: number): { sent: number[]; missed: number[] } => {
  const sent: number[] = [];
  const missed: number[] = [];
  schedule.take(
    ns(now),
    (slot) => sent.push(slot),
    (slot) => missed.push(slot),
  );
  return { sent, missed };
};

describe('Schedule', () => {
  test('slot i is due at t0 + i·T, t0 at the given phase of T', () => {
    const schedule = new Schedule(ns(1000), ns(T), 0.25);
    expect(schedule.t0).toBe(1000 + T / 4);
    expect(schedule.due(7)).toBe(1000 + T / 4 + 7 * T);
    expect(schedule.next).toBe(schedule.t0);
  });

  test('nothing is due before its instant', () => {
    const schedule = new Schedule(ns(0), ns(T), 0.5);
    expect(takeAt(schedule, T / 2 - 1)).toEqual({ sent: [], missed: [] });
    expect(takeAt(schedule, T / 2)).toEqual({ sent: [0], missed: [] });
  });

  test('a slot is sent up to T/2 late, and missed beyond', () => {
    expect(takeAt(new Schedule(ns(0), ns(T), 0), T / 2)).toEqual({ sent: [0], missed: [] });
    expect(takeAt(new Schedule(ns(0), ns(T), 0), T / 2 + 1)).toEqual({ sent: [], missed: [0] });
  });

  test('a long pause makes missed slots, not a burst', () => {
    const schedule = new Schedule(ns(0), ns(T), 0);
    takeAt(schedule, 0);
    expect(takeAt(schedule, 5 * T + 1)).toEqual({ sent: [5], missed: [1, 2, 3, 4] });
  });

  test('a slower pace, and the old one again, count on without a gap from the next slot on', () => {
    const schedule = new Schedule(ns(0), ns(T), 0);
    takeAt(schedule, 0);
    schedule.pace(ns(5 * T));
    const dues = [1, 2, 3].map((slot) => {
      const due = schedule.next;
      expect(takeAt(schedule, due).sent).toEqual([slot]);
      return due;
    });
    expect(dues).toEqual([T, 6 * T, 11 * T]);
    schedule.pace(ns(T));
    expect(schedule.next).toBe(16 * T);
    expect(takeAt(schedule, 16 * T).sent).toEqual([4]);
    expect(schedule.next).toBe(17 * T);
  });

  test.each([0, -1, Number.NaN])('refuses an interval of %s', (every) => {
    expect(() => new Schedule(ns(0), ns(every), 0)).toThrow(RangeError);
  });

  test.each([-0.1, 1, Number.NaN])('refuses a phase of %s', (phase) => {
    expect(() => new Schedule(ns(0), ns(T), phase)).toThrow(RangeError);
  });

  test('whenever it is asked: every slot once, in order, at most one sent per turn, none ever early or adrift', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000_000, max: 1_000_000_000 }),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        fc.array(fc.double({ min: 0, max: 5, noNaN: true }), { minLength: 1, maxLength: 50 }),
        (every, phase, pauses) => {
          const start = 123_456_789;
          const schedule = new Schedule(ns(start), ns(every), phase);
          let now = start;
          const seen: number[] = [];
          for (const pause of pauses) {
            now += Math.round(pause * every);
            let sent = 0;
            schedule.take(
              ns(now),
              (slot, due) => {
                sent += 1;
                seen.push(slot);
                expect(now - due).toBeGreaterThanOrEqual(0);
                expect(now - due).toBeLessThanOrEqual(every / 2);
                expect(due).toBe(schedule.t0 + slot * every);
              },
              (slot, due) => {
                seen.push(slot);
                expect(now - due).toBeGreaterThan(every / 2);
              },
            );
            expect(sent).toBeLessThanOrEqual(1);
            expect(schedule.next).toBeGreaterThan(now);
          }
          expect(seen).toEqual(seen.map((_, index) => index));
          expect(seen.length).toBe(Math.max(0, Math.floor((now - schedule.t0) / every) + 1));
        },
      ),
    );
  });
});

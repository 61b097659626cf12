import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromMs, ns } from '../../../src/model/time.js';
import { FarClock, type Exchange } from '../../../src/probe/stream/far-clock.js';

/** Asked at so many milliseconds of ours, answered so much later; the far clock was read in between. */
const exchange = (asked: number, trip: number, far: number): Exchange => ({
  asked_ns: fromMs(asked),
  came_ns: fromMs(asked + trip),
  far_ns: far * 1e6,
});

describe('the clock of a far host', () => {
  test('is placed by the quickest exchange, to half of its round trip', () => {
    const clock = new FarClock();
    clock.place([exchange(0, 40, 1039), exchange(100, 4, 1102), exchange(200, 30, 1201)]);
    expect(clock.uncertainty_ns).toBe(2e6);
    expect(clock.monotonicAt(1102e6)).toBe(102e6);
  });

  test('is left where it is as long as an exchange allows it', () => {
    const clock = new FarClock();
    clock.place([exchange(0, 4, 1002)]);
    clock.follow(exchange(100, 60, 1101));
    clock.follow(exchange(200, 60, 1259));
    expect(clock.moved_ns).toBe(0);
    expect(clock.monotonicAt(1300e6)).toBe(300e6);
  });

  test('is moved by no more than has to be', () => {
    const clock = new FarClock();
    clock.place([exchange(0, 4, 1002)]);
    // Set an hour ahead, and read at once.
    clock.follow(exchange(100, 0, 3_601_100));
    expect(clock.monotonicAt(3_601_100e6)).toBe(100e6);
    expect(clock.moved_ns).toBe(3_600_000e6);
  });

  test('never places an instant outside of what the newest exchange allows', () => {
    const ms = fc.integer({ min: 0, max: 10_000 });
    const one = fc.record({ asked: ms, trip: fc.integer({ min: 0, max: 500 }), far: ms });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 20 }), (readings) => {
        const clock = new FarClock();
        const [first, ...rest] = readings.map(({ asked, trip, far }) => exchange(asked, trip, far)) as [
          Exchange,
          ...Exchange[],
        ];
        clock.place([first]);
        for (const each of rest) clock.follow(each);
        const newest = rest.at(-1) ?? first;
        const at = clock.monotonicAt(newest.far_ns);
        expect(at).toBeGreaterThanOrEqual(newest.asked_ns - 1);
        expect(at).toBeLessThanOrEqual(newest.came_ns + 1);
        expect(clock.monotonicAt(newest.far_ns + 5)).toBeCloseTo(ns(at + 5), -1);
      }),
    );
  });
});

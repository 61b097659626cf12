import { describe, expect, test } from 'vitest';
import { ns } from '../../../src/model/time.js';
import { placeAge, placeTime } from '../../../src/observe/device-time.js';
import { parseAge, parseTime } from '../../../src/trigger/ask/device-stamp.js';

describe('a time', () => {
  test.each([
    ['1795288761.25', '2026-11-21T19:19:21.250Z'],
    ['1795288761', '2026-11-21T19:19:21.000Z'],
    ['2020-12-08T13:22:52Z', '2020-12-08T13:22:52.000Z'],
    ['2020-12-08T13:22:52.5+01:00', '2020-12-08T12:22:52.500Z'],
    ['2020-12-08T13:22:52-0330', '2020-12-08T16:52:52.000Z'],
    ['2020/12/08 13:22:52', '2020-12-08T13:22:52.000Z'],
    ['Sun Sep  8 15:28:39 2019', '2019-09-08T15:28:39.000Z'],
    ['Sep 8 15:28:39 2019', '2019-09-08T15:28:39.000Z'],
  ])('%s', (text, utc) => expect(new Date(parseTime(text) ?? NaN).toISOString()).toBe(utc));

  test.each(['', '2m13s', '12345', 'Foo 8 15:28:39 2019', '13:22:52', '1795288761.25.1'])('not %j', (text) =>
    expect(parseTime(text)).toBeNull(),
  );
});

describe('an age', () => {
  test.each([
    ['13s', 13],
    ['2m13s', 133],
    ['1h', 3600],
    ['1d 2h 3m', 93_780],
    ['1w0d', 604_800],
  ])('%s', (text, seconds) => expect(parseAge(text)).toBe(seconds * 1e9));

  test.each(['', '13', '13s2m', '2m2m', 'm', 'never'])('not %j', (text) => expect(parseAge(text)).toBeNull());
});

describe('holds the instant that it stands for, wherever that was within what is written', () => {
  // The change was at 100 s by the trial; the answer left the device at a place between asking and coming.
  test.each([0, 0.5, 0.999].flatMap((part) => [0, 0.5, 1].map((way) => [part, way] as const)))(
    'an age: %d of a second, answered at %d of the way',
    (part, way) => {
      const [asked, came] = [200e9, 200.4e9];
      const answered = asked + way * (came - asked);
      const age = Math.floor((answered - (100 - part) * 1e9) / 1e9) * 1e9;
      const { at_ns, uncertainty_ns } = placeAge(age, 1e9, { sent_ns: ns(asked), came_ns: ns(came) });
      expect(Math.abs(at_ns - (100 - part) * 1e9)).toBeLessThanOrEqual(uncertainty_ns);
    },
  );

  test.each([0, 0.5, 0.999])('a time: %d of a second', (part) => {
    // The device's clock shows 1,000,000 s when ours shows 200 s, and the change was at 100 s + part of ours.
    const clock = { wall_ms: 1_000_000_000, at_ns: ns(200e9), uncertainty_ns: ns(3e6) };
    const written = Math.floor(1_000_000 - 100 + part) * 1000;
    const { at_ns, uncertainty_ns } = placeTime(written, 1e9, clock);
    expect(Math.abs(at_ns - (100 + part) * 1e9)).toBeLessThanOrEqual(uncertainty_ns);
    expect(uncertainty_ns).toBe(503e6);
  });
});

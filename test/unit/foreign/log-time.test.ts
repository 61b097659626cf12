import { describe, expect, test } from 'vitest';
import { LogTimeReader } from '../../../src/foreign/log-time.js';

const UTC = '2021-07-14T15:04:05';

describe('shapes', () => {
  test.each([
    ['[1626275045.250000] rest', 'utc', `${UTC}.250Z`],
    ['1626275045.25 rest', 'utc', `${UTC}.250Z`],
    ['2021-07-14T15:04:05.250Z rest', 'utc', `${UTC}.250Z`],
    ['2021-07-14T17:04:05.2500000+02:00 rest', 'utc', `${UTC}.250Z`],
    ['2021-07-14 09:34:05,25-0530 | rest', 'utc', `${UTC}.250Z`],
    ['Wed Jul 14 15:04:05 UTC 2021: rest', 'utc', `${UTC}.000Z`],
    ['[2021-07-14 15:04:05] rest', 'local', '2021-07-14 15:04:05.000'],
    ['Wed Jul 14 15:04:05 CEST 2021: rest', 'local', '2021-07-14 15:04:05.000'],
    ['7/14/2021 3:04:05 PM - rest', 'local', '2021-07-14 15:04:05.000'],
    ['7/4/2021 12:04:05 AM - rest', 'local', '2021-07-04 00:04:05.000'],
    ['07/14/2021 15:04:05 rest', 'local', '2021-07-14 15:04:05.000'],
    ['14/07/2021 15:04:05 rest', 'local', '2021-07-14 15:04:05.000'],
    ['14.07.2021 15:04:05 - rest', 'local', '2021-07-14 15:04:05.000'],
    ['2021/07/14 15:04:05 - rest', 'local', '2021-07-14 15:04:05.000'],
    ['Jul 14 15:04:05 rest', 'local', '07-14 15:04:05.000'],
    ['15:04:05.250000 rest', 'time-of-day', '15:04:05.250'],
  ])('%s', (line, kind, expected) => {
    const stamps = new LogTimeReader();
    expect(stamps.strip(line)).toBe('rest');
    expect(stamps.kind).toBe(kind);
    expect(stamps.at_ns).toBe(0);
    expect(stamps.utc(0) ?? stamps.own(0)).toBe(expected);
    expect(stamps.utc(0) === null).toBe(kind !== 'utc');
  });
});

const times = (lines: readonly string[]): number[] => {
  const stamps = new LogTimeReader();
  return lines.map((line) => {
    stamps.strip(line);
    return stamps.at_ns / 1e9;
  });
};

test('microseconds of today are not lost in the size of the number', () => {
  expect(times(['[1795290723.747574] a', '[1795290723.747575] a'])[1]).toBeCloseTo(1e-6, 10);
});

test('midnight and the end of the year go on', () => {
  expect(times(['23:59:59.5 a', '00:00:00.5 a', '00:00:01.5 a'])).toEqual([0, 1, 2]);
  expect(times(['Dec 31 23:59:59 a', 'Jan 1 00:00:01 a'])).toEqual([0, 2]);
});

test('a clock set back by a second is not a day', () => {
  expect(times(['12:00:05 a', '12:00:04 a'])).toEqual([0, -1]);
});

test('a line without a stamp has none, also after others had', () => {
  const stamps = new LogTimeReader();
  stamps.strip('15:04:05 a');
  expect(stamps.strip('ping: sendmsg: No buffer space available')).toBe(
    'ping: sendmsg: No buffer space available',
  );
  expect(stamps.at_ns).toBeNaN();
});

test('an address is not a time', () => {
  const stamps = new LogTimeReader();
  for (const line of [
    '10.4.4.4 : [0], 64 bytes, 0.05 ms',
    '64 bytes from 10.4.4.4',
    '2001:db8::1 からの応答:',
  ])
    expect(stamps.strip(line)).toBe(line);
  expect(stamps.kind).toBeNull();
});

test('the resolution is that of the finest stamp', () => {
  const stamps = new LogTimeReader();
  stamps.strip('2021-07-14 15:04:05 a');
  expect(stamps.resolution_ns).toBe(1e9);
  stamps.strip('2021-07-14 15:04:05.125 a');
  expect(stamps.resolution_ns).toBe(1e6);
});

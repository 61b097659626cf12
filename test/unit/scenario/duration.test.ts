import { describe, expect, test } from 'vitest';
import { EXIT, KnownError } from '../../../src/model/error.js';
import { ns } from '../../../src/model/time.js';
import { formatDuration, parseDuration } from '../../../src/model/duration.js';

const refusal = (text: string): KnownError => {
  try {
    parseDuration(text);
  } catch (error) {
    if (error instanceof KnownError) return error;
    throw error;
  }
  throw new Error(`"${text}" was accepted`);
};

describe('parseDuration', () => {
  test.each([
    ['500us', 500_000],
    ['500µs', 500_000],
    ['10ms', 10_000_000],
    ['1.5s', 1_500_000_000],
    ['3.42s', 3_420_000_000],
    ['5m', 300_000_000_000],
    ['2h', 7_200_000_000_000],
    ['0s', 0],
    ['10 ms', 10_000_000],
    ['8999999.123456789s', 8_999_999_123_456_789],
  ])('%s is %d ns', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  test.each([
    ['10', '"10" has no unit'],
    ['0', '"0" has no unit'],
    ['10sec', '"10sec" has an unknown unit'],
    ['10MS', '"10MS" has an unknown unit'],
    ['1constructor', '"1constructor" has an unknown unit'],
    ['-1s', '"-1s" is not a duration'],
    ['1,5s', '"1,5s" is not a duration'],
    ['', '"" is not a duration'],
    ['fast', '"fast" is not a duration'],
    ['9999999h', '"9999999h" is longer than 104 days'],
  ])('%j is refused', (text, message) => {
    const error = refusal(text);
    expect(error.message).toBe(message);
    expect(error.remedy).toContain('10ms');
    expect(error.exitCode).toBe(EXIT.usage);
  });
});

describe('formatDuration', () => {
  test.each([
    [0, '0s'],
    [1, '1ns'],
    [10_000_000, '10ms'],
    [1_500_000, '1.5ms'],
    [3_420_000_000, '3.42s'],
    [90_000_000_000, '90s'],
    [120_000_000_000, '2m'],
    [7_200_000_000_000, '2h'],
    [-500_000, '-500us'],
  ])('%d ns is %s', (value, expected) => {
    expect(formatDuration(ns(value))).toBe(expected);
  });
});

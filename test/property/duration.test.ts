import { assert, constantFrom, integer, property, tuple } from 'fast-check';
import { expect, test } from 'vitest';
import { ns } from '../../src/model/time.js';
import { formatDuration, parseDuration } from '../../src/model/duration.js';

test('every whole number of nanoseconds survives being written and read', () => {
  assert(
    property(integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (value) => {
      expect(parseDuration(formatDuration(ns(value)))).toBe(value);
    }),
  );
});

test('typical durations survive being read and written', () => {
  const typical = tuple(integer({ min: 1, max: 59 }), constantFrom('us', 'ms', 's', 'm', 'h'));
  assert(
    property(typical, ([count, unit]) => {
      expect(formatDuration(parseDuration(`${count}${unit}`))).toBe(`${count}${unit}`);
    }),
  );
});

test('the unit decides the size, whatever the number', () => {
  const decimal = tuple(integer({ min: 0, max: 9999 }), integer({ min: 0, max: 999 }));
  assert(
    property(decimal, ([whole, thousandths]) => {
      const number = `${whole}.${String(thousandths).padStart(3, '0')}`;
      expect(parseDuration(`${number}s`)).toBe(parseDuration(`${number}ms`) * 1000);
    }),
  );
});

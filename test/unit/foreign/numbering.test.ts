import { expect, test } from 'vitest';
import { Numbering } from '../../../src/foreign/held-probes.js';

const WRAP = 65_536;
const MOST = 1e6;

test('a number that wraps goes on', () => {
  const numbers = new Numbering(WRAP);
  expect(numbers.of(65_535, 65_535, NaN, MOST)).toBe(65_535);
  expect(numbers.of(0, 65_536, NaN, MOST)).toBe(65_536);
  expect(numbers.of(7, 65_537, NaN, MOST)).toBe(65_543);
});

test('a late answer from before the wrap keeps its place', () => {
  const numbers = new Numbering(WRAP);
  numbers.of(0, 65_536, NaN, MOST);
  expect(numbers.of(65_530, 65_540, NaN, MOST)).toBe(65_530);
  expect(numbers.of(4, 65_540, NaN, MOST)).toBe(65_540);
});

test('without a time a jump of 40,000 is a gap, not an answer that is 25,000 late', () => {
  expect(new Numbering(WRAP).of(40_100, 100, NaN, MOST)).toBe(40_100);
});

test('a time tells how often the numbers have wrapped in a long gap', () => {
  expect(new Numbering(WRAP).of(500, 100, 2 * WRAP + 480, MOST)).toBe(2 * WRAP + 500);
});

test('numbers that do not wrap are taken as they are', () => {
  expect(new Numbering(null).of(1_000_000, 10, NaN, MOST)).toBe(1_000_000);
});

test('a fresh start goes on from the next number', () => {
  const numbers = new Numbering(WRAP);
  numbers.restart(1, 500);
  expect(numbers.of(1, 500, NaN, MOST)).toBe(500);
  expect(numbers.of(3, 501, NaN, MOST)).toBe(502);
});

import { describe, expect, test } from 'vitest';
import { extractWords, passes, refusalIn } from '../../../src/trigger/ask/extract.js';
import { inTime } from '../../../src/trigger/ask/in-time.js';

/** 2^40 ways to match, and none of them does. */
const ENDLESS = { regex: '^(a+)+$', group: 1 };
const ANSWER = `${'a'.repeat(40)}!`;

describe('reading an answer', () => {
  test('gives what was read, and throws what was thrown', () => {
    expect(inTime('text', () => ['word'])).toEqual(['word']);
    expect(() =>
      inTime('text', () => {
        throw new RangeError('out of range');
      }),
    ).toThrow(RangeError);
  });

  test('is broken off in the middle of a pattern', () => {
    expect(inTime(ANSWER, () => new RegExp(ENDLESS.regex).test(ANSWER))).toBeNull();
  });

  test('one that takes too long is not understood, and not taken for good', () => {
    expect(extractWords([ENDLESS], ANSWER, {})).toEqual([]);
    expect(passes({ extract: [{ regex: '^(.*)$', group: 1 }], matches: '(a+)+' }, ANSWER, {})).toBe(false);
    expect(refusalIn([ENDLESS.regex], ANSWER, {})).toContain('take too long');
    expect(refusalIn(['^Error'], 'fine', {})).toBeNull();
  });
});

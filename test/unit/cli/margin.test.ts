import { describe, expect, test } from 'vitest';
import { parseMargin } from '../../../src/cli/compare.js';
import { KnownError } from '../../../src/model/error.js';

describe('a margin', () => {
  test.each([
    ['10%', { kind: 'share', value: 0.1 }],
    ['2.5 %', { kind: 'share', value: 0.025 }],
    ['0%', { kind: 'share', value: 0 }],
    ['0', { kind: 'seconds', value: 0 }],
    ['500ms', { kind: 'seconds', value: 0.5 }],
    ['1.5s', { kind: 'seconds', value: 1.5 }],
  ])('%s', (text, margin) => expect(parseMargin(text)).toEqual(margin));

  test.each(['much', '10', '%', ''])('"%s" is none', (text) => {
    expect(() => parseMargin(text)).toThrow(KnownError);
    expect(() => parseMargin(text)).toThrow(/^--margin: ".*" is neither a share nor a time$/);
  });

  test.each(['-10%', '-500ms', '-1', '-.5s'])('%s: none is negative', (text) => {
    expect(() => parseMargin(text)).toThrow(`--margin: "${text}" is negative`);
  });
});

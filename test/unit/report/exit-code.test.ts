import { expect, test } from 'vitest';
import { exitCodeOf } from '../../../src/report/run/headline.js';
import { fullInput } from '../../golden/report/input.js';

test.each([
  ['pass', true, 0],
  ['fail', true, 1],
  ['inconclusive', true, 2],
  ['pass', null, 0],
  ['pass', false, 3],
  ['fail', false, 3],
] as const)('%s, restored %s: %i', (verdict, restored, code) => {
  expect(exitCodeOf({ ...fullInput, verdict, record: { ...fullInput.record, restored } })).toBe(code);
});

import { describe, expect, test } from 'vitest';
import { isWithin, readVersion } from '../../../src/trigger/ask/version.js';

test.each([
  ['1.3.8', { from: '1.4' }, false],
  ['1.4', { from: '1.4' }, true],
  ['1.4.0-epa1', { from: '1.4' }, true],
  ['1.10', { from: '1.4' }, true],
  ['1.5-rolling-202405080019', { from: '1.4' }, true],
  ['v7.2.5,build1517', { from: '7.2.6' }, false],
  ['9.12(4)', { from: '9.2', below: '9.13' }, true],
  ['9.13(1)', { from: '9.2', below: '9.13' }, false],
  ['9', { from: '9.2' }, true],
  ['2', { below: '2' }, false],
  ['1.9.9', { below: '2' }, true],
])('is version %s within %j: %j', (version, range, within) => expect(isWithin(version, range)).toBe(within));

describe('readVersion', () => {
  const read = (text: string) => readVersion({ extract: [{ regex: '^is (.+)$', group: 1 }] }, text, {});
  test.each([
    ['is 1.4.2', '1.4.2'],
    ['is v7', 'v7'],
    ['is 1.4\nis 1.4', '1.4'],
    ['is 1.4\nis 1.5', null],
    ['is sagitta', null],
    ['has none', null],
  ])('of %j is %j', (text, version) => expect(read(text)).toBe(version));
});

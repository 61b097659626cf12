import { expect, test } from 'vitest';
import { folderStamp, trialFolder, trialOf } from '../../../src/store/names.js';

test('a stamp is UTC to the second, and sorts', () => {
  expect(folderStamp(Date.UTC(2025, 10, 21, 19, 15, 29, 999))).toBe('20251121T191529Z');
});

test('trial folders count from 01 and are found again', () => {
  expect([1, 12, 123].map(trialFolder)).toEqual(['trial-01', 'trial-12', 'trial-123']);
  expect(['trial-01', 'trial-123', 'trial-1', 'trial-', 'run.json', 'xtrial-01'].map(trialOf)).toEqual([
    1,
    123,
    null,
    null,
    null,
    null,
  ]);
});

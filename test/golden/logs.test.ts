import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { casesIn, judge } from './judge-log.js';

/*
 * Logs as people have them, by many tools; what is right of each was read off by hand (`why` in expected.json). The
 * bounds must hold the truth, and be no wider than the log makes them.
 */
const folder = join(import.meta.dirname, 'logs');
const cases = casesIn(folder);

test('every log has its entry', () => {
  expect(readdirSync(folder).toSorted()).toEqual([...Object.keys(cases), 'expected.json'].toSorted());
});

test.each(Object.entries(cases))('%s', async (name, each) => {
  expect(await judge(folder, name, each)).toBeNull();
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { messyTable } from '../../../bench/messy-table.js';
import { MESSY_KINDS } from '../../../src/cli/calibrate/messy/kinds.js';
import { messySchema } from '../../../src/cli/calibrate/messy/result.js';
import { worths } from '../../../src/cli/calibrate/messy/worth.js';
import { names, page, rows, section } from './markdown.js';

const recorded = messySchema.parse(
  JSON.parse(readFileSync(join(import.meta.dirname, '../../../bench/messy.json'), 'utf8')),
);
const measured = section(page('calibration.md'), '### What was measured');

test('the table of messy kinds is the one that was recorded', () =>
  expect(rows(measured)).toEqual(rows(messyTable(recorded))));

test('every kind is described, and was measured', () => {
  expect(names(section(page('calibration.md'), '## Messy networks'))).toEqual([...MESSY_KINDS]);
  expect(new Set(worths(recorded.cells).map(({ kind }) => kind))).toEqual(new Set(MESSY_KINDS));
});

test('the page says when, on which load and in how many labs it was recorded', () => {
  const { from_utc, load, parallel } = recorded;
  expect(measured).toContain(from_utc.slice(0, 10));
  expect(measured).toContain(`load ${load.least} to ${load.most}, median ${load.median}`);
  expect(measured).toContain(`${parallel} labs at once`);
});

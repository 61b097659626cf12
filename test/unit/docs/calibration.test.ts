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
const bench = readFileSync(join(import.meta.dirname, '../../../bench/messy.md'), 'utf8');
const measured = section(page('calibration.md'), '### What was measured');
const worth = worths(recorded.cells);

test('the table of messy kinds is the one that was recorded', () =>
  expect(rows(bench)).toEqual(rows(messyTable(recorded))));

test('the page says what it comes to', () => {
  const range = (isHeadline: boolean): string => {
    const shares = worth.flatMap(({ engine, share }) =>
      share !== null && (engine === 'headline') === isHeadline ? [100 * share] : [],
    );
    return `${Math.min(...shares).toFixed(1)} to ${Math.max(...shares).toFixed(1)} %`;
  };
  const wrong = worth.reduce((sum, each) => sum + each.wrong, 0);
  expect(measured.replaceAll('\n', ' ')).toContain(
    `interval in ${range(true)} of each kind, and inside a stream's own in ${range(false)}; wrong passes: ${wrong}.`,
  );
});

test('every kind is described, and was measured', () => {
  expect(names(section(page('calibration.md'), '## Messy networks'))).toEqual([...MESSY_KINDS]);
  expect(new Set(worth.map(({ kind }) => kind))).toEqual(new Set(MESSY_KINDS));
});

test.each([
  ['the page', measured],
  ['the table', bench],
])('%s says when, on which load and in how many labs it was recorded', (_, text) => {
  const { from_utc, load, parallel } = recorded;
  const words = text.replaceAll('\n', ' ');
  expect(words).toContain(from_utc.slice(0, 10));
  expect(words).toContain(`load ${load.least} to ${load.most}, median ${load.median}`);
  expect(words).toContain(`${parallel} labs at once`);
});

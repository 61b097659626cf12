import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { csvFiles } from '../../../src/report/text/csv.js';
import { junitXml } from '../../../src/report/run/junit.js';
import { summaryMarkdown } from '../../../src/report/run/run-report.js';
import { analyseRun } from '../../../src/evaluate/analyse.js';
import { openRun } from '../../../src/history/find-runs.js';

/**
 * A power cut of the active node in the lab `vrrp`, recorded by version 0.1.0: adverts every 200 ms, probes every 50 ms.
 * It must stay readable for ever: a change of the format that breaks this test needs a reader for format 1.
 */
const RUN = join(import.meta.dirname, '../../fixtures/run-v1');

test('a run of format 1 can be read', async () => {
  const { record, tables, verdict, notes, selfFigures } = await analyseRun(await openRun(RUN));
  expect(record).toMatchObject({ format: 1, tool: { version: '0.1.0' }, status: 'complete', restored: true });
  expect(tables.trials.map(({ status, node, action }) => [status, node, action])).toEqual([
    ['ok', 'fw-a', 'crash'],
  ]);
  expect(tables.streams.map(({ stream, sent }) => [stream, sent])).toEqual([
    ['ping', 144],
    ['web', 145],
    ['control', 73],
  ]);
  expect(tables.sessions.map((row) => row.verdict)).toEqual(['survived', 'survived']);
  expect(selfFigures).toHaveLength(3);
  expect(notes).toContain('delay threshold 100 ms: ping, web, control');
  expect(verdict).toBe('pass');
});

test('and gives the figures that it gave', async () => {
  const { tables } = await analyseRun(await openRun(RUN));
  const files = csvFiles(tables);
  // Whoever must change these files changes the figures of older runs: CHANGELOG.md has to say so.
  // Columns are only added at the end, and so are tables.
  const known = await readdir(RUN);
  const former = Object.entries(files).filter(([name]) => known.includes(name));
  expect(former.map(([name]) => name)).toEqual(['trials.csv', 'streams.csv', 'outages.csv', 'sessions.csv']);
  for (const [name, text] of former) {
    const now = text.split('\r\n');
    const then = (await readFile(join(RUN, name), 'utf8')).split('\r\n');
    expect(now.map((line, index) => line.slice(0, then[index]?.length))).toEqual(then);
  }
});

test('and a timeline, of what such a run knew', async () => {
  const { tables } = await analyseRun(await openRun(RUN));
  const milestones = (tables.timeline ?? []).map(({ milestone, subject }) => `${milestone} ${subject ?? ''}`);
  expect(milestones.slice(0, 2)).toEqual(['trigger-issued fw-a', 'first-loss ping']);
  expect(milestones).toContain('recovery ping');
  expect(milestones.at(-1)).toContain('undone');
});

test('and every report', async () => {
  const input = await analyseRun(await openRun(RUN));
  expect(summaryMarkdown(input)).toContain('Traffic was down for 0.700 s');
  expect(junitXml(input)).toContain('tests="3" failures="0" errors="0" skipped="0"');
});

import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { trendOf } from '../../../src/analysis/trend/trend.js';
import type { RunFigures } from '../../../src/model/figures.js';
import { textWidth } from '../../../src/report/text/table.js';
import { TREND_COLUMNS, trendCsv, trendDocument } from '../../../src/report/trend/trend-data.js';
import { trendMarkdown, trendTerminal } from '../../../src/report/trend/trend-report.js';
import { about, nightOf, type Outage } from '../../unit/gate/nights.js';

const file = (name: string): string => new URL(name, import.meta.url).pathname;
const plain = { columns: 100, color: false, all: false } as const;
const question = { metric: 'longest', phase: 'failover', key: null, stream: null } as const;

/** A new version is slower, one night was void, one did not recover, one was killed. */
const night = (day: number): RunFigures => {
  const slow = day >= 20;
  const special: Readonly<Record<number, readonly Outage[]>> = {
    7: ['void', 'void'],
    13: [null, null, 2.9],
    27: [3.9],
  };
  return nightOf({
    day,
    version: slow ? '9.1' : '9.0',
    outages: special[day] ?? about(slow ? 3.8 : 2.6, (day * 7) % 11),
    ...(day === 27 ? { summary: { status: 'running', verdict: 'inconclusive' } } : {}),
  });
};
const history = trendOf(
  'pair',
  Array.from({ length: 34 }, (_, day) => night(day)),
  [{ path: 'results/pair/20260131T220000Z-9.1', why: 'streams.csv was edited after the run' }],
  question,
);

describe('34 nights', () => {
  test('on a terminal', async () => {
    const text = trendTerminal(history, plain);
    expect(text.split('\n').filter((line) => textWidth(line) > 100)).toEqual([]);
    await expect(text).toMatchFileSnapshot(file('trend.txt'));
  });

  test('as Markdown', async () => {
    await expect(trendMarkdown(history)).toMatchFileSnapshot(file('trend.md'));
  });

  test('as CSV, in which every row has every column', async () => {
    const csv = trendCsv(history);
    expect(parse(csv, { columns: true })).toHaveLength(34);
    expect(csv.split('\r\n')[0]).toBe(TREND_COLUMNS.join(','));
    await expect(csv).toMatchFileSnapshot(file('trend.csv'));
  });

  test('as JSON, in which nothing is infinite', () => {
    const { runs, changes, left_out } = trendDocument(history);
    expect([runs.length, changes.length, left_out.length]).toEqual([34, 1, 1]);
    expect(JSON.parse(JSON.stringify(trendDocument(history)))).toEqual(trendDocument(history));
  });
});

describe('a step that is no level yet', () => {
  const limit = { key: 'ping.longest', subject: 'ping', metric: 'longest', value: 2, text: '2s' } as const;
  const nightly = (day: number): RunFigures =>
    nightOf({
      day,
      version: day < 9 ? '9.0' : '9.1',
      outages: about(day < 9 ? 0.4 : 2.6, (day * 7) % 11),
      summary: { limits: [limit], verdict: day < 9 ? 'pass' : 'fail' },
    });
  const result = trendOf(
    'pair',
    Array.from({ length: 12 }, (_, day) => nightly(day)),
    [],
    question,
  );

  test('on a terminal', async () => {
    const text = trendTerminal(result, plain);
    expect(text.split('\n').filter((line) => textWidth(line) > 100)).toEqual([]);
    await expect(text).toMatchFileSnapshot(file('step.txt'));
  });

  test('as Markdown', async () => {
    await expect(trendMarkdown(result)).toMatchFileSnapshot(file('step.md'));
  });

  test('as JSON', () => {
    expect(trendDocument(result)).toMatchObject({
      changes: [],
      step: { runs: 3, before: 9, way: 'longer', version_before: '9.0', version_after: '9.1' },
      limits: [limit],
    });
  });
});

test('a thousand runs are folded to the width, and the table has the newest', () => {
  const steady = history.runs.slice(0, 5);
  const runs = Array.from({ length: 1000 }, (_, day) => ({ ...steady[day % 5]!, run: String(day) }));
  const text = trendTerminal({ ...history, runs, changes: [] }, plain);
  const lines = text.split('\n');
  expect(lines.filter((line) => textWidth(line) > 100)).toEqual([]);
  const drawn = lines.filter((line) => /^ {2}\d{4}-\d\d-\d\d [▁▂▃▄▅▆▇█]+$/.test(line));
  expect(drawn).toHaveLength(12);
  expect(drawn.join('').match(/[▁▂▃▄▅▆▇█]/g)).toHaveLength(1000);
  expect(text).toContain('(970 older runs not shown: --all)');
});

test('of fewer runs than two levels take, no change of level is denied', () => {
  const short = (runs: number): string =>
    trendTerminal(
      trendOf(
        'pair',
        Array.from({ length: runs }, (_, day) => nightOf({ day, version: '9.0', outages: about(2.6, day) })),
        [],
        question,
      ),
      plain,
    ).replaceAll(/\s+/g, ' ');
  expect(short(7)).toContain('in 7 runs no change of level can be told: that takes 8 or more.');
  expect(short(8)).toContain('in 8 runs no change of level is found.');
});

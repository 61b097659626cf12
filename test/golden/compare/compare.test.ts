import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { compareSides } from '../../../src/analysis/comparison/compare.js';
import { comparisonCsv, COMPARISON_COLUMNS, comparisonDocument } from '../../../src/report/compare/compare-data.js';
import { comparisonMarkdown, compareTerminal } from '../../../src/report/compare/compare-report.js';
import { textWidth } from '../../../src/report/text/table.js';
import { options, runOf, sideOf } from '../../unit/comparison/sides.js';
import { compared } from './input.js';

const plain = { columns: 100, color: false } as const;
const file = (name: string): string => new URL(name, import.meta.url).pathname;

describe('two candidates against a base', () => {
  test('on a terminal', async () => {
    await expect(compareTerminal(compared, plain)).toMatchFileSnapshot(file('terminal.txt'));
  });

  test('in Markdown', async () => {
    await expect(comparisonMarkdown(compared)).toMatchFileSnapshot(file('compare.md'));
  });

  test('as CSV', async () => {
    await expect(comparisonCsv(compared).replaceAll('\r\n', '\n')).toMatchFileSnapshot(file('compare.csv'));
  });

  test('as JSON', async () => {
    const json = `${JSON.stringify(comparisonDocument(compared), null, 2)}\n`;
    await expect(json).toMatchFileSnapshot(file('compare.json'));
  });
});

test('CSV and JSON say the same', () => {
  const rows: Record<string, string>[] = parse(comparisonCsv(compared), { columns: true });
  const { comparisons } = comparisonDocument(compared);
  expect(Object.keys(rows[0] ?? {})).toEqual(COMPARISON_COLUMNS);
  expect(rows.map((row) => [row.key, row.metric, row.candidate, row.verdict])).toEqual(
    comparisons.map(({ key, metric, candidate, verdict }) => [key, metric, candidate, verdict]),
  );
  expect(rows.map((row) => (row.shift_s === '' ? null : Number(row.shift_s)))).toEqual(
    comparisons.map(({ shift_s }) => shift_s),
  );
  expect(rows.map((row) => row.base_points_s?.split(';').length)).toEqual(
    comparisons.map(({ base_n }) => base_n),
  );
});

describe('on a terminal', () => {
  const escapes = new RegExp(`${String.fromCodePoint(27)}\\[[\\d;]+m`, 'g');

  test('no line is wider than 100 columns, whatever the names and the number of trials', () => {
    const name = 'a-very-long-name-'.repeat(5);
    const side = (version: string, from: number) =>
      sideOf(
        `results/${name}/${version}`,
        runOf({
          version: `${version}-${name}`,
          scenario: `${name}連接`,
          trials: Array.from({ length: 80 }, (_, index) => ({
            streams: [{ stream: name, value_s: from + index / 7 }],
          })),
        }),
      );
    const text = compareTerminal(compareSides(side('a', 130), [side('b', 180)], options), plain);
    expect(text.split('\n').filter((line) => textWidth(line) > 100)).toEqual([]);
    expect(text).toContain('… 70 more …');
  });

  test('very many trials that do not count are counted, and do not bury the result', () => {
    const trials = Array.from({ length: 200 }, () => ({ status: 'void' as const, void_reason: 'stall' }));
    const base = sideOf('a', runOf({ version: 'a', trials: [{ streams: [{ value_s: 1 }] }, ...trials] }));
    const candidate = sideOf('b', runOf({ version: 'b', trials: [{ streams: [{ value_s: 1 }] }] }));
    const result = compareSides(base, [candidate], options);
    const text = compareTerminal(result, plain);
    expect(text).toContain('  - and 170 more, all of which --json lists\n');
    expect(text.split('\n').length).toBeLessThan(80);
    expect(comparisonDocument(result).excluded).toHaveLength(200);
  });

  test('colour changes nothing but the colour', () => {
    const coloured = compareTerminal(compared, { ...plain, color: true });
    expect(coloured).toMatch(escapes);
    expect(coloured.replaceAll(escapes, '')).toBe(compareTerminal(compared, plain));
  });
});

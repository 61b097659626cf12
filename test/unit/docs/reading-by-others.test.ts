import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { RunFigures } from '../../../src/model/figures.js';
import { runListText } from '../../../src/report/run-list.js';
import { selectRuns } from '../../../src/history/select.js';
import { blocks, page, section } from './markdown.js';

const EXAMPLE = join(import.meta.dirname, '../../../results/example');
const text = page('results.md');
const queries = section(page('../results/README.md'), '## Reading by others');
const [streamsQuery, sessionsQuery, labelsQuery] = blocks(queries, 'sh');

let runs: readonly RunFigures[] = [];
beforeAll(async () => {
  runs = (await selectRuns({ out: EXAMPLE, order: 'oldest-first' })).runs;
  expect(runs.length).toBeGreaterThanOrEqual(2);
});

/** Cells of the output, line by line. */
const run = (command = ''): string[][] => {
  const { stdout, stderr, status } = spawnSync('sh', ['-c', command], {
    cwd: EXAMPLE,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('|'));
};

const noSqlite = spawnSync('sqlite3', ['--version']).status !== 0;
const why = noSqlite ? ' (SKIPPED: sqlite3 is not installed)' : '';

describe.skipIf(noSqlite)(`sqlite3 reads the recorded runs as we do${why}`, () => {
  test('streams of all runs as one table', () => {
    const rows = run(streamsQuery);
    const crossing = new Set(runs.flatMap(({ streams }) => streams.map(({ stream }) => stream)));
    const found = rows.filter(([, , stream = '']) => crossing.has(stream));
    const expected = runs.flatMap(({ summary, streams }) => {
      const valid = streams.filter(({ status }) => status === 'ok' || status === 'unaffected');
      const names = [...new Set(valid.map(({ phase, stream }) => `${phase}|${stream}`))];
      return names.map((name) => {
        const own = valid.filter(({ phase, stream }) => `${phase}|${stream}` === name);
        const longest = own.flatMap(({ longest_s }) => longest_s ?? []);
        const [phase = '', stream = ''] = name.split('|');
        return [
          summary.version,
          phase,
          stream,
          own.length,
          0,
          Math.min(...longest),
          Math.max(...longest),
        ].map(String);
      });
    });
    // sqlite writes 0.0 where we write 0.
    const plain = (cells: string[]): string =>
      cells.map((cell, index) => (index < 3 ? cell : Number(cell))).join('|');
    expect(found.map(plain).sort()).toEqual(expected.map(plain).sort());
  });

  test('sessions of all runs, by version', () => {
    const expected = new Map<string, [number, number]>();
    for (const { summary, sessions } of runs)
      for (const { phase, kind, verdicts } of sessions) {
        const { survived = 0, 'survived-late': late = 0, 'not-tested': untested = 0 } = verdicts;
        const all = Object.values(verdicts).reduce((sum, count) => sum + count, 0);
        if (all === untested) continue;
        const key = `${summary.version}|${phase}|${kind}`;
        const [lived, tested] = expected.get(key) ?? [0, 0];
        expected.set(key, [lived + survived + late, tested + all - untested]);
      }
    expect(
      run(sessionsQuery)
        .map((cells) => cells.join('|'))
        .sort(),
    ).toEqual([...expected].map(([key, counts]) => [key, ...counts].join('|')).sort());
  });

  test('labels and status of all runs', () => {
    expect(run(labelsQuery)).toEqual(
      runs.map(({ summary }) => [
        summary.run,
        summary.version,
        summary.status,
        summary.labels['design'] ?? '',
      ]),
    );
  });
});

test('the listing in the page is that of the recorded runs', () => {
  const listing = runListText(runs.toReversed(), [], { columns: Infinity, color: false });
  expect(section(text, '## Many runs: selections, the index, list, prune')).toContain(
    listing
      .trimEnd()
      .split('\n')
      .map((line) => `    ${line}`)
      .join('\n'),
  );
});

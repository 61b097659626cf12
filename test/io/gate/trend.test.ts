import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { trendCommand } from '../../../src/cli/trend.js';
import { about } from '../../unit/gate/nights.js';
import { scratch } from '../store/scratch.js';
import { makeNight } from './make-night.js';

const CLI = join(import.meta.dirname, '../../../dist/cli.js');

test('seqgap trend: the history of a scenario, and what cannot be shown', async () => {
  const folder = await scratch();
  const out = join(folder, 'results');
  for (let day = 0; day < 14; day += 1)
    await makeNight(out, {
      day,
      version: day < 7 ? '9.0' : '9.1',
      outages: day === 3 ? ['void'] : about(day < 7 ? 1 : 2, (day * 5) % 7),
    });
  const seqgap = async (...args: string[]): Promise<{ code: number | undefined; text: string }> => {
    const { exitCode, all } = await execa('node', [CLI, 'trend', ...args], {
      cwd: folder,
      reject: false,
      all: true,
      env: { NO_COLOR: '1' },
    });
    return { code: exitCode, text: all };
  };

  const shown = await seqgap();
  expect(shown.text).toMatch(/2026-01-01 [▁▂]{3}·[▁▂]{3}[▇█]{7}\n/);
  expect(shown.text).toMatch(/the version changed here,\s+from\s+9\.0\s+to\s+9\.1/);
  expect(shown.code).toBe(0);

  const csv = await seqgap('results/fw', '--csv', '--since', '2026-01-04');
  const rows = parse(csv.text, { columns: true }) as unknown as Record<string, string>[];
  expect(rows).toHaveLength(11);
  expect(rows[0]).toMatchObject({ n: '0', excluded: '1', median_s: '' });

  const edited = join(out, 'fw', '20260103T010000Z-9.0', 'streams.csv');
  await writeFile(edited, (await readFile(edited, 'utf8')).replace('1.0', '1.1'));
  const json = JSON.parse((await seqgap('fw', '--json', '--last', '20')).text) as {
    runs: object[];
    changes: object[];
    left_out: object[];
  };
  expect([json.runs.length, json.changes.length, json.left_out.length]).toEqual([13, 1, 1]);

  // What is refused is refused before anything is printed.
  await makeNight(out, { day: 3, scenario: 'other', outages: about(1) });
  const question = { metric: 'longest', phase: 'failover', out, all: false };
  const refused = (more: object): Promise<void> =>
    Promise.resolve(
      trendCommand.handler({ ...question, ...more } as Parameters<typeof trendCommand.handler>[0]),
    );
  await expect(refused({})).rejects.toMatchObject({
    message: 'runs of 2 scenarios: fw, other',
    exitCode: 64,
  });
  await expect(refused({ scenario: 'nothing' })).rejects.toMatchObject({ exitCode: 64 });
  await expect(refused({ scenario: 'fw', last: 0 })).rejects.toMatchObject({ exitCode: 64 });
  await expect(refused({ scenario: 'fw', stream: 'web' })).rejects.toThrow('no run has a stream web');
});

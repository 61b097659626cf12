import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { analyseRun, writeReports } from '../../../src/evaluate/analyse.js';
import { compressRaw } from '../../../src/store/compress.js';
import { readFigures } from '../../../src/history/read-figures.js';
import { readRun } from '../../../src/store/stored-run.js';
import { fullInput } from '../../golden/report/input.js';
import { makeRun } from './make-run.js';
import { scratch } from './scratch.js';

const FIXTURE = join(import.meta.dirname, '../../fixtures/run-v1');

const copyOfFixture = async (): Promise<string> => {
  const run = join(await scratch(), 'run');
  await cp(FIXTURE, run, { recursive: true });
  return run;
};

const edit = async (path: string, from: string | RegExp, to: string): Promise<void> => {
  const text = await readFile(path, 'utf8');
  expect(text).toMatch(from);
  await writeFile(path, text.replace(from, to));
};

describe('readFigures', () => {
  test('rows as they were, control streams left out, sessions counted', async () => {
    const run = await makeRun(await scratch());
    const { summary, trials, streams, sessions, notes } = await readFigures(run);
    expect(summary).toMatchObject({
      path: run,
      kind: 'trials',
      scenario: 'fw',
      version: '9.0',
      labels: { design: 'vrrp' },
      status: 'complete',
      verdict: 'fail',
    });
    expect(trials).toHaveLength(fullInput.tables.trials.length);
    expect(trials.map(({ status }) => status)).toContain('not-recovered');
    expect(streams).toHaveLength(fullInput.tables.streams.length);
    expect(notes).toBeUndefined();
    expect(sessions).toEqual([
      {
        trial: 1,
        phase: 'failover',
        trigger: 'crash',
        name: 'echo',
        kind: 'tcp',
        verdicts: { survived: 2 },
        stall_s: 6.1,
      },
      expect.objectContaining({ trial: 1, name: 'shell', verdicts: { 'survived-late': 1 }, stall_s: 14.2 }),
      expect.objectContaining({
        trial: 2,
        name: 'echo',
        verdicts: { reset: 1, blackholed: 1 },
        stall_s: null,
      }),
      expect.objectContaining({ trial: 2, name: 'shell', verdicts: { 'app-closed': 1 }, stall_s: null }),
      expect.objectContaining({ verdicts: { 'not-tested': 1 }, stall_s: null }),
    ]);
  });

  test('control streams are those of the scenario', async () => {
    const { streams } = await readFigures(FIXTURE);
    expect(streams.map(({ stream }) => stream)).toEqual(['ping', 'web']);
  });

  test('without tables the raw history speaks, compressed or not, and a note says so', async () => {
    const run = await copyOfFixture();
    const fromTables = await readFigures(run);
    await rm(join(run, 'streams.csv'));
    await compressRaw(run);
    const { notes, ...figures } = await readFigures(run);
    expect(figures.summary).toEqual(fromTables.summary);
    expect(figures.trials.map(({ status, headline_stream }) => [status, headline_stream])).toEqual([
      ['ok', 'ping'],
    ]);
    expect(notes).toEqual([
      `${run} has no tables: its figures are from the raw history (seqgap report ${run} writes them)`,
    ]);
  });

  test('a run that was killed cannot pass', async () => {
    const run = await makeRun(await scratch(), {
      change: { status: 'running', ended_utc: null, restored: null },
      tables: { trials: [], streams: [], outages: [], sessions: [] },
    });
    expect((await readFigures(run)).summary).toMatchObject({ status: 'running', verdict: 'inconclusive' });
  });

  test('a watch has no verdict', async () => {
    const run = await makeRun(await scratch(), { change: { kind: 'watch' } });
    expect((await readFigures(run)).summary).toMatchObject({ kind: 'watch', verdict: null });
  });
});

describe('tables that were edited after the run', () => {
  test('a cell that is none of its column: file, line, column, remedy', async () => {
    const run = await makeRun(await scratch());
    await edit(join(run, 'trials.csv'), ',3.4102,', ',3.41O2,');
    await expect(readFigures(run)).rejects.toMatchObject({
      name: 'KnownError',
      message: `${run}/trials.csv:2: outage_lo_s is "3.41O2", not a number`,
      remedy: `seqgap report ${run} makes it again`,
      exitCode: 64,
    });
  });

  test('a cell that is still well-formed is noticed, too', async () => {
    const run = await makeRun(await scratch());
    await edit(join(run, 'trials.csv'), ',3.4102,', ',3.3102,');
    await expect(readFigures(run)).rejects.toMatchObject({
      message: `${run}/trials.csv was edited after the run`,
      remedy: `seqgap report ${run} makes it again`,
    });
  });

  test('a run of a version without checksums is taken as it is', async () => {
    const run = await makeRun(await scratch());
    await edit(join(run, 'trials.csv'), ',3.4102,', ',3.3102,');
    await rm(join(run, 'tables.sha256'));
    expect((await readFigures(run)).trials[0]?.outage_lo_s).toBe(3.3102);
  });

  test('and making it again heals it; sha256sum agrees', async () => {
    const run = await copyOfFixture();
    await writeReports(run, await analyseRun(await readRun(run)));
    await edit(join(run, 'sessions.csv'), 'survived', 'reset');
    await expect(readFigures(run)).rejects.toThrow('sessions.csv was edited after the run');
    await expect(execa('sha256sum', ['-c', '--quiet', 'tables.sha256'], { cwd: run })).rejects.toThrow(
      'sessions.csv: FAILED',
    );
    await writeReports(run, await analyseRun(await readRun(run)));
    await execa('sha256sum', ['-c', '--quiet', 'tables.sha256'], { cwd: run });
    expect((await readFigures(run)).sessions[0]?.verdicts).toEqual({ survived: 2 });
  });
});

describe('run.json', () => {
  test.each([
    ['of a newer format', '"format": 1', '"format": 2', 'has format 2; this seqgap reads format 1'],
    ['of an older format', '"format": 1', '"format": 0', 'has format 0; this seqgap reads format 1'],
    ['cut off', /"trials_done"[^]*$/, '', 'run.json is not JSON: '],
    [
      'without a version',
      /"version": "9\.0",\n  "labels"/,
      '"labels"',
      'run.json is not a run record: version: ',
    ],
  ])('%s is refused in a clear word', async (_, from, to, message) => {
    const run = await makeRun(await scratch());
    await edit(join(run, 'run.json'), from, to);
    await expect(readFigures(run)).rejects.toMatchObject({
      name: 'KnownError',
      message: expect.stringContaining(message),
    });
  });
});

import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeRun } from './make-run.js';
import { scratch } from './scratch.js';
import { seqgap } from './seqgap.js';

const FIXTURE = join(import.meta.dirname, '../../fixtures/run-v1');

const results = async (): Promise<string> => {
  const out = join(await scratch(), 'results');
  await mkdir(join(out, 'fixture'), { recursive: true });
  await cp(FIXTURE, join(out, 'fixture', '20261121T205131Z-unversioned'), { recursive: true });
  await makeRun(out, { day: 0, version: '9.0' });
  await makeRun(out, {
    day: 1,
    version: '9.1',
    change: { status: 'interrupted', trials_done: 2, labels: {} },
  });
  return out;
};

describe('seqgap list', () => {
  test('the newest first, with the worst outage of each; what is broken comes last', async () => {
    const out = await results();
    const broken = join(out, 'fw', '20260101T010000Z-9.0');
    await writeFile(join(broken, 'run.json'), '{');
    const { stdout, stderr, code } = await seqgap('list', '--out', out);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout.split('\n').map((line) => line.trimEnd().split(/ {2,}/))).toEqual([
      ['run', 'scenario', 'version', 'trials', 'worst outage', 'verdict', 'labels'],
      [
        '20261121T205131Z-unversioned',
        'fixture',
        'unversioned',
        '1/1',
        '0.700 s',
        '[0.648 … 0.751], trial 1',
        'pass',
        'design=vrrp sync=conntrackd',
      ],
      ['20260102T010000Z-9.1', 'fw', '9.1', '2/4 interrupted', '≥ 300.1 s, trial 3', 'fail'],
      [''],
      ['1 run left out:'],
      ['', expect.stringMatching(/^\/.*fw\/20260101T010000Z-9\.0\/run\.json is not JSON: /)],
    ]);
  });

  test('filters, in a folder of its own, as JSON', async () => {
    const out = await results();
    const { stdout } = await seqgap('list', join(out, 'fixture'), '--label', 'design=vrrp', '--json');
    expect(JSON.parse(stdout)).toEqual({
      format: 1,
      runs: [
        expect.objectContaining({
          run: '20261121T205131Z-unversioned',
          path: join(out, 'fixture', '20261121T205131Z-unversioned'),
          scenario: 'fixture',
          started_utc: '2026-11-21T20:51:31.212Z',
          status: 'complete',
          verdict: 'pass',
          headline_trial: 1,
          headline_stream: 'ping',
          outage_lo_s: 0.648764,
          outage_s: 0.699739,
          outage_hi_s: 0.750714,
        }),
      ],
      left_out: [],
    });
    const runsOf = async (...args: string[]): Promise<string[]> => {
      const listed = JSON.parse((await seqgap('list', '--out', out, '--json', ...args)).stdout) as {
        runs: { version: string }[];
      };
      return listed.runs.map(({ version }) => version);
    };
    expect(await runsOf('--version', '9.1')).toEqual(['9.1']);
    expect(await runsOf('--scenario', 'fw', '--status', 'complete')).toEqual(['9.0']);
    expect(await runsOf('--since', '2026-01-02', '--limit', '1')).toEqual(['unversioned']);
  });

  test.each([
    [['--label', 'desing=vrrp'], 'no run has a label desing; did you mean "design"?'],
    [['--limit', '0'], '--limit must be a whole number from 1 on'],
  ])('%j: one line, exit code 64', async (args, message) => {
    const { code, stderr, stdout } = await seqgap('list', '--out', await results(), ...args);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toContain(`seqgap: ${message}`);
  });

  test('a half-written run is listed by its raw history', async () => {
    const out = await results();
    const run = join(out, 'fixture', '20261121T205131Z-unversioned');
    for (const name of ['trials.csv', 'streams.csv', 'sessions.csv']) await rm(join(run, name));
    const record = await readFile(join(run, 'run.json'), 'utf8');
    await writeFile(join(run, 'run.json'), record.replace('"status": "complete"', '"status": "running"'));
    const { stdout } = await seqgap('list', join(out, 'fixture'));
    expect(stdout).toMatch(/1\/1 running +0\.700 s {2}\[0\.648 … 0\.751\], trial 1 +inconclusive/);
  });
});

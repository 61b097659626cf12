import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ComparisonDocument, COMPARISON_COLUMNS } from '../../../src/report/compare/compare-data.js';
import { failovers, storeRun } from './stored-runs.js';

const program = new URL('../../../dist/cli.js', import.meta.url).pathname;
const fixture = new URL('../../fixtures/run-v1', import.meta.url).pathname;

let folder = '';
let results = '';

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | undefined;
}

const compare = async (...words: readonly string[]): Promise<Ended> => {
  const { stdout, stderr, exitCode } = await execa(process.execPath, [program, 'compare', ...words], {
    cwd: folder,
    reject: false,
  });
  return { stdout, stderr, exitCode };
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-compare-'));
  results = join(folder, 'results');
  await storeRun(results, { version: '10', stamp: '20260118T020000Z', trials: failovers(2.6, 2.7) });
  await storeRun(results, { version: '10', stamp: '20260119T020000Z', trials: failovers(2.8, 2.9) });
  await storeRun(results, {
    version: '11',
    stamp: '20260120T020000Z',
    trials: failovers(3.6, 3.8, 3.9, null),
  });
  await storeRun(results, {
    version: '12',
    stamp: '20260121T020000Z',
    trials: failovers(2.65, 2.7, 2.8, 2.85),
  });
  await storeRun(results, { version: '13', stamp: '20260122T020000Z', trials: failovers(9) });
  await storeRun(results, {
    version: '14',
    stamp: '20260123T020000Z',
    trials: [{ status: 'void', void_reason: 'the trigger failed', streams: [{ value_s: 0 }] }],
  });
  await storeRun(results, {
    version: '20',
    scenario: 'other',
    stamp: '20260124T020000Z',
    trials: failovers(1, 1, 1, 1),
  });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('two versions', () => {
  test('one that is worse: a sentence, the points, exit code 1', async () => {
    const { stdout, stderr, exitCode } = await compare('version=10', 'version=11', '--metric', 'longest');
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 1 });
    expect(stdout).toMatch(
      /^11 is worse than 10: ping down 2\.75 → 3\.85 s \(\+40 %\): 1\.10 s longer \(at least 0\.70\s+s longer with\s+97\.1 % confidence\)\.\s+Worst: trial \d+ of /,
    );
    expect(stdout).toContain('10 (version=10): 4 trials of 2 runs');
    expect(stdout).toContain('3.60 3.80 3.90 ∞');
  });

  test('too few trials: exit code 2', async () => {
    const { stdout, exitCode } = await compare('version=10', 'version=13');
    expect(exitCode).toBe(2);
    expect(stdout).toMatch(/^Not enough runs to tell 13 from 10: 1 against 4 trials; 4 are needed/);
  });

  test('--json names what the figures are', async () => {
    const { stdout } = await compare(
      'version=10',
      'version=11',
      'version=12',
      '--json',
      '--metric',
      'longest',
    );
    const document = JSON.parse(stdout) as ComparisonDocument;
    expect(document).toMatchObject({ format: 1, base: { label: '10' }, left_out: [], excluded: [] });
    expect(document.candidates.map(({ label }) => label)).toEqual(['11', '12']);
    expect(document.comparisons[0]).toMatchObject({
      key: 'pair / crash / failover / stateless / round-trip / ipv4',
      metric: 'longest',
      base_n: 4,
      candidate_n: 4,
      shift_s: 1.1,
      shift_lo_s: 0.7,
      shift_hi_s: null,
      verdict: 'worse',
    });
    expect(document.comparisons[0]?.p_two_sided).toBeCloseTo(2 / 70, 12);
    expect(document.comparisons[0]?.level).toBeCloseTo(1 - 2 / 70, 12);
  });

  test('--csv and --markdown', async () => {
    const csv = await compare('version=10', 'version=11', '--csv');
    expect(csv.stdout.split('\r\n')[0]).toBe(COMPARISON_COLUMNS.join(','));
    expect(csv.exitCode).toBe(1);
    const markdown = await compare('version=10', 'version=11', '--markdown');
    expect(markdown.stdout).toMatch(/^# 11 against 10\n\n11 is worse than 10/);
  });

  test('--margin decides what matters', async () => {
    const { stdout, exitCode } = await compare(
      'version=10',
      'version=12',
      '--margin',
      '500ms',
      '--metric',
      'longest',
    );
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^12 is equivalent to 10: .*inside\sthe margin of 0\.500 s/s);
  });
});

describe('runs and folders', () => {
  test('a run against a run, by their folders', async () => {
    const { stdout } = await compare('results/pair/20260118T020000Z-10', 'results/pair/20260120T020000Z-11');
    expect(stdout).toMatch(
      /^Not enough runs to tell 11 from 10: 4 against 2 trials; 4 on each side are needed/,
    );
  });

  test('a run that was cut off is read from its raw history, and said to be', async () => {
    const out = join(folder, 'cut');
    await cp(fixture, join(out, 'fixture/one'), { recursive: true });
    await cp(fixture, join(out, 'fixture/two'), { recursive: true });
    const two = join(out, 'fixture/two');
    for (const table of ['trials', 'streams', 'sessions', 'outages']) await rm(join(two, `${table}.csv`));
    const record = JSON.parse(await readFile(join(two, 'run.json'), 'utf8')) as object;
    await writeFile(
      join(two, 'run.json'),
      JSON.stringify({ ...record, run: '20261122T205131Z-unversioned', status: 'running' }),
    );
    const { stdout, exitCode } = await compare('cut/fixture/one', 'cut/fixture/two');
    expect(exitCode).toBe(2);
    expect(stdout).toContain(
      'cut/fixture/two is still running or was cut off: its 1 finished trial of 1 count',
    );
    expect(stdout).toContain('raw history');
  });

  test('a damaged run beside others is listed, never dropped silently', async () => {
    const out = join(folder, 'damaged');
    await storeRun(out, { version: '10', stamp: '20260118T020000Z', trials: failovers(1, 2, 3, 4) });
    await storeRun(out, { version: '11', stamp: '20260119T020000Z', trials: failovers(1, 2, 3, 4) });
    const bad = await storeRun(out, { version: '11', stamp: '20260120T020000Z', trials: failovers(1, 2) });
    const table = join(bad, 'streams.csv');
    await writeFile(table, (await readFile(table, 'utf8')).replace(',1000,', ',many,'));
    const { stdout, exitCode } = await compare('version=10', 'version=11', '--out', 'damaged', '--json');
    const { left_out, candidates } = JSON.parse(stdout) as ComparisonDocument;
    expect(exitCode).toBe(0);
    expect(candidates[0]?.trials).toBe(4);
    expect(left_out).toMatchObject([{ path: 'damaged/pair/20260120T020000Z-11' }]);
    expect(left_out[0]?.why).toContain('many');
  });
});

describe('what cannot be compared: a clear word, exit code 64, nothing on stdout', () => {
  test.each([
    ['a label that no run has', ['version=10', 'place=lab'], /place/],
    [
      'a side without a valid trial',
      ['version=10', 'version=14'],
      /^seqgap: version=14: no valid trial: .*the trigger failed/,
    ],
    [
      'another scenario',
      ['version=10', 'version=20'],
      /^seqgap: different scenarios: version=10 has pair, version=20 has other/,
    ],
    ['two formats at once', ['version=10', 'version=11', '--json', '--csv'], /exclude each other/],
    [
      'a metric that neither side has',
      ['version=10', 'version=11', '--metric', 'stall'],
      /^seqgap: nothing to compare by stall: version=10 has no sessions, version=11 has no sessions\n/,
    ],
    ['one side alone', ['version=10'], /seqgap compare --help/],
  ])('%s', async (_, words, message) => {
    const { stdout, stderr, exitCode } = await compare(...words);
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 64 });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/\n {2}→ /);
  });
});

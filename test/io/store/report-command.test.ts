import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import type { Limit } from '../../../src/model/plan.js';
import { encodeProbe } from '../../../src/model/probe.js';
import type { ResultDocument } from '../../../src/model/tables.js';
import type { RunRecord } from '../../../src/model/run.js';
import { ns, type Nanoseconds } from '../../../src/model/time.js';
import { createRun, type RunFolder } from '../../../src/store/run-folder.js';
import { sampleRecord } from './sample-record.js';
import { scratch } from './scratch.js';

const EVERY = 10;
const FIRST_LOST = 1700;
const FIRST_GOOD = 2042;
const LAST = 2700;
const REPORTS = [
  'junit.xml',
  'outages.csv',
  'report.html',
  'sessions.csv',
  'streams.csv',
  'summary.md',
  'tables.sha256',
  'timeline.csv',
  'trials.csv',
];

const at = (milliseconds: number): Nanoseconds => ns(milliseconds * 1e6);

/** Probes every 10 ms, of which 342 in a row are lost: traffic was down for 3.41 to 3.43 s, less what of a round trip of 0.5 ms is behind the pair. */
const history = (): string => {
  const rows: string[] = [];
  for (let seq = 0; seq < LAST; seq += 1) {
    const lost = seq >= FIRST_LOST && seq < FIRST_GOOD;
    const row = encodeProbe({
      stream: 'ping',
      flow: 0,
      seq,
      outcome: lost ? 'lost' : 'answered',
      intended_ns: at(seq * EVERY),
      sent_ns: at(seq * EVERY),
      accepted_ns: at(seq * EVERY),
      received_ns: lost ? null : at(seq * EVERY + 0.5),
      ttl: lost ? null : 62,
      cause: null,
    });
    rows.push(`${row}\n`);
  }
  return rows.join('');
};

const writeTrial = async (run: RunFolder, trial: number): Promise<void> => {
  const writer = await run.openTrial(trial);
  const trigger = { of: 'failover', node: 'fw-a', action: 'crash' } as const;
  writer.event({ at_ns: at(0), event: 'phase', phase: 'steady', of: 'failover' });
  writer.event({
    at_ns: at(0),
    event: 'anchor',
    vantage: 'client',
    wall_ms: Date.UTC(2025, 10, 21, 19, 15, 29),
    offset_ns: 0,
    uncertainty_ns: 1000,
  });
  writer.event({
    at_ns: at(1),
    event: 'resolved',
    stream: 'ping',
    address: '10.4.4.4',
    family: 4,
    engine: 'net-ping',
  });
  writer.event({ at_ns: at(16_995), event: 'trigger-issued', ...trigger });
  writer.event({ at_ns: at(17_005), event: 'trigger-accepted', ...trigger });
  writer.event({ at_ns: at(27_000), event: 'note', text: 'the second PSU was off' });
  writer.event({
    at_ns: at(27_000),
    event: 'self-test',
    vantage: 'client',
    stream: 'ping',
    figures: {
      sent: LAST,
      unsent: 0,
      local_blocked: 0,
      lateness_p50_ms: 0.1,
      lateness_p99_ms: 0.3,
      lateness_max_ms: 1.2,
      socket_drops: 0,
    },
  });
  await writer.probes(history());
  await writer.close();
};

interface StoredTrials {
  readonly out: string;
  readonly run: RunFolder;
}

const store = async (limit: Limit, change: Partial<RunRecord> = {}): Promise<StoredTrials> => {
  const out = await scratch();
  const run = await createRun({
    out,
    scenarioName: 'lab-vrrp-crash',
    version: '9.0',
    stamp: '20251121T191529Z',
  });
  const record = sampleRecord(run.run);
  const scenario = { ...record.scenario, nodes: [], sessions: [], limits: [limit] };
  await run.writeRecord({ ...record, scenario, trials_planned: 2, trials_done: 2, ...change });
  await run.pointLatest();
  for (const trial of [1, 2]) await writeTrial(run, trial);
  return { out, run };
};

const longest = (value: number): Limit => ({
  key: 'ping.longest',
  subject: 'ping',
  metric: 'longest',
  value,
  text: `${value}s`,
});

const seqgap = async (
  ...args: string[]
): Promise<{ code: number | undefined; stdout: string; stderr: string }> => {
  const { exitCode, stdout, stderr } = await execa('node', ['dist/cli.js', ...args], {
    reject: false,
    env: { NO_COLOR: '1' },
  });
  return { code: exitCode, stdout, stderr };
};

const readAll = (folder: string): Promise<string[]> =>
  Promise.all(REPORTS.map((name) => readFile(join(folder, name), 'utf8')));

describe('seqgap report', () => {
  test('makes every report from the raw history, the same bytes each time and by any path', async () => {
    const { out, run } = await store(longest(5));
    const first = await seqgap('report', run.path);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain(
      'Traffic was down for 3.42 s (measured 3.40–3.43 s) in the worst of 2 trials (stream ping, trial 1);\nall 2 trials 3.42 s.',
    );
    expect(first.stdout).toContain(`Results: ${run.path}`);
    expect(first.stdout).not.toContain('\u001b');
    const files = await readAll(run.path);
    const again = await seqgap('report', join(out, 'lab-vrrp-crash', 'latest'));
    expect(again.code).toBe(0);
    expect(await readAll(run.path)).toEqual(files);
    expect((await readdir(run.path)).sort()).toEqual([...REPORTS, 'run.json', 'trial-01', 'trial-02'].sort());
    expect(await readFile(join(run.path, 'summary.md'), 'utf8')).toContain('trial 1: the second PSU was off');
  });

  test('in another zone says its time beside UTC in Markdown, and changes nothing else', async () => {
    const { run } = await store(longest(5));
    await seqgap('report', run.path);
    const files = await readAll(run.path);
    const there = await execa('node', ['dist/cli.js', 'report', run.path], { env: { TZ: 'Asia/Kolkata' } });
    expect(there.exitCode).toBe(0);
    const changed = await readAll(run.path);
    expect(REPORTS.filter((_, index) => changed[index] !== files[index])).toEqual(['summary.md']);
    const [before = '', after = ''] = [files, changed].map((each) => each[REPORTS.indexOf('summary.md')]);
    expect(before).toMatch(/^- Started: \S+Z, on /m);
    expect(after).toMatch(/^- Started: \S+Z \((?:\S+ )?\d\d:\d\d:\d\d UTC\+05:30\), on /m);
  });

  test('--json prints the records and nothing else', async () => {
    const { run } = await store(longest(5));
    const { stdout, code } = await seqgap('report', run.path, '--json');
    expect(code).toBe(0);
    const { format, trials, streams, outages, sessions } = JSON.parse(stdout) as ResultDocument;
    expect([format, trials.length, streams.length, outages.length, sessions.length]).toEqual([1, 2, 2, 2, 0]);
    expect(outages[0]).toMatchObject({
      lo_s: 3.4095,
      outage_s: 3.41975,
      hi_s: 3.43,
      first_seq: 1700,
      lost: 342,
    });
  });

  test('ends with the exit code of the run', async () => {
    expect((await seqgap('report', (await store(longest(1))).run.path)).code).toBe(1);
    expect((await seqgap('report', (await store(longest(3.42))).run.path)).code).toBe(2);
    expect((await seqgap('report', (await store(longest(5), { restored: false })).run.path)).code).toBe(3);
  });

  test('a run that was killed is reported as far as it goes, and cannot pass', async () => {
    const { run } = await store(longest(5), { status: 'running', ended_utc: null, trials_done: 1 });
    const probes = join(run.path, 'trial-02', 'probes.csv');
    await writeFile(probes, (await readFile(probes, 'utf8')).slice(0, -7));
    const { code, stdout } = await seqgap('report', run.path);
    expect(code).toBe(2);
    expect(stdout).toContain('? run: ended early, after 1 of 2 trials: killed, or still running');
    expect(stdout).toContain(`trial-02/probes.csv:${LAST + 1}: the last line is cut off and was left out`);
  });

  test('a damaged history is one line with file and line, and exit code 64', async () => {
    const { run } = await store(longest(5));
    const probes = join(run.path, 'trial-01', 'probes.csv');
    const lines = (await readFile(probes, 'utf8')).split('\n');
    await writeFile(probes, lines.with(100, 'ping,0,99,ans').join('\n'));
    const { code, stderr, stdout } = await seqgap('report', run.path);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toMatch(/^seqgap: .*trial-01\/probes\.csv:101: malformed row: .*\n {2}→ /);
    expect(stderr).not.toContain('    at ');
  });

  test('no run there: exit code 64', async () => {
    const { code, stderr } = await seqgap('report', join(await scratch(), 'typo'));
    expect(code).toBe(64);
    expect(stderr).toMatch(/^seqgap: no run in .*typo/);
  });
});

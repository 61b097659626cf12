import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { encodeProbe } from '../../../src/model/probe.js';
import type { ResultDocument } from '../../../src/model/tables.js';
import { ns, type Nanoseconds } from '../../../src/model/time.js';
import { createRun } from '../../../src/store/run-folder.js';
import { sampleRecord } from './sample-record.js';
import { scratch } from './scratch.js';

const EVERY = 100;
const TRIGGER = 2_950;
const at = (milliseconds: number): Nanoseconds => ns(milliseconds * 1e6);

/** Round trip of a probe in ms; null: lost. */
const rtt = (seq: number): number | null => {
  // Two loss periods of 0.3 s, half a second of good forwarding between them …
  if ((seq >= 30 && seq < 33) || (seq >= 38 && seq < 41)) return null;
  // … and later half a second of replies that take 150 ms.
  return seq >= 60 && seq < 65 ? 150 : 1;
};

const storeRun = async (): Promise<string> => {
  const run = await createRun({
    out: await scratch(),
    scenarioName: 'lab-vrrp-crash',
    version: '9.0',
    stamp: '20251121T191529Z',
  });
  const record = sampleRecord(run.run);
  const stream = { ...record.scenario.streams[0]!, every_ns: at(EVERY) };
  const scenario = { ...record.scenario, nodes: [], sessions: [], limits: [], streams: [stream] };
  await run.writeRecord({ ...record, scenario, trials_planned: 1, trials_done: 1 });
  const writer = await run.openTrial(1);
  writer.event({
    at_ns: at(TRIGGER),
    event: 'trigger-issued',
    of: 'failover',
    node: 'fw-a',
    action: 'crash',
  });
  for (let seq = 0; seq < 120; seq += 1) {
    const trip = rtt(seq);
    const sent = at(seq * EVERY);
    const row = encodeProbe({
      ...{ stream: 'ping', flow: 0, seq, outcome: trip === null ? 'lost' : 'answered', intended_ns: sent },
      ...{ sent_ns: sent, accepted_ns: sent, received_ns: trip === null ? null : at(seq * EVERY + trip) },
      ...{ ttl: 62, cause: null },
    });
    await writer.probes(`${row}\n`);
  }
  await writer.close();
  return run.path;
};

const report = async (...args: string[]) => {
  const env = { NO_COLOR: '1' };
  const { exitCode, stdout, stderr } = await execa('node', ['dist/cli.js', 'report', ...args], {
    reject: false,
    env,
  });
  return { code: exitCode, stdout, stderr };
};

const json = async (...args: string[]): Promise<ResultDocument> =>
  JSON.parse((await report(...args, '--json')).stdout) as ResultDocument;

/** Path and text of every file below a folder. */
const contents = async (folder: string): Promise<Record<string, string>> => {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((each) =>
    each.isFile(),
  );
  const paths = files.map((each) => join(each.parentPath, each.name)).sort();
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path, await readFile(path, 'utf8')])),
  );
};

describe('seqgap report with other thresholds', () => {
  test('gives the figures that the scenario would have given with them', async () => {
    const run = await storeRun();
    const figures = async (...args: string[]) => {
      const { streams } = await json(run, ...args);
      const { late, late_s, periods, longest_s, total_s } = streams[0]!;
      return { late, late_s, periods, longest_s, total_s };
    };
    // Without: replies over 100 ms are late, which is no outage, and nothing is merged.
    const apart = { periods: 2, longest_s: 0.2995, total_s: 0.599 };
    const merged = { periods: 1, longest_s: 1.0995, total_s: 1.0995 };
    const late = { late: 5, late_s: 0.5 };
    const inTime = { late: 0, late_s: 0.3 };
    expect(await figures()).toEqual({ ...late, ...apart });
    expect(await figures('--delay-threshold', '200ms')).toEqual({ ...inTime, ...apart });
    expect(await figures('--merge-gap', '1s')).toEqual({ ...late, ...merged });
    expect(await figures('--merge-gap', '501ms')).toEqual({ ...late, ...merged });
    expect(await figures('--merge-gap', '500ms')).toEqual({ ...late, ...apart });
    expect(await figures('--delay-threshold', '200ms', '--merge-gap', '1s')).toEqual({
      ...inTime,
      ...merged,
    });
  });

  test('marks every report, and leaves the own files of the run as they are', async () => {
    const run = await storeRun();
    await report(run);
    const before = await contents(run);
    const { stdout, stderr, code } = await report(run, '--delay-threshold', '200ms', '--merge-gap', '1s');
    const mark = 're-thresholded: delay threshold 200 ms (scenario: derived), merge gap 1 s (scenario: none)';
    const folder = join(run, 'report-delay-200ms-merge-1s');
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toContain(`\n${mark}\n`);
    expect(stdout).toContain(`Results: ${folder}`);
    const after = await contents(run);
    expect(await readdir(folder)).toEqual(
      (await readdir(run)).filter((name) => /\.(csv|html|md|xml|sha256)$/.test(name)),
    );
    for (const name of ['summary.md', 'junit.xml', 'report.html'])
      expect(after[join(folder, name)]).toContain(mark);
    for (const [path, text] of Object.entries(before)) expect(after[path]).toBe(text);
    // Made again without options, the run's own reports do not know of it.
    await report(run);
    expect(await contents(run)).toEqual(after);
  });

  test('names only what was asked for', async () => {
    const run = await storeRun();
    const { stdout } = await report(run, '--merge-gap', '500ms');
    expect(stdout).toContain('re-thresholded: merge gap 500 ms (scenario: none)\n');
    expect(await readdir(run)).toContain('report-merge-500ms');
  });

  test('--json says the thresholds beside the format; without options it does not', async () => {
    const run = await storeRun();
    expect((await json(run, '--delay-threshold', '200ms')).thresholds).toEqual({
      delay_threshold_s: 0.2,
      merge_gap_s: 0,
      scenario: { delay_threshold_s: null, merge_gap_s: 0 },
    });
    expect(Object.keys(await json(run))).toEqual([
      'format',
      'trials',
      'streams',
      'outages',
      'sessions',
      'timeline',
    ]);
  });

  test('--out chooses the folder, but never that of the run', async () => {
    const run = await storeRun();
    const out = join(await scratch(), 'a', 'b');
    await report(run, '--merge-gap', '1s', '--out', out);
    expect(await readdir(out)).toContain('streams.csv');
    expect((await readdir(run)).sort()).toEqual(['run.json', 'trial-01']);
    const { code, stderr } = await report(run, '--merge-gap', '1s', '--out', run);
    expect(code).toBe(64);
    expect(stderr).toMatch(/^seqgap: .* holds the reports by the scenario's own thresholds\n {2}→ /);
    expect((await readdir(run)).sort()).toEqual(['run.json', 'trial-01']);
  });

  test.each([
    [['--delay-threshold', '200'], '--delay-threshold: "200" has no unit'],
    [['--delay-threshold', '0s'], '--delay-threshold: every reply takes longer than 0'],
    [['--merge-gap', 'soon'], '--merge-gap: "soon" is not a duration'],
    [['--merge-gap', '1 fortnight'], '--merge-gap: "1 fortnight" has an unknown unit'],
  ])('%j: exit code 64, and nothing is written', async (args, message) => {
    const run = await storeRun();
    const { code, stderr, stdout } = await report(run, ...args);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toMatch(/^seqgap: [^\n]+\n {2}→ [^\n]+\n?$/);
    expect(stderr).toContain(message);
    expect((await readdir(run)).sort()).toEqual(['run.json', 'trial-01']);
  });
});

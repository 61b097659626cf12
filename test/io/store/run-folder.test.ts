import { mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { encodeProbe, type ProbeRow } from '../../../src/model/probe.js';
import { forgetSecrets, registerSecret } from '../../../src/model/secret.js';
import { ns } from '../../../src/model/time.js';
import { findRuns, openRun } from '../../../src/history/find-runs.js';
import { createRun, type RunFolder } from '../../../src/store/run-folder.js';
import { writeTables } from '../../../src/store/table-file.js';
import { sampleRecord } from './sample-record.js';
import { scratch } from './scratch.js';

const STAMP = '20251121T191529Z';

const newRun = (out: string, stamp = STAMP): Promise<RunFolder> =>
  createRun({ out, scenarioName: 'lab-vrrp-crash', version: '9.0', stamp });

const probe = (seq: number): ProbeRow => ({
  stream: 'ping',
  flow: 0,
  seq,
  outcome: seq % 3 === 0 ? 'lost' : 'answered',
  intended_ns: ns(seq * 1e7),
  sent_ns: ns(seq * 1e7 + 51_000),
  accepted_ns: ns(seq * 1e7 + 60_000),
  received_ns: seq % 3 === 0 ? null : ns(seq * 1e7 + 800_000),
  ttl: seq % 3 === 0 ? null : 62,
  cause: null,
});

afterEach(forgetSecrets);

describe('createRun', () => {
  test('never writes into an existing folder', async () => {
    const out = await scratch();
    const names = [await newRun(out), await newRun(out), await newRun(out)].map((run) => run.run);
    expect(names).toEqual([`${STAMP}-9.0`, `${STAMP}-9.0-2`, `${STAMP}-9.0-3`]);
  });

  test.each(['../up', 'a/b', '', '.hidden', '-x', 'a b'])('refuses %j as a version', async (version) => {
    const out = await scratch();
    await expect(createRun({ out, scenarioName: 's', version, stamp: STAMP })).rejects.toThrow(
      /version cannot be a folder name/,
    );
    expect(await readdir(out)).toEqual([]);
  });

  test('says what is wrong with a place it cannot write to', async () => {
    const out = await scratch();
    await writeFile(join(out, 'file'), '');
    await expect(newRun(join(out, 'file'))).rejects.toMatchObject({
      name: 'KnownError',
      message: expect.stringMatching(/^cannot write .*: a part of the path is not a folder$/),
      remedy: expect.stringContaining('--out'),
    });
  });
});

describe('writeHistory', () => {
  test('leaves no folder where nothing could be kept, and what is in it otherwise', async () => {
    const run = await newRun(await scratch());
    const tooLong = 'x'.repeat(300);
    await expect(run.writeHistory(1, tooLong, 'a line')).rejects.toThrow(/cannot write/);
    expect(await readdir(run.path)).not.toContain('history');
    await run.writeHistory(1, 'fw-a', 'a line');
    await expect(run.writeHistory(1, tooLong, 'a line')).rejects.toThrow(/cannot write/);
    expect(await readdir(join(run.path, 'history'))).toEqual(['trial-1-fw-a.log']);
  });
});

describe('writeRecord', () => {
  test('replaces run.json whole and leaves no draft; `latest` is moved when it is said to', async () => {
    const out = await scratch();
    const first = await newRun(out);
    await first.writeRecord(sampleRecord(first.run));
    await first.pointLatest();
    const second = await newRun(out, '20251121T201529Z');
    const latest = join(out, 'lab-vrrp-crash', 'latest');
    await second.writeRecord({ ...sampleRecord(second.run), status: 'running' });
    expect(await readlink(latest)).toBe(first.run);
    await second.pointLatest();
    await second.writeRecord(sampleRecord(second.run));
    expect(await readlink(latest)).toBe(second.run);
    expect(await readdir(second.path)).toEqual(['run.json']);
    expect((await openRun(latest)).record.status).toBe('complete');
    expect((await readdir(join(out, 'lab-vrrp-crash'))).sort()).toEqual(
      [first.run, second.run, 'latest'].sort(),
    );
  });

  test('keeps secrets out, registered or not, and stays JSON whatever the secret is', async () => {
    registerSecret('tok"en-7');
    registerSecret('1');
    const run = await newRun(await scratch());
    await run.writeRecord(sampleRecord(run.run));
    const text = await readFile(join(run.path, 'run.json'), 'utf8');
    expect(text).not.toContain('never-registered');
    expect(text).not.toContain('en-7');
    expect((JSON.parse(text) as { format: number }).format).toBe(1);
  });
});

describe('openTrial', () => {
  test('stores a trial and reads it back', async () => {
    registerSecret('hunter2');
    const run = await newRun(await scratch());
    await run.writeRecord(sampleRecord(run.run));
    const trial = await run.openTrial(1);
    const rows = Array.from({ length: 20_000 }, (_, index) => probe(index));
    for (let at = 0; at < rows.length; at += 1000)
      await trial.probes(
        rows
          .slice(at, at + 1000)
          .map((row) => `${encodeProbe(row)}\n`)
          .join(''),
      );
    await trial.heartbeats('echo,1,0,100,200\necho,2,0,150,\n');
    trial.event({ at_ns: ns(5), event: 'note', text: 'login hunter2 refused' });
    trial.event({ at_ns: ns(7), event: 'phase', phase: 'steady', of: 'failover' });
    await trial.close();
    await (await run.openTrial(2)).close();

    const stored = await openRun(run.path);
    expect(stored.trials()).toEqual([1, 2]);
    const back: ProbeRow[] = [];
    expect(await stored.eachProbe(1, (row) => back.push(row))).toEqual({ rows: 20_000, warning: null });
    expect(back).toEqual(rows);
    const beats: unknown[] = [];
    await stored.eachHeartbeat(1, (row) => beats.push(row));
    expect(beats).toEqual([
      { session: 'echo', connection: 1, seq: 0, sent_ns: 100, echoed_ns: 200 },
      { session: 'echo', connection: 2, seq: 0, sent_ns: 150, echoed_ns: null },
    ]);
    expect((await stored.events(1)).events).toEqual([
      { at_ns: 5, event: 'note', text: 'login *** refused' },
      { at_ns: 7, event: 'phase', phase: 'steady', of: 'failover' },
    ]);
    expect(await stored.eachProbe(2, () => undefined)).toEqual({ rows: 0, warning: null });
    expect(run.failed()).toBeNull();
  });

  test('does not touch a trial that is there already', async () => {
    const run = await newRun(await scratch());
    await (await run.openTrial(1)).close();
    await expect(run.openTrial(1)).rejects.toMatchObject({ name: 'KnownError' });
  });
});

test('a writer that is never waited for cannot fill the memory', async () => {
  const run = await newRun(await scratch());
  await run.writeRecord(sampleRecord(run.run));
  const trial = await run.openTrial(1);
  const chunk = 'ping,0,1,lost,1000,1000,1000,,,,,,\n'.repeat(1 << 15);
  for (let index = 0; index < 80; index += 1) void trial.probes(chunk);
  expect(run.failed()?.message).toMatch(/probes\.csv: the disk does not keep up$/);
  await trial.close();
  expect((await (await openRun(run.path)).eachProbe(1, () => undefined)).warning).toBeNull();
});

describe('findRuns and openRun', () => {
  test('find runs by results folder, scenario, link, run and run.json', async () => {
    const out = await scratch();
    const later = await newRun(out, '20251121T201529Z');
    await later.writeRecord(sampleRecord(later.run));
    const earlier = await newRun(out);
    await earlier.writeRecord(sampleRecord(earlier.run));
    await earlier.pointLatest();
    await mkdir(join(out, 'lab-vrrp-crash', 'not-a-run'));
    const scenario = join(out, 'lab-vrrp-crash');
    expect(await findRuns(out)).toEqual([earlier.path, later.path]);
    expect(await findRuns(scenario)).toEqual([earlier.path, later.path]);
    expect(await findRuns(later.path)).toEqual([later.path]);
    expect(await findRuns(join(out, 'nowhere'))).toEqual([]);
    expect((await openRun(join(later.path, 'run.json'))).record.run).toBe(later.run);
    expect((await openRun(scenario)).record.run).toBe(earlier.run);
  });

  test('without a link, a scenario means its newest run', async () => {
    const out = await scratch();
    for (const stamp of ['20251121T201529Z', STAMP]) {
      const path = join(out, 'scenario', `${stamp}-9.0`);
      await mkdir(path, { recursive: true });
      await writeFile(join(path, 'run.json'), JSON.stringify(sampleRecord(`${stamp}-9.0`)));
    }
    expect((await openRun(join(out, 'scenario'))).record.run).toBe('20251121T201529Z-9.0');
  });

  test('refuse a place without a run in one line', async () => {
    const out = await scratch();
    await expect(openRun(join(out, 'typo'))).rejects.toMatchObject({
      name: 'KnownError',
      exitCode: 64,
      message: expect.stringMatching(/^no run in .*typo$/),
    });
  });
});

test('writeTables replaces files and leaves no draft', async () => {
  const folder = await scratch();
  await writeTables(folder, { 'trials.csv': 'old' });
  await writeTables(folder, { 'trials.csv': 'new ü', 'summary.md': '# x\n' });
  expect((await readdir(folder)).sort()).toEqual(['summary.md', 'trials.csv']);
  expect(await readFile(join(folder, 'trials.csv'), 'utf8')).toBe('new ü');
});

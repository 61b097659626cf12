import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { KnownError } from '../../../src/model/error.js';
import { ns } from '../../../src/model/time.js';
import { writeAtomic } from '../../../src/store/replace-file.js';
import { openRun } from '../../../src/history/find-runs.js';
import { createRun } from '../../../src/store/run-folder.js';
import { UndoJournal } from '../../../src/trigger/act/journal.js';
import { sampleRecord } from './sample-record.js';
import { scratch } from './scratch.js';

const NAMESPACE = process.getuid?.() === 0 ? ['-m'] : ['-Urm'];
const privileged = spawnSync('unshare', [...NAMESPACE, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;
if (!privileged)
  process.stderr.write(
    'SKIPPED: the disk-full tests need root or unprivileged user namespaces (unshare -Urm)\n',
  );

/**
 * A real file system of 256 KiB in a mount namespace of its own, reached from outside through /proc/PID/root. It is
 * gone with its holder.
 */
const tinyDisk = async (): Promise<string> => {
  const mountPoint = await scratch();
  const script = 'mount -t tmpfs -o size=256k,nr_inodes=32 tmpfs "$0" && echo ready && exec cat';
  const holder: ChildProcess = spawn('unshare', [...NAMESPACE, 'sh', '-c', script, mountPoint], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    const gone = once(holder, 'exit');
    holder.stdin?.end();
    await gone;
  });
  if (holder.stdout === null) throw new Error('no stdout');
  await once(holder.stdout, 'data');
  return `/proc/${holder.pid}/root${mountPoint}`;
};

describe.skipIf(!privileged)('a disk that fills up', () => {
  test('is one KnownError, keeps what was written, and crashes nothing', async () => {
    const out = await tinyDisk();
    const run = await createRun({ out, scenarioName: 's', version: '1', stamp: '20251121T191529Z' });
    await run.writeRecord(sampleRecord(run.run));
    const trial = await run.openTrial(1);
    const chunk = 'ping,0,1,lost,1000,1000,1000,,,,,,\n'.repeat(500);
    for (let index = 0; index < 40; index += 1) await trial.probes(chunk);
    const failure = await run.failure;
    expect(failure).toBeInstanceOf(KnownError);
    expect(failure.message).toBe(`cannot write ${run.path}/trial-01/probes.csv: no space left on the device`);
    expect(failure.remedy).toContain('free some space');
    expect(run.failed()).toBe(failure);

    await trial.probes(chunk);
    trial.event({ at_ns: ns(1), event: 'note', text: 'x'.repeat(10_000) });
    await trial.close();
    expect(run.failed()).toBe(failure);

    const stored = await openRun(run.path);
    const { rows, warning } = await stored.eachProbe(1, () => undefined);
    expect(rows).toBeGreaterThan(1000);
    expect(warning === null || warning.includes('cut off')).toBe(true);
  });

  test('leaves the old file in place of a new one that does not fit', async () => {
    const out = await tinyDisk();
    const run = await createRun({ out, scenarioName: 's', version: '1', stamp: '20251121T191529Z' });
    await run.writeRecord(sampleRecord(run.run));
    await expect(writeAtomic(join(run.path, 'run.json'), 'x'.repeat(1 << 20))).rejects.toThrow(
      /^cannot write .*run\.json: no space left on the device$/,
    );
    expect(await readdir(run.path)).toEqual(['run.json']);
    expect((await openRun(run.path)).record.run).toBe(run.run);
  });

  test('is said when a trial cannot even be opened', async () => {
    const out = await tinyDisk();
    const run = await createRun({ out, scenarioName: 's', version: '1', stamp: '20251121T191529Z' });
    await expect(
      (async () => {
        for (let index = 0; ; index += 1) await mkdir(join(run.path, `fill-${index}`));
      })(),
    ).rejects.toThrow(/ENOSPC/);
    await expect(run.openTrial(1)).rejects.toThrow(/trial-01: no space left on the device$/);
    await expect(
      createRun({ out: join(out, 'new'), scenarioName: 's', version: '1', stamp: '20251121T191529Z' }),
    ).rejects.toThrow(/new: no space left on the device$/);
  });

  test('leaves no half line in the undo journal for the next to be written behind', async () => {
    const out = await tinyDisk();
    const path = join(out, 'undo.jsonl');
    const filler = join(out, 'filler');
    const change = (node: string, undo: string) =>
      ({
        node,
        action: 'switchover',
        variant: null,
        driver: 'keepalived',
        transport: `ssh ${node}`,
        steps: [],
        undo: [undo],
        identity: null,
      }) as const;
    const journal = await UndoJournal.open(path);
    const first = await journal.record(change('fw-a', 'start'));
    await expect(writeFile(filler, 'x'.repeat(1 << 20))).rejects.toThrow('ENOSPC');
    // What is left of the page of the first line takes a part of it.
    await expect(journal.record(change('fw-b', 'x'.repeat(10_000)))).rejects.toThrow('cannot keep the undo');
    expect(await readFile(path, 'utf8')).toBe(`${JSON.stringify(first)}\n`);
    await rm(filler);
    await journal.record(change('fw-c', 'start'));
    await journal.close();
    const reopened = await UndoJournal.open(path);
    await reopened.close();
    expect(reopened.pending().map(({ node }) => node)).toEqual(['fw-c', 'fw-a']);
    expect(reopened.unreadable()).toEqual([]);
  });
});

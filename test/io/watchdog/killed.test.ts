import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PROGRAM } from '../../../src/package-folder.js';
import { privileged, seqgap, type FilePair } from '../run/file-pair.js';
import {
  childrenOf,
  environment,
  folderOf,
  isFailedOver,
  isRestored,
  isThere,
  logOf,
  makePair,
  recordOf,
  start,
  until,
  watchdogOf,
} from './failed-over.js';

let pair: FilePair;
beforeEach(async () => {
  pair = await makePair();
});
afterEach(() => pair.remove());

const undone = async (): Promise<number> =>
  (await pair.read('log')).split('\n').filter((line) => line === 'undo fw-a').length;

/** It may have ended since it was found. */
const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

describe.runIf(privileged)('a run that cannot restore its pair any more (needs root)', () => {
  test('is killed: its watchdog restores the pair at once, and says so', async () => {
    const runner = start(pair);
    await until(() => isFailedOver(pair));
    const children = await childrenOf(runner.pid);
    runner.child.kill('SIGKILL');
    expect((await runner.closed).signal).toBe('SIGKILL');
    expect(await isRestored(pair)).toBe(true);
    const folder = folderOf(pair);
    expect(runner.said()).toContain('seqgap watchdog: the run was killed');
    expect(runner.said()).toContain('seqgap watchdog: undone: fw-a: put the node back');
    expect(runner.said()).toContain(
      `the pair is restored; what was measured until then: seqgap report ${folder}`,
    );
    expect(logOf(folder)).toMatch(/^\d{4}-.*Z the run was killed.*\n(.*Z .*\n)*.*Z the pair is restored/);
    expect(recordOf(folder)).toMatchObject({
      status: 'failed',
      error: 'the run was killed; its watchdog restored the pair',
      restored: true,
    });
    // Nothing is left behind: no process, no mark, no lock that is held.
    await until(() => children.every(({ pid }) => !isThere(pid)));
    expect(await readdir(join(pair.dir, 'seqgap', 'pending'))).toEqual([]);
    // What was measured is read as of any run that broke off.
    const report = await seqgap(pair, ['report', folder]);
    expect(report).toMatchObject({ code: 2, stderr: '' });
    expect(report.stdout).toContain(
      'ended early, after 0 of 1 trials: the run was killed; its watchdog restored',
    );
    expect((await seqgap(pair, ['restore', folder])).stdout).toContain('nothing to undo');
    expect(await undone()).toBe(1);
  });

  test('its results folder was moved: the journal is carried out where it is by now', async () => {
    const runner = start(pair);
    await until(() => isFailedOver(pair));
    await rename(pair.out, `${pair.out}-moved`);
    runner.child.kill('SIGKILL');
    await runner.closed;
    expect(await isRestored(pair)).toBe(true);
    expect(runner.said()).toContain(`seqgap report ${pair.out}-moved/`);
  });

  test('its results folder was deleted: the watchdog still holds the journal', async () => {
    const runner = start(pair);
    await until(() => isFailedOver(pair));
    await rm(pair.out, { recursive: true });
    runner.child.kill('SIGKILL');
    await runner.closed;
    expect(await isRestored(pair)).toBe(true);
    expect(runner.said()).toContain('the pair is restored');
  });

  test('nobody reads what is said any more: the pair is restored all the same', async () => {
    const runner = start(pair);
    await until(() => isFailedOver(pair));
    runner.child.stderr?.destroy();
    runner.child.kill('SIGKILL');
    await until(() => isRestored(pair));
    const folder = folderOf(pair);
    await until(() => recordOf(folder).status === 'failed');
    expect(recordOf(folder).restored).toBe(true);
    expect(logOf(folder)).toContain('the pair is restored');
  });

  test('the watchdog is killed: another one takes its place', async () => {
    const runner = start(pair);
    await until(() => isFailedOver(pair));
    const first = (await watchdogOf(runner.pid)) as number;
    process.kill(first, 'SIGKILL');
    await until(async () => {
      const second = await watchdogOf(runner.pid);
      return second !== null && second !== first && isThere(second);
    });
    expect(runner.said()).toContain(
      'the watchdog is gone (it ended by SIGKILL): another one takes its place',
    );
    // It has said that it holds the journal before it is counted on.
    await until(async () => (await childrenOf(runner.pid)).every(({ state }) => state !== 'Z'));
    runner.child.kill('SIGKILL');
    await runner.closed;
    await until(() => isRestored(pair));
  });

  test('every watchdog is killed: the run restores the pair, and says why it ended', async () => {
    const runner = start(pair);
    await until(() => isFailedOver(pair));
    while (isThere(runner.pid)) {
      const watchdog = await watchdogOf(runner.pid);
      if (watchdog !== null) kill(watchdog);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect((await runner.closed).code).toBe(2);
    expect(runner.said()).toContain('no watchdog can be kept alive: it ended by SIGKILL');
    expect(await isRestored(pair)).toBe(true);
    expect(recordOf(folderOf(pair))).toMatchObject({ status: 'failed', restored: true });
  });

  test('both are killed: the mark stays, and `seqgap restore` puts the pair back', async () => {
    const runner = start(pair);
    await until(() => isFailedOver(pair));
    const watchdog = (await watchdogOf(runner.pid)) as number;
    runner.child.kill('SIGSTOP');
    process.kill(watchdog, 'SIGKILL');
    runner.child.kill('SIGKILL');
    await runner.closed;
    expect(await isFailedOver(pair)).toBe(true);
    const folder = folderOf(pair);
    expect(recordOf(folder)).toMatchObject({ status: 'running', restored: null });
    expect(await readdir(join(pair.dir, 'seqgap', 'pending'))).not.toEqual([]);
    const restored = await seqgap(pair, ['restore', folder, '--drivers', join(pair.dir, 'drivers')]);
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    expect(await isRestored(pair)).toBe(true);
  });

  test('is killed between its mark and its journal: nothing was changed, and the mark goes', async () => {
    const runner = start(pair);
    await until(() => isFailedOver(pair));
    const watchdog = (await watchdogOf(runner.pid)) as number;
    runner.child.kill('SIGSTOP');
    process.kill(watchdog, 'SIGKILL');
    runner.child.kill('SIGKILL');
    await runner.closed;
    // As it is a moment before the trigger: the mark is there, the journal has its first line alone.
    const folder = folderOf(pair);
    const [header = ''] = readFileSync(join(folder, 'undo.jsonl'), 'utf8').split('\n');
    await writeFile(join(folder, 'undo.jsonl'), `${header}\n`);
    for (const [name, word] of [
      ['fw-a.ready', 'ready'],
      ['fw-a.role', 'active'],
      ['fw-b.role', 'standby'],
    ] as const)
      await pair.write(name, `${word}\n`);
    const marks = join(pair.dir, 'seqgap', 'pending');
    expect(await readdir(marks)).not.toEqual([]);
    const args = ['watchdog', folder, '--runner', '999999999', '--drivers', join(pair.dir, 'drivers')];
    const again = spawn(process.execPath, [PROGRAM, ...args], {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: environment(pair),
    });
    again.stdin.end();
    expect(await once(again, 'exit')).toEqual([0, null]);
    expect(await readdir(marks)).toEqual([]);
    expect(await undone()).toBe(0);
  });

  test('the disk is full: the pair comes first', async () => {
    const tiny = `mkdir -p ${pair.out} && mount -t tmpfs -o size=1m tmpfs ${pair.out} && exec "$@"`;
    const runner = start(pair, {}, ['unshare', '--mount', 'sh', '-c', tiny, 'sh']);
    await until(() => isFailedOver(pair));
    // Else it would notice by itself, and end in order.
    runner.child.kill('SIGSTOP');
    const fill = ['--target', String(runner.pid), '--mount', 'sh', '-c', `cat /dev/zero >${pair.out}/fill`];
    await execa('nsenter', fill, { reject: false });
    runner.child.kill('SIGKILL');
    await runner.closed;
    expect(await isRestored(pair)).toBe(true);
    expect(runner.said()).toContain('the pair is restored');
    expect(runner.said()).toMatch(/run.json still says that the run goes on: .*no space left/);
  });
});

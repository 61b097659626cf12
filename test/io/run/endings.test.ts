import { setTimeout as sleep } from 'node:timers/promises';
import { readFile, readdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { eachRow, PROBES } from '../../../src/store/raw-log.js';
import type { RunRecord } from '../../../src/model/run.js';
import { killRun } from '../../lab/killed-run.js';
import { makeFilePair, privileged, runPair, seqgap, startRun, type FilePair } from './file-pair.js';

let pair: FilePair;
afterEach(() => pair.remove());

const latest = (name: string): Promise<string> =>
  readFile(join(pair.out, 'file-pair', 'latest', name), 'utf8');
const record = async (): Promise<RunRecord> => JSON.parse(await latest('run.json')) as RunRecord;

describe.runIf(privileged)('a run that ends before its time (needs root)', () => {
  it('keeps what was measured when the trigger command fails', async () => {
    pair = await makeFilePair({});
    await pair.write('switch.sh', 'echo "permission denied" >&2; exit 7\n');
    const { code, stderr } = await runPair(pair);
    expect(code).toBe(2);
    expect(stderr).toContain('the trigger failed: switchover of fw-a');
    expect(stderr).toContain('permission denied');
    let probes = 0;
    await eachRow(join(pair.out, 'file-pair/latest/trial-01'), PROBES, () => (probes += 1));
    expect(probes).toBeGreaterThan(20);
    expect(await latest('trials.csv')).toContain('void');
  });

  it('ends with 3 and says what to do by hand when the node never comes back', async () => {
    pair = await makeFilePair({});
    await pair.write('undo.sh', 'exit 0\n');
    const { code, stderr } = await runPair(pair);
    expect(code).toBe(3);
    expect(stderr).toContain('do by hand');
    expect(stderr).toContain('undo.sh fw-a');
    expect(await record()).toMatchObject({ restored: false });
    expect(await latest('trials.csv')).toContain('ok');
  });

  it('restores the pair and keeps its results when the disk is full', async () => {
    pair = await makeFilePair({ trial: ', repeat: 20' });
    const tiny = `mkdir -p ${pair.out} && mount -t tmpfs -o size=48k tmpfs ${pair.out}`;
    const { code, stderr } = await runPair(pair, [], tiny);
    expect(code).toBe(2);
    expect(stderr).toMatch(/no space left on the device/);
    expect(stderr).not.toContain('this is a bug');
    expect(await pair.read('fw-a.ready')).toBe('ready\n');
    expect(await pair.read('fw-b.ready')).toBe('ready\n');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'restores and keeps valid results after one %s in the outage',
    async (signal) => {
      pair = await makeFilePair({});
      await pair.write('switch.sh', (await pair.read('switch.sh')).replace('nft delete table inet cut', ''));
      const { pid, finished } = startRun(pair, [pair.scenario]);
      while ((await pair.read('fw-a.role')) !== 'standby\n') await sleep(20);
      process.kill(pid, signal);
      const { code, stderr } = await finished;
      expect(code).toBe(2);
      expect(stderr).toContain('stopping');
      expect(await pair.read('fw-a.ready')).toBe('ready\n');
      expect(await record()).toMatchObject({ status: 'interrupted', restored: true });
      expect(await latest('streams.csv')).toContain('ping');
      // The scenario that stood behind it was not begun.
      expect((await readdir(join(pair.out, 'file-pair'))).filter((name) => name !== 'latest')).toHaveLength(
        1,
      );
    },
  );

  it('is restored by `seqgap restore` after SIGKILL, and once more without harm', async () => {
    pair = await makeFilePair({});
    await pair.write('switch.sh', (await pair.read('switch.sh')).replace('sleep 0.4', 'exit 0'));
    const { pid, finished } = startRun(pair);
    while ((await pair.read('fw-a.ready')) !== 'down\n') await sleep(20);
    killRun(pid, 'all');
    await finished;
    // The script of the dead run would still move the roles: here the pair comes to rest by itself.
    await pair.write('fw-a.role', 'standby\n');
    await pair.write('fw-b.role', 'active\n');
    expect(await record()).toMatchObject({ status: 'running', restored: null });
    const folder = await realpath(join(pair.out, 'file-pair', 'latest'));
    const drivers = join(pair.dir, 'drivers');
    // The next run does not measure what is left of this one.
    const next = await runPair(pair);
    expect(next.code).toBe(2);
    expect(next.stderr).toContain(`seqgap: the run ${folder} has not been restored; nothing was touched\n`);
    expect(next.stderr).toContain(
      `→ XDG_STATE_HOME=${pair.dir} seqgap restore ${folder} --drivers ${drivers}\n`,
    );
    // It touched nothing: what was killed is the newest that did.
    expect(await realpath(join(pair.out, 'file-pair', 'latest'))).toBe(folder);
    const first = await seqgap(pair, ['restore', folder, '--drivers', join(pair.dir, 'drivers')]);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain('undone: fw-a: put the node back');
    expect(await pair.read('fw-a.ready')).toBe('ready\n');
    const second = await seqgap(pair, ['restore', folder, '--drivers', join(pair.dir, 'drivers')]);
    expect(second).toMatchObject({ code: 0, stdout: 'nothing to undo: everything was taken back\n' });
    expect(await readdir(join(pair.dir, 'seqgap', 'pending'))).toEqual([]);
    expect((await seqgap(pair, ['report', folder])).code).toBe(2);
  });

  it('goes by its own account when the scenario of a killed run says something else, or is gone', async () => {
    pair = await makeFilePair({});
    await pair.write('undo.sh', 'exit 0\n');
    expect((await runPair(pair)).code).toBe(3);
    const folder = join(pair.out, 'file-pair', 'latest');
    await pair.write('scenario.yaml', (await pair.read('scenario.yaml')).replace('fw-b: {', 'fw-c: {'));
    const other = await seqgap(pair, ['restore', folder]);
    expect(other).toMatchObject({ code: 3, stdout: expect.stringContaining('NOT undone: fw-a') });
    expect(other.stderr).toContain(`do by hand: on fw-a: this host: sh ${pair.dir}/undo.sh fw-a`);
    await rm(pair.scenario);
    await pair.write('undo.sh', 'echo ready > "$(dirname "$0")/$1.ready"\n');
    const { code, stdout } = await seqgap(pair, ['restore', folder]);
    expect(stdout).toMatch(/^undone: fw-a: put the node back\nthe pair is healthy\n$/);
    expect(code).toBe(0);
  });
});

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, type TestContext } from 'vitest';
import type { RunRecord } from '../../../src/model/run.js';
import { makeFilePair, privileged, runPair, startRun, type FilePair } from './file-pair.js';

const rename = (text: string): string => text.replaceAll('fw-a', 'fw-c').replaceAll('fw-b', 'fw-d');

/** Two pairs of one scenario: `old` with fw-a and fw-b, `new` with fw-c and fw-d. They go away with the test. */
const makePairs = async (
  repeat: number,
  onTestFinished: TestContext['onTestFinished'],
): Promise<readonly [FilePair, FilePair]> => {
  const trial = `, repeat: ${repeat}`;
  const [one, two] = [
    await makeFilePair({ trial, extra: 'version: old' }),
    await makeFilePair({ trial, extra: 'version: new' }),
  ];
  onTestFinished(async () => {
    await Promise.all([one.remove(), two.remove()]);
  });
  for (const name of ['scenario.yaml', 'switch.sh']) await two.write(name, rename(await two.read(name)));
  await two.write('fw-c.role', 'active\n');
  await two.write('fw-d.role', 'standby\n');
  for (const node of ['fw-c', 'fw-d']) await two.write(`${node}.ready`, 'ready\n');
  return [one, two];
};

/** The runs of both versions, in the folder of the first pair. */
const foldersOf = async ({ out }: FilePair): Promise<string[]> =>
  (await readdir(join(out, 'file-pair')))
    .filter((name) => name !== 'latest')
    .map((name) => join(out, 'file-pair', name));

const recordOf = async (folder: string): Promise<RunRecord> =>
  JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')) as RunRecord;

/** `old 1`, with the wall clock at its start. */
const trialsOf = async (folder: string): Promise<{ name: string; start: number }[]> => {
  const { version } = await recordOf(folder);
  const trials = (await readdir(folder)).filter((name) => name.startsWith('trial-'));
  return Promise.all(
    trials.map(async (trial) => {
      const events = await readFile(join(folder, trial, 'events.jsonl'), 'utf8');
      const anchor = events.split('\n').find((line) => line.includes('"anchor"')) ?? '';
      const { wall_ms } = JSON.parse(anchor) as { wall_ms: number };
      return { name: `${version} ${Number(trial.slice(-2))}`, start: wall_ms };
    }),
  );
};

describe.runIf(privileged)('seqgap run --interleave on loopback (needs root)', { concurrent: true }, () => {
  it('makes one trial of each version in turn, in a run of its own each', async ({
    onTestFinished,
    expect,
  }) => {
    const [one, two] = await makePairs(2, onTestFinished);
    const { code, stdout, stderr } = await runPair(one, [two.scenario, '--interleave', '--json']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const folders = await foldersOf(one);
    const trials = (await Promise.all(folders.map(trialsOf))).flat();
    expect(trials.toSorted((a, b) => a.start - b.start).map(({ name }) => name)).toEqual([
      'old 1',
      'new 1',
      'old 2',
      'new 2',
    ]);
    const records = await Promise.all(folders.map(recordOf));
    expect(records.map(({ status, restored, trials_done }) => [status, restored, trials_done])).toEqual([
      ['complete', true, 2],
      ['complete', true, 2],
    ]);
    const campaign = records[0]?.labels['campaign'];
    expect(campaign).toMatch(/^\d{8}T\d{6}Z$/);
    expect(records[1]?.labels['campaign']).toBe(campaign);
    // The results, one after the other, in the order of the command line.
    expect([...stdout.matchAll(/"version": "(\w+)"/g)].map(([, version]) => version)).toEqual(
      expect.arrayContaining(['old', 'new']),
    );
    expect(stdout.indexOf('"old"')).toBeLessThan(stdout.indexOf('"new"'));
    expect(stderr).toMatch(/^old {2}trial 1\/2 /m);
    expect(stderr).toContain(
      `compare this campaign: seqgap compare version=old,campaign=${campaign} version=new,campaign=${campaign} --scenario file-pair --out ${one.out}\n`,
    );
  });

  it('ends with the run that breaks off; what was measured of the others is kept', async ({
    onTestFinished,
  }) => {
    const [one, two] = await makePairs(3, onTestFinished);
    await two.write('switch.sh', 'echo "permission denied" >&2; exit 7\n');
    const { code, stdout, stderr } = await runPair(one, [two.scenario, '--interleave']);
    expect(code).toBe(2);
    expect(stderr).toContain('the trigger failed: switchover of fw-c');
    expect(stderr).not.toContain('this is a bug');
    expect(stderr).not.toContain('compare');
    const records = await Promise.all((await foldersOf(one)).map(recordOf));
    expect(
      records.map(({ version, status, trials_done }) => `${version} ${status} ${trials_done}`).toSorted(),
    ).toEqual(['new failed 1', 'old interrupted 1']);
    expect(stdout).toContain('version old: switchover of the active node, 1 of 3 trials');
    expect(await one.read('fw-a.ready')).toBe('ready\n');
    expect(await two.read('fw-c.ready')).toBe('ready\n');
  });

  it('ends whole after one Ctrl-C, with the pair restored and no further run begun', async ({
    onTestFinished,
  }) => {
    const [one, two] = await makePairs(2, onTestFinished);
    await one.write('switch.sh', (await one.read('switch.sh')).replace('nft delete table inet cut', ''));
    const { pid, finished } = startRun(one, [two.scenario, '--interleave']);
    while ((await one.read('fw-a.role')) !== 'standby\n') await sleep(20);
    process.kill(pid, 'SIGINT');
    const { code, stderr } = await finished;
    expect(code).toBe(2);
    expect(stderr.match(/stopping: /g)).toHaveLength(1);
    expect(await one.read('fw-a.ready')).toBe('ready\n');
    const records = await Promise.all((await foldersOf(one)).map(recordOf));
    expect(records).toMatchObject([{ version: 'old', status: 'interrupted', restored: true }]);
  });
});

import { appendFile, cp, mkdir, readFile, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { killRun } from '../../lab/killed-run.js';
import {
  makeFilePair,
  privileged,
  runPair,
  seqgap,
  startRun,
  type FilePair,
  type Finished,
} from './file-pair.js';

/*
 * What a killed run has left is put back, whatever became of its files. One run is killed for all of them; each case
 * begins with what lay on disk then.
 */

const UNDONE = 'undone: fw-a: put the node back\nthe pair is healthy\n';

/** Until the node is down; the script of the dead run would still move the roles, here the pair comes to rest itself. */
const kill = async (pair: FilePair): Promise<string> => {
  await pair.write('switch.sh', (await pair.read('switch.sh')).replace('sleep 0.4', 'exit 0'));
  const { pid, finished } = startRun(pair);
  while ((await pair.read('fw-a.ready')) !== 'down\n') await sleep(20);
  killRun(pid, 'all');
  await finished;
  await pair.write('fw-a.role', 'standby\n');
  await pair.write('fw-b.role', 'active\n');
  return realpath(join(pair.out, 'file-pair', 'latest'));
};

describe.runIf(privileged)('a run that was killed (needs root)', () => {
  let pair: FilePair;
  let run: string;
  let pending: string;
  const restore = (...args: string[]): Promise<Finished> => seqgap(pair, ['restore', ...args]);
  const marks = (): Promise<string[]> => readdir(pending);
  const isBack = async (): Promise<boolean> => (await pair.read('fw-a.ready')) === 'ready\n';
  const inRun = (name: string): string => join(run, name);

  beforeAll(async () => {
    pair = await makeFilePair({});
    pending = join(pair.dir, 'seqgap', 'pending');
    run = await kill(pair);
    for (const name of ['results', 'seqgap', 'scenario.yaml'])
      await cp(join(pair.dir, name), join(pair.dir, 'kept', name), {
        recursive: true,
        verbatimSymlinks: true,
      });
  });
  afterAll(() => pair.remove());
  beforeEach(async () => {
    for (const name of ['results', 'seqgap', 'scenario.yaml']) {
      await rm(join(pair.dir, name), { recursive: true, force: true });
      await cp(join(pair.dir, 'kept', name), join(pair.dir, name), {
        recursive: true,
        verbatimSymlinks: true,
      });
    }
    await pair.write('fw-a.ready', 'down\n');
  });

  /** It is put back, once, and nobody asks about it any more. */
  const expectRestored = async (...args: string[]): Promise<void> => {
    const { code, stdout, stderr } = await restore(...args);
    expect(`${stdout}${stderr}`).toContain(UNDONE);
    expect(code).toBe(0);
    expect(await isBack()).toBe(true);
    expect(await marks()).toEqual([]);
  };

  test.each([
    ['is empty', (path: string) => writeFile(path, '')],
    ['is cut', async (path: string) => writeFile(path, (await readFile(path, 'utf8')).slice(0, 700))],
    ['is gone', (path: string) => rm(path)],
    [
      'is that of a newer version',
      (path: string) => writeFile(path, '{"format":2,"tool":{"version":"9.0"}}'),
    ],
    ['is a folder', (path: string) => rm(path).then(() => mkdir(path))],
  ])('is put back by its journal where run.json %s', async (_, damage) => {
    await damage(inRun('run.json'));
    await expectRestored(run);
    expect(await restore(run)).toEqual({
      code: 0,
      stdout: 'nothing to undo: everything was taken back\n',
      stderr: '',
    });
  });

  test.each([
    ['gone', (path: string) => rm(path)],
    ['emptied', (path: string) => writeFile(path, '')],
    ['a folder', (path: string) => rm(path).then(() => mkdir(path))],
  ])('is put back by its mark where its journal is %s', async (_, damage) => {
    await damage(inRun('undo.jsonl'));
    await expectRestored(run);
  });

  test('is put back without its scenario and without saying which drivers', async () => {
    await rm(pair.scenario);
    await expectRestored(run);
  });

  test('is found without being named, from any folder, also where its results are gone', async () => {
    await expectRestored();
    expect(await restore()).toEqual({
      code: 0,
      stdout: `nothing is pending: no run has left a mark in ${pending}\n`,
      stderr: '',
    });
  });

  test.each([
    ['its name', () => basename(run)],
    ['its old path', () => run],
    ['a link to it', () => join(pair.out, 'file-pair', 'latest')],
    ['nothing', () => null],
  ])('is found by %s where its results are gone', async (_, word) => {
    for (const name of await readdir(join(pair.out, 'file-pair')))
      if (name !== 'latest') await rm(join(pair.out, 'file-pair', name), { recursive: true });
    const named = word();
    await expectRestored(...(named === null ? [] : [named]));
  });

  test('is found by its name among the results, and by `latest`', async () => {
    await expectRestored(basename(run), '--out', pair.out);
    const second = await restore('latest', '--out', pair.out);
    expect(second).toMatchObject({ code: 0, stdout: 'nothing to undo: everything was taken back\n' });
  });

  test('is put back where it was moved to, and its mark goes by who it is', async () => {
    const moved = join(pair.dir, 'results', 'moved here');
    await rename(run, moved);
    await expectRestored(moved);
  });

  test('is what the next run, which is refused, advises to restore; a restore of that one says so, too', async () => {
    const refused = await runPair(pair);
    expect(refused.code).toBe(2);
    const drivers = join(pair.dir, 'drivers');
    expect(refused.stderr).toContain(
      `→ XDG_STATE_HOME=${pair.dir} seqgap restore ${run} --drivers ${drivers}\n`,
    );
    expect(await realpath(join(pair.out, 'file-pair', 'latest'))).toBe(run);
    const names = await readdir(join(pair.out, 'file-pair'));
    const other = names.find((name) => name !== 'latest' && name !== basename(run)) ?? '';
    const { restored } = JSON.parse(
      await readFile(join(pair.out, 'file-pair', other, 'run.json'), 'utf8'),
    ) as { restored: boolean | null };
    expect(restored).toBeNull();
    const nothing = await restore(join(pair.out, 'file-pair', other));
    expect(nothing).toMatchObject({ code: 3, stdout: '' });
    expect(nothing.stderr).toContain(`another run has changed it and not put it back: ${basename(run)}\n`);
    expect(await isBack()).toBe(false);
    await expectRestored();
  });

  test('cannot be put back without what it needs: exit code 3, and what to do by hand', async () => {
    await rename(join(pair.dir, 'drivers'), join(pair.dir, 'drivers-elsewhere'));
    try {
      const { code, stderr } = await restore(run);
      expect(code).toBe(3);
      expect(stderr).toContain('not restored: node fw-a');
      expect(stderr).toContain(`do by hand on fw-a: this host: sh ${pair.dir}/undo.sh fw-a`);
      expect(await marks()).toHaveLength(1);
      await expectRestored(run, '--drivers', join(pair.dir, 'drivers-elsewhere'));
    } finally {
      await rename(join(pair.dir, 'drivers-elsewhere'), join(pair.dir, 'drivers'));
    }
  });

  test('of a version whose journals have no header, with a damaged run.json: by hand', async () => {
    const [, entry] = (await readFile(inRun('undo.jsonl'), 'utf8')).split('\n');
    await writeFile(inRun('undo.jsonl'), `${entry}\n`);
    await rm(pending, { recursive: true });
    await writeFile(inRun('run.json'), '{');
    const { code, stderr } = await restore(run);
    expect(code).toBe(3);
    expect(stderr).toContain('nothing says which nodes and which trigger the run had');
    expect(stderr).toContain(`sh ${pair.dir}/undo.sh fw-a`);
  });

  test('with a line of a newer version: the rest is undone, and that line is told', async () => {
    await appendFile(inRun('undo.jsonl'), '{"id":"7f","node":"fw-b","undo":["do this"],"more":1}\n');
    const { code, stdout, stderr } = await restore(run);
    expect(stdout).toBe('undone: fw-a: put the node back\n');
    expect(stderr).toContain(`undo what ${inRun('undo.jsonl')}:3 (on fw-b: do this) lists`);
    expect(code).toBe(3);
  });

  test('is not known to have left nothing where neither journal nor mark is there', async () => {
    await rm(pending, { recursive: true });
    await rm(inRun('undo.jsonl'));
    const { code, stdout, stderr } = await restore(run);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('not known whether anything is to be undone: its undo journal is not there');
  });

  test('a mark that is damaged is for a person to look at', async () => {
    const [name = ''] = await marks();
    await writeFile(join(pending, name), '{');
    const { code, stderr } = await restore();
    expect(code).toBe(3);
    expect(stderr).toContain(`then remove ${join(pending, name)}`);
  });

  test('a state folder that cannot be used is a word, with what to do by hand', async () => {
    await rm(join(pair.dir, 'seqgap'), { recursive: true });
    await writeFile(join(pair.dir, 'seqgap'), '');
    const { code, stderr } = await restore(run);
    expect(code).toBe(2);
    expect(stderr).toContain('cannot look for marks of runs');
  });

  test('several are put back in turn, with the worst exit code', async () => {
    const other = await makeFilePair({ driver: 'file' });
    try {
      await other.write('undo.sh', 'exit 0\n');
      await other.write('fw-a.ready', 'down\n');
      // The mark of another pair: as this one's, about its folder.
      const [name = ''] = await marks();
      const text = (await readFile(join(pending, name), 'utf8')).replaceAll(pair.dir, other.dir);
      const { keys, journal, ...mark } = JSON.parse(text) as {
        keys: string[];
        journal: { id: string; run: string };
      };
      const twin = { ...mark, keys: ['twin'], journal: { ...journal, id: 'twin', run: 'twin' } };
      expect(keys).toHaveLength(1);
      await writeFile(join(pending, 'twin.json'), JSON.stringify(twin));
      const { code, stdout, stderr } = await restore();
      expect(code).toBe(3);
      expect(stdout).toContain(`${basename(run)} (fw-a, fw-b):\n${UNDONE}`);
      expect(stdout).toContain('twin (fw-a, fw-b):\nNOT undone: fw-a: could not undo switchover of fw-a');
      expect(stdout).toContain('1 of 2 are done\n');
      expect(stderr).toContain(`do by hand: on fw-a: this host: sh ${other.dir}/undo.sh fw-a`);
      expect(await marks()).toEqual(['twin.json']);
    } finally {
      await other.remove();
    }
  });
});

describe.runIf(privileged)('a run without nodes (needs root)', () => {
  test('is found and put back where it was started, and not while it goes on', async ({ onTestFinished }) => {
    const pair = await makeFilePair({});
    onTestFinished(() => pair.remove());
    await pair.write(
      'scenario.yaml',
      `
name: file-pair
streams: [{ name: ping, type: icmp, from: local, to: 127.0.0.1, every: 20ms }]
trigger: { action: exec, command: 'echo changed > state', undo: 'echo as before > state', timeout: 60s }
trial: { steady: 500ms, recovered: 1s, give-up: 60s }
`,
    );
    // Relative paths in commands are those of the run.
    const { pid, finished } = startRun(pair, [], `cd ${pair.dir}`);
    const state = (): Promise<string> => pair.read('state').catch(() => '');
    while ((await state()) !== 'changed\n') await sleep(20);
    const early = await seqgap(pair, ['restore']);
    expect(early.code).toBe(2);
    expect(early.stderr).toMatch(/the run \S+ is still going on \(pid \d+\): nothing was done/);
    expect(await state()).toBe('changed\n');
    killRun(pid, 'all');
    await finished;
    const { code, stdout } = await seqgap(pair, ['restore']);
    expect(stdout).toContain(
      'undone: pair: the undo command exited with 0\n' +
        'whether the pair is healthy is not known: its scenario names no nodes to ask\n',
    );
    expect(code).toBe(0);
    expect(await state()).toBe('as before\n');
    expect((await seqgap(pair, ['restore'])).stdout).toContain('nothing is pending');
  });
});

import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { NodePlan } from '../../../src/model/plan.js';
import { systemClock } from '../../../src/clock.js';
import { ns, type Clock } from '../../../src/model/time.js';
import { thisProcess } from '../../../src/trigger/act/holder.js';
import { lockPair, type PairLock } from '../../../src/trigger/act/lock.js';
import { PairKeys } from '../../../src/trigger/act/pair-keys.js';

const clock: Clock = { monotonic: () => ns(0), wall: () => Date.UTC(2026, 0, 2, 3, 4, 5) };
const node = (name: string): NodePlan => ({
  name,
  driver: 'keepalived',
  ssh: null,
  http: null,
  serial: null,
  params: {},
  power: null,
});
const PAIR = [node('fw-a'), node('fw-b')];

/** Longer than from one sign of life to the next. */
const LISTEN = { silent_ms: 2500 };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const keysOf = (nodes: readonly NodePlan[] = PAIR, state = folder): PairKeys =>
  new PairKeys({ nodes, lab: null }, state);
const lock = (nodes: readonly NodePlan[] = PAIR) => lockPair(keysOf(nodes), clock);
const fileOf = ({ paths }: PairLock): string => paths[0] ?? '';
const locks = (): Promise<string[]> => readdir(join(folder, 'locks'));
/** Takes the lock, then rewrites its owner, as if another process held it. */
const heldBy = async (change: object): Promise<void> => {
  const path = fileOf(await lock());
  const owner: object = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, `${JSON.stringify({ ...owner, ...change })}\n`);
};
const startOf = async (pid: number): Promise<string> =>
  (await readFile(`/proc/${pid}/stat`, 'latin1')).replace(/^.*\) /, '').split(' ')[19] ?? '';

test('a pair is held once, whatever the order of its nodes, and says by whom', async () => {
  await lock();
  await expect(lock(PAIR.toReversed())).rejects.toMatchObject({
    message: `another run holds the pair fw-a, fw-b (pid ${process.pid}, since 2026-01-02T03:04:05.000Z)`,
    exitCode: 2,
  });
});

test('another pair is free, and so is one that was released', async () => {
  const held = await lock();
  await (await lock([node('fw-c')])).release();
  await held.release();
  await (await lock()).release();
  expect(await locks()).toEqual([]);
});

test('a session of a login and a job of cron have the same lock', async () => {
  vi.stubEnv('HOME', folder);
  vi.stubEnv('XDG_STATE_HOME', '');
  try {
    vi.stubEnv('XDG_RUNTIME_DIR', folder);
    await lockPair(new PairKeys({ nodes: PAIR, lab: null }), clock);
    vi.stubEnv('XDG_RUNTIME_DIR', undefined);
    await expect(lockPair(new PairKeys({ nodes: PAIR, lab: null }), clock)).rejects.toThrow(
      'another run holds the pair',
    );
  } finally {
    vi.unstubAllEnvs();
  }
});

test('a pair is held by who its nodes are, too, as soon as they have said it', async () => {
  const [here, there] = [keysOf(), keysOf([node('192.0.2.1'), node('192.0.2.2')])];
  const [held, other] = [await lockPair(here, clock), await lockPair(there, clock)];
  here.learn(['SN1', 'SN2']);
  there.learn(['SN2', 'SN1']);
  await held.extend();
  await expect(other.extend()).rejects.toThrow('another run holds the pair fw-a, fw-b');
  await held.release();
  await other.extend();
  await other.release();
  expect(await locks()).toEqual([]);
});

test('a scenario without nodes locks nothing', async () => {
  await lock([]);
  await expect(lock([])).resolves.toMatchObject({ paths: [] });
});

test('the lock of a process that is gone is taken over', async () => {
  const gone = execa('true');
  await gone;
  await heldBy({ pid: gone.pid });
  const taken = await lock();
  expect(JSON.parse(await readFile(fileOf(taken), 'utf8'))).toMatchObject({ pid: process.pid });
  await taken.release();
  expect(await locks()).toEqual([]);
});

test('the lock of a process whose id another has now is taken over', async () => {
  const other = execa('sleep', ['60'], { reject: false });
  try {
    const pid = other.pid ?? 0;
    await heldBy({ pid, start: await startOf(pid) });
    await expect(lock()).rejects.toThrow(`pid ${pid}`);
    await rm(folder, { recursive: true });
    await heldBy({ pid, start: '1' });
    await expect(lock()).resolves.toBeDefined();
  } finally {
    other.kill();
    await other;
  }
});

test('a damaged lock is taken over when nobody gives a sign of life', async () => {
  const held = await lock();
  await writeFile(fileOf(held), '{"pid":');
  await expect(lockPair(keysOf(), systemClock, LISTEN)).rejects.toThrow(
    'its lock is damaged, but there are signs',
  );
  await held.release();
  await expect(lockPair(keysOf(), systemClock, LISTEN)).resolves.toBeDefined();
});

describe('a lock of a process that cannot be seen from here', () => {
  /** Of another boot, as the host that shares the folder says it. */
  const away = { host: 'other', machine: 'other', boot: 'other', pidns: 'pid:[4026531836]' };
  const said: string[] = [];
  const listening = () => lockPair(keysOf(), systemClock, { ...LISTEN, say: (text) => said.push(text) });
  /** As `heldBy`, by one that is not this process: nobody gives a sign of life. */
  const leftBy = async (change: object): Promise<string> => {
    const held = await lock();
    const text = await readFile(fileOf(held), 'utf8');
    await held.release();
    await writeFile(fileOf(held), `${JSON.stringify({ ...JSON.parse(text), ...change })}\n`);
    return fileOf(held);
  };

  test('is kept while there are signs of life, whatever the clocks of the two hosts say', async () => {
    const path = await leftBy(away);
    const beats = setInterval(() => void utimes(path, 1, 1), 300);
    try {
      await expect(listening()).rejects.toThrow(
        `another run holds the pair fw-a, fw-b (pid ${process.pid} on other,`,
      );
    } finally {
      clearInterval(beats);
    }
    expect(said[0]).toBe(
      `the pair is locked (pid ${process.pid} on other): waiting up to 3 s for a sign of life of who locked it`,
    );
  });

  test('is taken over when it has been silent for longer than anybody who lives', async () => {
    await leftBy(away);
    const taken = await listening();
    expect(JSON.parse(await readFile(fileOf(taken), 'utf8'))).toMatchObject({ host: hostname() });
    await taken.release();
    expect(await locks()).toEqual([]);
  });

  test('is not waited for after a Ctrl-C', async () => {
    await leftBy(away);
    await expect(lockPair(keysOf(), systemClock, { signal: AbortSignal.timeout(200) })).rejects.toMatchObject(
      { message: expect.stringContaining('interrupted'), exitCode: 2 },
    );
    expect(await locks()).toHaveLength(1);
  });

  test('is taken over at once where this host was booted since', async (context) => {
    const { machine } = await thisProcess();
    if (machine === null) return context.skip('this host has no machine-id');
    await leftBy({ ...away, machine });
    await (await lock()).release();
  });

  test('gives signs of life for others by itself', async () => {
    const held = await lockPair(keysOf(), systemClock);
    const owner: object = JSON.parse(await readFile(fileOf(held), 'utf8'));
    // The same file, so that its owner goes on with it.
    await writeFile(fileOf(held), `${JSON.stringify({ ...owner, ...away })}\n`);
    await expect(listening()).rejects.toThrow('another run holds the pair');
  });
});

test('one that was taken over meanwhile is noticed before anything is done', async () => {
  const held = await lock();
  await held.extend();
  await writeFile(fileOf(held), '{"pid":1,"start":"1","since":"x","nodes":["fw-x"]}\n');
  await expect(held.extend()).rejects.toThrow('another run holds the pair fw-x');
  await rm(fileOf(held));
  await expect(held.extend()).rejects.toThrow('the lock of the pair is gone');
});

test('of many that find it stale exactly one gets it', async () => {
  await heldBy({ start: '1' });
  const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lock()));
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await locks()).toHaveLength(1);
});

test('a lock taken over by another is not released by the one that lost it', async () => {
  const lost = await lock();
  await writeFile(fileOf(lost), '{"pid":1,"start":"1","since":"x","nodes":[]}\n');
  await lost.release();
  expect(await locks()).toHaveLength(1);
});

test('a folder that cannot be made is one line with a remedy', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(lockPair(keysOf(PAIR, join(folder, 'file')), clock)).rejects.toMatchObject({
    message: expect.stringContaining('cannot lock the pair'),
    remedy: expect.stringContaining('XDG_STATE_HOME'),
  });
});

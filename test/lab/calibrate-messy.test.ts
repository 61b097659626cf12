import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { describe, expect, it as test } from 'vitest';
import { readRecording } from '../../src/cli/calibrate/messy/raw.js';
import { messySchema, type MessyCalibration } from '../../src/cli/calibrate/messy/result.js';
import { worths } from '../../src/cli/calibrate/messy/worth.js';
import { measuring } from '../measuring.js';
import { distPath, HeldNamespaces, labObstacle } from './lab-kit.js';

const obstacle = labObstacle();
const KINDS = ['clean', 'far', 'slow', 'hidden'] as const;
const TRIALS = 3;

const calibrate = (...options: string[]): string[] => [
  distPath('cli.js'),
  'calibrate',
  '--messy',
  ...options,
];
const ofKinds = (kinds: readonly string[]): string[] => kinds.flatMap((kind) => ['--kinds', kind]);
const read = async (file: string): Promise<MessyCalibration> =>
  messySchema.parse(JSON.parse(await readFile(file, 'utf8')));

describe.skipIf(obstacle !== null)(`four messy kinds in four labs at once ${obstacle ?? ''}`, () => {
  const it = measuring(async (folder) => {
    const [keep, out, again] = ['kept', 'result.json', 'again.json'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const spaces = new HeldNamespaces();
    const options = ['--outages', String(TRIALS), '--parallel', '4', '--keep', keep, '--out', out];
    const child = execa(process.execPath, calibrate(...ofKinds(KINDS), ...options), { reject: false });
    child.stderr.pipe(process.stderr);
    child.stderr.on('data', () => spaces.hold(child.pid ?? 0));
    const { stdout: printed } = await child;
    const made = { count: spaces.count, keepers: spaces.keepers() };
    spaces.release();
    await execa(process.execPath, calibrate('--from', keep, '--out', again), { reject: false });
    const names = await readdir(keep);
    const recordings = await Promise.all(names.map((name) => readRecording(join(keep, name))));
    return { recordings, printed, made, result: await read(out), again: await read(again) };
  });

  it('makes every trial that was planned, and keeps it raw', ({ measured: { recordings, result } }) => {
    expect(result.complete).toBe(true);
    expect(recordings.map(({ kind }) => kind).toSorted()).toEqual([...KINDS].toSorted());
    for (const { trials, probes } of recordings) {
      expect(trials).toHaveLength(TRIALS);
      expect(probes.split('\n').length).toBeGreaterThan(1000);
    }
  });

  it('knows the truth well enough to judge a 10 ms probe', ({ measured: { recordings } }) => {
    const all = recordings.flatMap(({ trials }) => trials.flatMap(({ changes }) => changes));
    const widths = all.flatMap(({ begun, ended }) =>
      [begun, ended].flatMap((each) => (each === null ? [] : [(each.before_ns - each.after_ns) / 1e6])),
    );
    expect(widths.length).toBeGreaterThanOrEqual(4 * TRIALS);
    expect(widths.toSorted((a, b) => a - b)[Math.floor(widths.length / 2)]).toBeLessThan(10);
  });

  it('holds the truth inside the intervals', ({ measured: { result } }) => {
    // By the binomial law a 95 % interval misses 9 or more of these 75 once in a hundred runs.
    expect(worths(result.cells).length).toBe(4 * 6 + 1);
    const misses = result.misses.filter(({ covered }) => covered === false);
    expect(misses.length, JSON.stringify(misses, null, 1)).toBeLessThan(9);
  });

  it('passes no trial that must not pass', ({ measured: { result } }) =>
    expect(result.misses.filter(({ wrongPass }) => wrongPass)).toEqual([]));

  it('delays what is behind the gate by 50 ms, and a slow path by 120 ms', ({ measured: { recordings } }) => {
    const fastest = (kind: string, from: (at: number) => boolean): number => {
      const recording = recordings.find((each) => each.kind === kind);
      const rtts = (recording?.probes ?? '').split('\n').flatMap((line) => {
        const [stream, , , outcome, , sent, , received] = line.split(',');
        const counts = stream === 'icmp-10ms' && outcome === 'answered' && from(Number(sent));
        return counts ? [(Number(received) - Number(sent)) / 1e6] : [];
      });
      return Math.min(...rtts);
    };
    const slow = recordings.find(({ kind }) => kind === 'slow')?.trials[0];
    const mended = slow?.changes.find(({ what }) => what === 'cut')?.ended?.before_ns ?? 0;
    expect(fastest('far', () => true)).toBeGreaterThanOrEqual(50);
    expect(fastest('far', () => true)).toBeLessThan(53);
    expect(fastest('slow', (at) => at > mended && at < (slow?.cut_ns ?? 0))).toBeGreaterThanOrEqual(120);
  });

  it('comes to the same when the recordings are analysed again', ({ measured: { result, again } }) =>
    expect(again.cells).toEqual(result.cells));

  it('prints a line for each kind within 100 columns', ({ measured: { printed } }) => {
    for (const kind of KINDS) expect(printed).toMatch(new RegExp(`^${kind} +${TRIALS} `, 'm'));
    expect(Math.max(...printed.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('leaves none of its namespaces behind', ({ measured: { made } }) => {
    expect(made.count).toBeGreaterThanOrEqual(3);
    expect(made.keepers).toEqual([]);
  });
});

describe.skipIf(obstacle !== null)(`Ctrl-C among messy kinds ${obstacle ?? ''}`, () => {
  test('keeps the trials that were done, and the next call makes the rest only', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'seqgap-messy-'));
    try {
      const [keep, out] = [join(folder, 'kept'), join(folder, 'result.json')];
      const options = [...ofKinds(['clean']), '--streams', 'icmp', '--keep', keep, '--out', out];
      const child = spawn(process.execPath, calibrate(...options, '--outages', '9'), {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      createInterface(child.stderr).on('line', (line) => {
        if (line.startsWith('1 of 9')) child.kill('SIGINT');
      });
      child.stdout.resume();
      const [code] = (await once(child, 'close')) as [number];
      const result = await read(out);
      const done = result.cells[0]?.trials ?? 0;
      expect([result.complete, code]).toEqual([false, 2]);
      expect(done).toBeGreaterThanOrEqual(1);
      expect(done).toBeLessThan(9);
      await execa(process.execPath, calibrate(...options, '--outages', String(done + 1)), { reject: false });
      const whole = await read(out);
      expect([whole.complete, whole.cells[0]?.trials]).toEqual([true, done + 1]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

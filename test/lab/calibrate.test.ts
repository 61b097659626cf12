import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { calibrationSchema, type Calibration } from '../../src/calibrate/result.js';
import { quoteCalibration } from '../../src/calibrate/quote.js';
import { distPath, labObstacle } from './lab-kit.js';

const obstacle = labObstacle();

const networkNamespaces = async (): Promise<string[]> => readdir('/run/netns').catch(() => []);

describe.skipIf(obstacle !== null)(`a quick calibration ${obstacle ?? ''}`, () => {
  let folder: string;
  let file: string;
  let before: string[];
  let calibration: Calibration;
  let printed: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seqgap-calibrate-'));
    file = join(folder, 'seqgap/calibration.json');
    before = await networkNamespaces();
    const { stdout } = await execa(process.execPath, [distPath('cli.js'), 'calibrate', '--quick'], {
      env: { XDG_STATE_HOME: folder },
      reject: false,
      stderr: 'inherit',
    });
    printed = stdout;
    calibration = calibrationSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('makes every outage that was planned and sees each of them on every stream, as one', () => {
    expect(calibration.complete).toBe(true);
    expect(calibration.streams.map(({ type }) => type)).toEqual(['icmp', 'icmp6', 'ping', 'tcp']);
    for (const { total, spurious } of calibration.streams)
      expect({ ...total, spurious }).toMatchObject({ n: 20, unseen: 0, split: 0, spurious: 0 });
  });

  it('holds the truth inside the interval', () => {
    // By the binomial law 20 of 20 at 95 % would fail one time in three: of all streams together at most 4 of 80.
    const misses = calibration.observations.filter(({ covered }) => !covered);
    expect(misses.length, JSON.stringify(misses, null, 1)).toBeLessThanOrEqual(4);
  });

  it('knows the truth well enough to judge a 10 ms probe', () => {
    for (const { total } of calibration.streams) expect(total.truth_width_ms).toBeLessThan(20);
  });

  it('sees no outage where there is none', () => {
    expect(calibration.null_run?.streams.map(({ outages }) => outages)).toEqual([0, 0, 0, 0]);
    expect(calibration.null_run?.streams.every(({ sent }) => sent > 200)).toBe(true);
  });

  it('reports a stall of the prober as a hole in sends and never as an outage', () => {
    for (const { stream, outages, unsent } of calibration.stall?.streams ?? []) {
      expect(`${stream} ${outages}`).toBe(`${stream} 0`);
      // The system's ping is a process of its own: it goes on.
      if (!stream.startsWith('ping')) expect(unsent).toBeGreaterThanOrEqual(90);
    }
    expect(calibration.stall?.streams).toHaveLength(4);
  });

  it('prints it within 100 columns, and a run can quote it', async () => {
    expect(printed).toContain('20 of 20 outages');
    expect(printed).toMatch(/^icmp-10ms +20 /m);
    expect(Math.max(...printed.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect((await quoteCalibration(file))?.streams).toHaveLength(4);
    expect(await quoteCalibration(file, 'another-host')).toBeNull();
  });

  it('leaves no namespace behind', async () => expect(await networkNamespaces()).toEqual(before));
});

describe.skipIf(obstacle !== null)(`Ctrl-C in a calibration ${obstacle ?? ''}`, () => {
  it('ends it in order, with the table of what was done', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'seqgap-calibrate-'));
    try {
      const file = join(folder, 'calibration.json');
      const options = [
        '--quick',
        '--null',
        '0s',
        '--kinds',
        'drop',
        '--lengths',
        '50ms',
        '--streams',
        'icmp',
      ];
      const child = spawn(process.execPath, [distPath('cli.js'), 'calibrate', ...options, '--out', file], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let printed = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
      // Said when eight have been made.
      createInterface(child.stderr).on('line', (line) => {
        if (line.startsWith('outages 8 of 20')) child.kill('SIGINT');
      });
      const [code] = (await once(child, 'close')) as [number];
      const calibration = calibrationSchema.parse(JSON.parse(await readFile(file, 'utf8')));
      const done = calibration.streams[0]?.total.n ?? 0;
      expect(done).toBeGreaterThanOrEqual(8);
      expect(done).toBeLessThan(20);
      expect(calibration.complete).toBe(false);
      expect(printed).toContain(`${done} of 20 outages`);
      expect(printed).toContain('ended early');
      expect(code).toBe(2);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

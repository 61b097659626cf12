import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { describe, expect, it as test } from 'vitest';
import { calibrationSchema } from '../../src/cli/calibrate/result.js';
import { quoteCalibration } from '../../src/cli/calibrate/file.js';
import { measuring } from '../measuring.js';
import { distPath, HeldNamespaces, labObstacle } from './lab-kit.js';

const obstacle = labObstacle();

describe.skipIf(obstacle !== null)(`a quick calibration ${obstacle ?? ''}`, () => {
  const it = measuring(async (folder) => {
    const file = join(folder, 'seqgap/calibration.json');
    const spaces = new HeldNamespaces();
    const child = execa(process.execPath, [distPath('cli.js'), 'calibrate', '--quick'], {
      env: { XDG_STATE_HOME: folder },
      reject: false,
    });
    child.stderr.pipe(process.stderr);
    child.stderr.on('data', () => spaces.hold(child.pid ?? 0));
    const { stdout: printed } = await child;
    const made = { count: spaces.count, keepers: spaces.keepers() };
    spaces.release();
    const calibration = calibrationSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    return { calibration, printed, file, made };
  });

  it('makes every outage that was planned and sees each of them on every stream, as one', ({
    measured: { calibration },
  }) => {
    expect(calibration.complete).toBe(true);
    expect(calibration.streams.map(({ type }) => type)).toEqual(['icmp', 'icmp6', 'ping', 'tcp', 'stamp']);
    for (const { total, spurious } of calibration.streams)
      expect({ ...total, spurious }).toMatchObject({ n: 20, unseen: 0, split: 0, spurious: 0 });
  });

  it('holds the truth inside the interval', ({ measured: { calibration } }) => {
    // By the binomial law 20 of 20 at 95 % would fail one time in three: of all streams together at most 5 of 100.
    const misses = calibration.observations.filter(({ covered }) => !covered);
    expect(misses.length, JSON.stringify(misses, null, 1)).toBeLessThanOrEqual(5);
  });

  it('knows the truth well enough to judge a 10 ms probe', ({ measured: { calibration } }) => {
    for (const { total } of calibration.streams) expect(total.truth_width_ms).toBeLessThan(20);
  });

  it('sees no outage where there is none', ({ measured: { calibration } }) => {
    expect(calibration.null_run?.streams.map(({ outages }) => outages)).toEqual([0, 0, 0, 0, 0]);
    expect(calibration.null_run?.streams.every(({ sent }) => sent > 200)).toBe(true);
  });

  it('reports a stall of the prober as a hole in sends and never as an outage', ({
    measured: { calibration },
  }) => {
    for (const { stream, outages, unsent } of calibration.stall?.streams ?? []) {
      expect(`${stream} ${outages}`).toBe(`${stream} 0`);
      // The system's ping is a process of its own: it goes on.
      if (!stream.startsWith('ping')) expect(unsent).toBeGreaterThanOrEqual(90);
    }
    expect(calibration.stall?.streams).toHaveLength(5);
  });

  it('prints it within 100 columns, and a run can quote it', async ({ measured: { printed, file } }) => {
    expect(printed).toContain('20 of 20 outages');
    expect(printed).toMatch(/^icmp-10ms +20 /m);
    expect(Math.max(...printed.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect((await quoteCalibration(file))?.streams).toHaveLength(5);
    expect(await quoteCalibration(file, 'another-host')).toBeNull();
  });

  it('leaves none of its namespaces behind', ({ measured: { made } }) => {
    // The gate, its client, its server.
    expect(made.count).toBeGreaterThanOrEqual(3);
    expect(made.keepers).toEqual([]);
  });
});

describe.skipIf(obstacle !== null)(`Ctrl-C in a calibration ${obstacle ?? ''}`, () => {
  test('ends it in order, with the table of what was done', async () => {
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

import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { hostSources } from '../../../src/cli/doctor/host-sources.js';
import { measureLateness } from '../../../src/cli/doctor/lateness.js';
import { hostSelfTest } from '../../../src/cli/doctor/self-test.js';
import type { RunRecord } from '../../../src/model/run.js';
import { fromMs } from '../../../src/model/time.js';
import { makeFilePair, privileged, runPair, type FilePair } from '../run/file-pair.js';

describe('sources on this host', () => {
  const sources = hostSources();

  test('what is not there is null, never an exception', async () => {
    expect(await sources.file('/no/such/file')).toBeNull();
    expect(await sources.run('no-such-program', [], 1000)).toBeNull();
  });

  test('a program that does not end is ended', async () => {
    expect(await sources.run('sleep', ['1000'], 50)).toBeNull();
  });

  test('what it leaves running keeps nobody waiting, and what hangs is ended with all it has started', async () => {
    const begun = systemClock.monotonic();
    expect(await sources.run('sh', ['-c', 'sleep 20 & echo done'], 5000)).toMatchObject({ stdout: 'done' });
    expect(await sources.run('sh', ['-c', 'sleep 20 & wait'], 50)).toBeNull();
    expect(systemClock.monotonic() - begun).toBeLessThan(fromMs(5000));
  });

  test('one that says things without end is ended, and none of it counts', async () => {
    expect(await sources.run('yes', [], 60_000)).toBeNull();
  });

  test('an exit code and both outputs come back, in the C locale', async () => {
    expect(await sources.run('sh', ['-c', 'echo "$LC_ALL"; echo no >&2; exit 3'], 5000)).toEqual({
      code: 3,
      stdout: 'C',
      stderr: 'no',
    });
  });

  test('a folder yet to be made is judged by the nearest that exists', async () => {
    expect(await sources.folder('/tmp/not-there/nor-this')).toMatchObject({
      existing: '/tmp',
      writable: true,
    });
  });
});

test('every instant of the scheduler is measured, also those it comes late to', async () => {
  const { slots, p50_ms, p99_ms, max_ms } = await measureLateness(systemClock, fromMs(100));
  expect(slots).toBeGreaterThanOrEqual(100);
  expect(p50_ms).toBeGreaterThan(0);
  expect(p99_ms).toBeGreaterThanOrEqual(p50_ms ?? Infinity);
  expect(max_ms).toBeGreaterThanOrEqual(p99_ms ?? Infinity);
});

test('the self-test tells of this very host', async () => {
  const figures = await hostSelfTest(systemClock);
  const clock = '/sys/devices/system/clocksource/clocksource0/current_clocksource';
  const current = await readFile(clock, 'utf8').catch(() => null);
  expect(figures).toMatchObject({ kernel: release(), clock_source: current?.trim() ?? null });
  expect(figures.lateness_p99_ms).toBeGreaterThan(0);
});

describe.runIf(privileged)('a run (needs root)', () => {
  let pair: FilePair;
  afterEach(() => pair.remove());

  test('keeps the figures of its host and shows them beside its own', async () => {
    pair = await makeFilePair({});
    const { stdout } = await runPair(pair);
    const latest = join(pair.out, 'file-pair', 'latest');
    const record = JSON.parse(await readFile(join(latest, 'run.json'), 'utf8')) as RunRecord;
    expect(record.self_test).toMatchObject({ kernel: release() });
    const line = /^This host: timer lateness p99 .+, clock .+, NTP .+$/m;
    expect(await readFile(join(latest, 'summary.md'), 'utf8')).toMatch(line);
    expect(stdout).toMatch(line);
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  calibrationPath,
  readCalibration,
  writeCalibration,
  quoteCalibration,
} from '../../../src/cli/calibrate/file.js';
import { sampleCalibration } from './sample.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-calibration-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('lies in the state folder of the user', () => {
  expect(calibrationPath({ XDG_STATE_HOME: '/state' })).toBe('/state/seqgap/calibration.json');
  expect(calibrationPath({ XDG_STATE_HOME: '' })).toMatch(/\/\.local\/state\/seqgap\/calibration\.json$/);
});

describe('the calibration file', () => {
  test('comes back as written, in a folder that was not there', async () => {
    const path = join(folder, 'new/calibration.json');
    const calibration = sampleCalibration([1, -2, 16]);
    await writeCalibration(path, calibration);
    expect(await readCalibration(path)).toEqual(calibration);
  });

  test('is none where it is missing, damaged or of another format', async () => {
    const path = join(folder, 'calibration.json');
    expect(await readCalibration(path)).toBeNull();
    await writeFile(path, '{"format": 1, "tool"');
    expect(await readCalibration(path)).toBeNull();
    await writeFile(path, JSON.stringify({ ...sampleCalibration([1]), format: 2 }));
    expect(await readCalibration(path)).toBeNull();
  });

  test('that cannot be written is one line with its remedy', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(
      writeCalibration(join(folder, 'file/calibration.json'), sampleCalibration([1])),
    ).rejects.toMatchObject({ name: 'KnownError', remedy: 'name another file with --out' });
  });
});

describe('what a run quotes of it', () => {
  test('coverage by type and interval', async () => {
    const path = join(folder, 'calibration.json');
    await writeCalibration(path, sampleCalibration([1, 2, 16]));
    expect(await quoteCalibration(path, 'jump')).toEqual({
      file: path,
      date_utc: '2026-01-31T23:59:59.000Z',
      streams: [{ type: 'icmp', interval_s: 0.01, n: 3, covered: 2 }],
    });
  });

  test('nothing of another host, and nothing where nothing was made', async () => {
    const path = join(folder, 'calibration.json');
    await writeCalibration(path, sampleCalibration([1]));
    expect(await quoteCalibration(path, 'other')).toBeNull();
    await writeCalibration(path, sampleCalibration([]));
    expect(await quoteCalibration(path, 'jump')).toBeNull();
    expect(await quoteCalibration(join(folder, 'none.json'), 'jump')).toBeNull();
  });
});

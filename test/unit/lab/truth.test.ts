import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readTruth, truthOutage, type TruthGap } from '../../../src/lab/witness/truth.js';

const gap = (
  direction: TruthGap['direction'],
  [stopped_lo, stopped_hi, resumed_lo, resumed_hi]: [number, number, number, number],
  family: 4 | 6 = 4,
): TruthGap => ({ family, direction, stopped_lo, stopped_hi, resumed_lo, resumed_hi });

const all = { family: 4, from: 0, to: 1000 } as const;

describe('truthOutage', () => {
  test('a round trip is down from the first direction’s stop to the last one’s return', () => {
    const gaps = [gap('forward', [100, 101, 150, 151]), gap('reverse', [102, 103, 160, 161])];
    expect(truthOutage(gaps, all)).toEqual({ lo_s: 59, hi_s: 61, start: 100, end: 161 });
  });

  test('one direction alone is an outage of the round trip too', () => {
    expect(truthOutage([gap('reverse', [10, 11, 20, 21])], all)).toEqual({
      lo_s: 9,
      hi_s: 11,
      start: 10,
      end: 21,
    });
  });

  test('gaps a few milliseconds apart are one outage, others are not; the longest is given', () => {
    const near = [gap('forward', [10, 10, 20, 20]), gap('reverse', [20.004, 20.004, 25, 25])];
    expect(truthOutage(near, all)?.lo_s).toBe(15);
    const apart = [gap('forward', [10, 10, 20, 20]), gap('reverse', [20.006, 20.006, 25, 25])];
    expect(truthOutage(apart, all)?.lo_s).toBe(10);
  });

  test('other families and other times are left out', () => {
    const gaps = [gap('forward', [10, 11, 20, 21], 6), gap('forward', [500, 501, 502, 503])];
    expect(truthOutage(gaps, { family: 4, from: 0, to: 400 })).toBeNull();
    expect(truthOutage(gaps, { family: 6, from: 0, to: 400 })?.lo_s).toBe(9);
  });
});

describe('readTruth', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'truth-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('leaves out a line still being written', async () => {
    const file = join(folder, 'truth.jsonl');
    const line = JSON.stringify(gap('forward', [1, 2, 3, 4]));
    await writeFile(file, `${line}\n${line.slice(0, 20)}`);
    expect(await readTruth(file)).toEqual([gap('forward', [1, 2, 3, 4])]);
  });

  test('no file is no gap; an unreadable one is an error', async () => {
    expect(await readTruth(join(folder, 'none'))).toEqual([]);
    await expect(readTruth(folder)).rejects.toThrow('EISDIR');
  });
});

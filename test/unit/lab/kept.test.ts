import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findKept, recordKept, recordPath, startTicks, type KeptLab } from '../../../src/lab/kept.js';
import { ns } from '../../../src/model/time.js';

const plan = {
  design: 'vrrp',
  advert_ns: ns(1e9),
  sync: 'none',
  boot_ns: ns(1e9),
  tcpLoose: false,
  nat: 'none',
  preempt: false,
} as const;

const lab = (pid: number, ticks: number): KeptLab => ({
  pid,
  startTicks: ticks,
  plan,
  witness: false,
  since: '2026-01-01T00:00:00Z',
});

describe('findKept', () => {
  let folder: string;
  let record: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kept-'));
    record = join(folder, 'deep/vrrp.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('gives back what was recorded while its process lives', () => {
    const mine = lab(process.pid, startTicks(process.pid) ?? 0);
    recordKept(mine, record);
    expect(findKept(record)).toEqual(mine);
  });

  test('a process id that was given away again is not the lab: the record goes', () => {
    recordKept(lab(process.pid, (startTicks(process.pid) ?? 0) - 1), record);
    expect(findKept(record)).toBeNull();
    expect(existsSync(record)).toBe(false);
  });

  test('a process that is gone is not the lab', () => {
    // Above the kernel's largest process id (2^22).
    recordKept(lab(5_000_000, 1), record);
    expect(findKept(record)).toBeNull();
  });

  test('no record, no lab', () => expect(findKept(record)).toBeNull());
});

test('the record is in XDG_STATE_HOME, else below the home folder', () => {
  expect(recordPath({ XDG_STATE_HOME: '/state' })).toBe('/state/seqgap/labs/vrrp.json');
  expect(recordPath({ XDG_STATE_HOME: '' })).toMatch(/\/\.local\/state\/seqgap\/labs\/vrrp\.json$/);
});

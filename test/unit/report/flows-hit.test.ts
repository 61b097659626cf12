import { describe, expect, test } from 'vitest';
import type { StreamStatus } from '../../../src/model/record.js';
import { flowsHit } from '../../../src/report/run/overview.js';
import { sayStatus } from '../../../src/report/run/run-words.js';

const trial = (status: StreamStatus, flows: number | null, flows_affected: number | null) => ({
  status,
  flows,
  flows_affected,
});

describe('how many flows were hit', () => {
  test('is counted over all trials that tell', () =>
    expect(flowsHit([trial('ok', 16, 7), trial('ok', 16, 9), trial('unaffected', 16, 0)])).toEqual({
      hit: 16,
      all: 48,
    }));

  test('leaves out trials that prove nothing', () => {
    expect(flowsHit([trial('ok', 16, 7), trial('void', 16, 16)])).toEqual({ hit: 7, all: 16 });
    expect(flowsHit([trial('void', 16, 16)])).toBeNull();
  });

  test('is nothing to say of one flow, or of runs that did not count', () => {
    expect(flowsHit([trial('ok', 1, 1)])).toBeNull();
    expect(flowsHit([trial('ok', null, null)])).toBeNull();
  });

  test('stands beside the status', () => {
    const statuses = new Map<StreamStatus, number>([['ok', 3]]);
    expect(sayStatus({ statuses, flows: { hit: 23, all: 48 }, random: null })).toBe('ok, 23/48 flows hit');
    expect(sayStatus({ statuses, flows: null, random: null })).toBe('ok');
  });
});

import { describe, expect, test } from 'vitest';
import { createGapFinder } from '../../../src/lab/witness/gaps.js';

type Told = Parameters<Parameters<typeof createGapFinder>[1]>[0];

const finder = (threshold_s = 0.005): { told: Told[] } & ReturnType<typeof createGapFinder> => {
  const told: Told[] = [];
  return { told, ...createGapFinder(threshold_s, (edges) => told.push(edges)) };
};

/** Packet n leaves at n ms. */
const at = (seq: number): number => seq / 1000;

const stream = (
  find: ReturnType<typeof finder>,
  from: number,
  to: number,
  lost: (seq: number) => boolean,
) => {
  for (let seq = from; seq <= to; seq++) {
    find.sent(seq, at(seq));
    if (!lost(seq)) find.delivered(seq);
  }
};

describe('createGapFinder', () => {
  test('gives the four send times around a gap', () => {
    const find = finder();
    stream(find, 1, 50, (seq) => seq > 10 && seq <= 30);
    expect(find.told).toEqual([{ stopped_lo: 0.01, stopped_hi: 0.011, resumed_lo: 0.03, resumed_hi: 0.031 }]);
  });

  test('a gap at or above the threshold is told, a shorter one is not', () => {
    const find = finder(0.004);
    stream(find, 1, 60, (seq) => (seq > 10 && seq <= 15) || (seq > 30 && seq <= 34));
    expect(find.told.map(({ stopped_hi }) => stopped_hi)).toEqual([0.011]);
  });

  test('an open gap is not told, nor what was lost before the first delivery', () => {
    const find = finder();
    stream(find, 1, 100, (seq) => seq < 40 || seq > 60);
    expect(find.told).toEqual([]);
  });

  test('waits for the sender’s capture where the receiver’s is ahead', () => {
    const find = finder();
    stream(find, 1, 10, () => false);
    find.delivered(31);
    find.delivered(32);
    expect(find.told).toEqual([]);
    for (let seq = 11; seq <= 32; seq++) find.sent(seq, at(seq));
    expect(find.told).toEqual([{ stopped_lo: 0.01, stopped_hi: 0.011, resumed_lo: 0.03, resumed_hi: 0.031 }]);
  });

  test('where the sender’s capture missed packets at an edge, the interval is wider, never narrower', () => {
    const find = finder();
    for (let seq = 1; seq <= 40; seq++) {
      if (![10, 11, 30, 31].includes(seq)) find.sent(seq, at(seq));
      if (seq <= 10 || seq > 30) find.delivered(seq);
    }
    expect(find.told).toEqual([
      { stopped_lo: 0.009, stopped_hi: 0.012, resumed_lo: 0.029, resumed_hi: 0.032 },
    ]);
  });

  test('an outage longer than what is remembered keeps its first edge', () => {
    const find = finder();
    stream(find, 1, 200_000, (seq) => seq > 10 && seq <= 199_990);
    expect(find.told).toEqual([
      { stopped_lo: 0.01, stopped_hi: 0.011, resumed_lo: 199.99, resumed_hi: 199.991 },
    ]);
  });

  test('duplicates and late packets change nothing', () => {
    const find = finder();
    stream(find, 1, 20, () => false);
    for (const seq of [20, 19, 5]) find.delivered(seq);
    stream(find, 21, 40, () => false);
    expect(find.told).toEqual([]);
  });
});

import { describe, expect, test } from 'vitest';
import {
  injectionCells,
  planInjections,
  timeOf,
  type InjectionOrder,
} from '../../../src/cli/calibrate/injection.js';
import { OUTAGE_KINDS } from '../../../src/lab/cutter/topology.js';
import { fromMs } from '../../../src/model/time.js';

const order = (more: Partial<InjectionOrder> = {}): InjectionOrder => ({
  outages: 40,
  lengths: [50, 100, 300, 1000, 3400].map(fromMs),
  kinds: OUTAGE_KINDS,
  longestInterval_ns: fromMs(10),
  threshold_ns: fromMs(100),
  ...more,
});

const counts = (words: readonly string[]): Map<string, number> => {
  const found = new Map<string, number>();
  for (const word of words) found.set(word, (found.get(word) ?? 0) + 1);
  return found;
};

describe('injectionCells', () => {
  test('leaves out queues that are released within the delay threshold: they make no probe late', () => {
    const arp = injectionCells(order()).filter(({ kind }) => kind === 'arp');
    expect(arp.map(({ nominal_ns }) => nominal_ns / 1e6)).toEqual([300, 1000, 3400]);
    expect(injectionCells(order())).toHaveLength(4 * 5 + 3);
  });

  test('a longer probe interval needs a longer queue to be told', () => {
    const cells = injectionCells(order({ longestInterval_ns: fromMs(100), kinds: ['arp'] }));
    expect(cells.map(({ nominal_ns }) => nominal_ns / 1e6)).toEqual([1000, 3400]);
  });
});

describe('planInjections', () => {
  test('makes every kind and length about equally often, in an order that the random source decides', () => {
    const planned = planInjections(order({ outages: 46 }), Math.random);
    expect(planned).toHaveLength(46);
    const each = counts(planned.map(({ kind, nominal_ns }) => `${kind} ${nominal_ns}`));
    expect([...each.values()]).toEqual(Array.from({ length: 23 }, () => 2));
    const again = planInjections(order({ outages: 46 }), Math.random);
    expect(again.map(({ kind }) => kind)).not.toEqual(planned.map(({ kind }) => kind));
  });

  test('lasts up to a fifth more or less: never the same part of a probe interval', () => {
    const planned = planInjections(order({ outages: 200 }), Math.random);
    for (const { nominal_ns, length_ns } of planned) {
      expect(length_ns / nominal_ns).toBeGreaterThanOrEqual(0.8);
      expect(length_ns / nominal_ns).toBeLessThanOrEqual(1.2);
    }
    const tenths = new Set(planned.map(({ length_ns }) => Math.floor((length_ns % fromMs(10)) / fromMs(1))));
    expect(tenths.size).toBe(10);
  });

  test('leaves every stream some good probes between two outages', () => {
    for (const { pause_ns } of planInjections(order({ longestInterval_ns: fromMs(100) }), Math.random)) {
      expect(pause_ns).toBeGreaterThanOrEqual(fromMs(600));
      expect(pause_ns).toBeLessThanOrEqual(fromMs(1200));
    }
    for (const { pause_ns } of planInjections(order(), Math.random))
      expect(pause_ns).toBeGreaterThanOrEqual(fromMs(300));
  });

  test('plans nothing where nothing can be told', () => {
    expect(planInjections(order({ kinds: ['arp'], lengths: [fromMs(50)] }), Math.random)).toEqual([]);
    expect(planInjections(order({ outages: 0 }), Math.random)).toEqual([]);
  });

  test('takes as long as its pauses and outages', () => {
    const one = {
      kind: 'drop',
      nominal_ns: fromMs(100),
      length_ns: fromMs(90),
      pause_ns: fromMs(400),
    } as const;
    expect(timeOf([one, one])).toBe(fromMs(980));
  });
});

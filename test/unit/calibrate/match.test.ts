import { describe, expect, test } from 'vitest';
import { matchOutages } from '../../../src/cli/calibrate/match.js';
import { truthOf, type InjectedOutage, type Truth } from '../../../src/cli/calibrate/truth.js';
import type { OutageRow } from '../../../src/model/tables.js';
import { fromMs } from '../../../src/model/time.js';

const THRESHOLD = fromMs(100);

/** Cut at `at`, known to 1 ms, mended after `length`, known to 2 ms. Milliseconds. */
const injected = (at: number, length: number, kind: InjectedOutage['kind'] = 'drop'): InjectedOutage => ({
  kind,
  nominal_ns: fromMs(length),
  cut: { after_ns: fromMs(at), before_ns: fromMs(at + 1) },
  mended: { after_ns: fromMs(at + length), before_ns: fromMs(at + length + 2) },
});

const truth = (...outage: Parameters<typeof injected>): Truth => truthOf(injected(...outage), THRESHOLD);

const row = (start: number, lo: number, point: number | null, hi: number | null): OutageRow => ({
  run: '',
  scenario: '',
  version: '',
  trial: 1,
  phase: 'failover',
  stream: 'icmp',
  period: 1,
  kind: 'loss',
  first_seq: 0,
  last_seq: 0,
  lost: 1,
  late: 0,
  start_utc: null,
  start_s: start / 1e3,
  lo_s: lo / 1e3,
  outage_s: point === null ? null : point / 1e3,
  hi_s: hi === null ? null : hi / 1e3,
  silence_s: null,
  censored: hi === null,
  direction: 'round-trip',
  flow: 0,
});

describe('truthOf', () => {
  test('is known between the nearest and the farthest of its stamps', () => {
    const { forwarding, impaired, from_s, to_s } = truth(1000, 300);
    expect([forwarding.lo_s, forwarding.hi_s]).toEqual([0.299, 0.302]);
    expect(impaired).toEqual(forwarding);
    expect([from_s, to_s]).toEqual([1, 1.302]);
  });

  test('a queue that is released makes the last probes come in time: late are those before the threshold', () => {
    const { forwarding, impaired } = truth(1000, 300, 'arp');
    expect([forwarding.lo_s, forwarding.hi_s]).toEqual([0.299, 0.302]);
    expect(impaired.lo_s).toBeCloseTo(0.199, 9);
    expect(impaired.hi_s).toBeCloseTo(0.202, 9);
  });

  test('is never negative, however vague the stamps', () => {
    const stamps = { after_ns: fromMs(0), before_ns: fromMs(50) };
    const vague = { kind: 'arp', nominal_ns: fromMs(40), cut: stamps, mended: stamps } as const;
    expect(truthOf(vague, THRESHOLD).forwarding.lo_s).toBe(0);
    expect(truthOf(vague, THRESHOLD).impaired).toEqual({ lo_s: 0, hi_s: 0 });
  });
});

describe('matchOutages', () => {
  const one = (rows: readonly OutageRow[], which: Truth = truth(1000, 300), unseen_s = 0) => {
    const { observations, spurious } = matchOutages([which], rows, unseen_s);
    return { ...observations[0], spurious: spurious.length };
  };

  test('the truth is inside when the two intervals meet, and the error counts from the middle of what is known', () => {
    const seen = one([row(1005, 290, 300, 310)]);
    expect(seen).toMatchObject({ covered: true, rows: 1, spurious: 0 });
    expect(seen.error_s).toBeCloseTo(-0.0005, 9);
    expect(one([row(1005, 280, 290, 299)]).covered).toBe(true);
    expect(one([row(1005, 280, 290, 298.9)]).covered).toBe(false);
    expect(one([row(1005, 302, 310, 320)]).covered).toBe(true);
    expect(one([row(1005, 302.1, 310, 320)]).covered).toBe(false);
  });

  test('of an outage with a late burst the interval must hold how long packets were late and how long none passed', () => {
    const arp = truth(1000, 300, 'arp');
    expect(one([row(1005, 190, 200, 310)], arp).covered).toBe(true);
    expect(one([row(1005, 190, 200, 210)], arp).covered).toBe(false);
    expect(one([row(1005, 290, 300, 310)], arp).covered).toBe(false);
  });

  test('a censored row covers whatever is longer than its lower end, and has no error', () => {
    expect(one([row(1005, 290, null, null)])).toMatchObject({ covered: true, error_s: null, hi_s: null });
    expect(one([row(1005, 303, null, null)]).covered).toBe(false);
  });

  test('what was not seen is covered by what the stream says where it sees nothing', () => {
    const short = truth(1000, 50);
    expect(one([], short, 0.11)).toMatchObject({ covered: true, rows: 0, point_s: 0 });
    expect(one([], short, 0.11).error_s).toBeCloseTo(-0.0505, 9);
    expect(one([], short, 0.02).covered).toBe(false);
    expect(one([], short, 0).covered).toBe(false);
  });

  test('an outage that fell apart is judged by its longest part', () => {
    const seen = one([row(1005, 50, 60, 70), row(1100, 190, 200, 210)]);
    expect(seen).toMatchObject({ covered: false, rows: 2, point_s: 0.2 });
  });

  test('each row belongs to its own outage, and what belongs to none is spurious', () => {
    const truths = [truth(1000, 300), truth(2000, 50)];
    const rows = [row(500, 0, 10, 20), row(1005, 290, 300, 310), row(1600, 0, 10, 20), row(2001, 40, 50, 60)];
    const { observations, spurious } = matchOutages(truths, rows, 0);
    expect(observations.map(({ point_s }) => point_s)).toEqual([0.3, 0.05]);
    expect(spurious.map(({ start_s }) => start_s)).toEqual([0.5, 1.6]);
  });

  test('a probe that was on its way when the outage began is part of it', () =>
    expect(one([row(999.5, 290, 300, 310)])).toMatchObject({ rows: 1, spurious: 0 }));
});

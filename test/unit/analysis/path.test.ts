import { describe, expect, test } from 'vitest';
import { beforePair_ms, doubtOf } from '../../../src/analysis/path.js';
import type { PathLook, TrialEvent } from '../../../src/model/event.js';
import { fromMs, toMs } from '../../../src/model/time.js';
import { analyse, at, issued, moved, probesOf, scenarioOf } from './fixture.js';

const look = (hops: readonly (string | null)[] | null, more: Partial<PathLook> = {}): PathLook => ({
  address: '10.4.4.4',
  family: 4,
  streams: ['ping', 'web'],
  routed: true,
  gateway: '10.4.3.1',
  device: 'eth0',
  source: '10.4.3.4',
  hops: hops?.map((address) => ({ address, rtt_ms: address === null ? null : 0.3 })) ?? null,
  reached: hops?.at(-1) === '10.4.4.4',
  ...more,
});

const path = (ms: number, when: 'before' | 'after', seen: PathLook, vantage = 'client'): TrialEvent => ({
  ...at(ms),
  event: 'path',
  of: 'failover',
  when,
  vantage,
  ...seen,
});

const notesOf = (events: readonly TrialEvent[], via?: readonly string[]): readonly string[] => {
  const scenario = scenarioOf({});
  const { trial } = scenario;
  const asked = via === undefined ? scenario : { ...scenario, trial: { ...trial, via } };
  const { notes } = analyse(asked, [issued(450), ...moved(1000), ...events], probesOf('.....xxxx..........'));
  return notes.filter((note) => note.includes('path'));
};

describe('which hop changed', () => {
  const before = path(100, 'before', look(['10.4.3.9', '10.0.0.2', '10.4.4.4']));

  test('the one that answered with another address', () =>
    expect(notesOf([before, path(1500, 'after', look(['10.4.3.9', '10.0.0.3', '10.4.4.4']))])).toEqual([
      'trial 1, failover: path from client to 10.4.4.4 (ping, web): hop 2: 10.0.0.2 before, 10.0.0.3 after',
    ]));

  test('a longer way', () =>
    expect(
      notesOf([before, path(1500, 'after', look(['10.4.3.9', '10.0.0.2', '10.0.1.1', '10.4.4.4']))]),
    ).toEqual([
      expect.stringMatching(/hop 3: 10\.4\.4\.4 before, 10\.0\.1\.1 after; 3 hops before, 4 after$/),
    ]));

  test.each([
    ['the same way', look(['10.4.3.9', '10.0.0.2', '10.4.4.4'])],
    ['a hop that did not answer this time', look(['10.4.3.9', null, '10.4.4.4'])],
    ['hops that nobody could look at', look(null)],
  ])('nothing is said of %s', (_, after) =>
    expect(notesOf([before, path(1500, 'after', after)])).toEqual([]),
  );

  test('each vantage is compared with itself, and without a second look there is nothing to compare', () => {
    const other = look(['10.9.0.1', '10.4.4.4']);
    expect(notesOf([before, path(100, 'before', other, 'far'), path(1500, 'after', other, 'far')])).toEqual(
      [],
    );
  });
});

describe('does it cross the pair?', () => {
  const seen = { vantage: 'client', ...look(['10.4.3.11', '10.4.4.4']) };

  test.each([
    ['the next hop is the virtual address', ['10.4.3.1']],
    ['a hop has an address of a node', ['192.0.2.1', '10.4.3.11']],
    ['nothing is asked', []],
    ['only addresses of the other family are given', ['fd00::1']],
  ])('no doubt where %s', (_, via) => expect(doubtOf(seen, via)).toBeNull());

  test('what shows none of its addresses is a warning with the facts, and no claim', () => {
    const doubt =
      'the path from client to 10.4.4.4 (ping, web) shows none of trial.via (10.4.3.2): ' +
      'its next hop is 10.4.3.1, hops that answered are 10.4.3.11, 10.4.4.4; it may not cross the pair';
    expect(doubtOf(seen, ['10.4.3.2'])).toBe(doubt);
    const { vantage: _, ...own } = seen;
    expect(notesOf([path(100, 'before', own)], ['10.4.3.2'])).toEqual([
      `trial 1, failover: warning: ${doubt}`,
    ]);
  });

  test('where nothing could be read either, that is said', () =>
    expect(doubtOf({ ...seen, ...look(null, { routed: false, gateway: null }) }, ['10.4.3.2'])).toMatch(
      /: nothing is known of it; it may not cross the pair$/,
    ));

  test('a target on the vantage’s own network has no next hop', () =>
    expect(doubtOf({ ...seen, gateway: null, hops: [] }, ['10.4.3.2'])).toContain(
      'its next hop is the target itself',
    ));
});

describe('how much of a round trip lies before the pair', () => {
  const timed = (...rtts: readonly (number | null)[]): PathLook => ({
    ...look(null),
    hops: rtts.map((rtt_ms, index) => ({ address: rtt_ms === null ? null : `10.0.0.${index + 1}`, rtt_ms })),
  });

  test('the fastest answer of the nearest hop before it', () => {
    const events = [path(100, 'before', timed(1, 12, 13)), path(1500, 'after', timed(1, 11, 30))];
    expect(beforePair_ms(events, 'ping', ['10.0.0.3'])).toBe(11);
    expect(beforePair_ms([path(100, 'before', timed(1, null, 13))], 'ping', ['10.0.0.3'])).toBe(1);
  });

  test('nothing where the pair is the first, does not answer, or is not named', () => {
    const events = [path(100, 'before', timed(1, 12, 13))];
    expect(beforePair_ms(events, 'ping', ['10.0.0.1'])).toBe(0);
    expect(beforePair_ms(events, 'ping', ['10.0.0.9'])).toBe(0);
    expect(beforePair_ms(events, 'ping', [])).toBe(0);
    expect(beforePair_ms(events, 'other', ['10.0.0.3'])).toBe(0);
  });

  test('is taken off the distance: the bounds are as wide as the rest of the way makes them', () => {
    const scenario = scenarioOf({});
    const rows = probesOf('.....xxxx..........').map((row) => ({
      ...row,
      received_ns: row.received_ns === null ? null : fromMs(toMs(row.received_ns) + 50),
    }));
    const lowest = (via: readonly string[]): number | null | undefined => {
      const asked = { ...scenario, trial: { ...scenario.trial, via } };
      const events = [path(100, 'before', timed(1, 40, 41)), issued(450), ...moved(1000)];
      return analyse(asked, events, rows).trials[0]?.outage_lo_s;
    };
    expect(lowest([])).toBeCloseTo(0.25, 3);
    expect(lowest(['10.0.0.3'])).toBeCloseTo(0.29, 3);
  });
});

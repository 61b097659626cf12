import { describe, expect, test } from 'vitest';
import { doubtOf } from '../../../src/analysis/path.js';
import type { PathLook, TrialEvent } from '../../../src/model/event.js';
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

import { describe, expect, test } from 'vitest';
import { judge, newLiveState, type LiveState } from '../../../src/probe/send/ledger.js';
import type { Outcome } from '../../../src/model/probe.js';
import { ns } from '../../../src/model/time.js';

const OVERDUE = 250;

/** One probe per entry, sent at 10, 20, …; a number is the time to its answer. */
const liveStateOf = (...probes: readonly (number | Outcome | null)[]): LiveState => {
  const state = newLiveState();
  for (const [index, probe] of probes.entries()) {
    const sent = ns((index + 1) * 10);
    const answered = typeof probe === 'number';
    judge(
      state,
      { outcome: answered ? 'answered' : probe, sent, received: answered ? ns(sent + probe) : null },
      OVERDUE,
    );
  }
  return state;
};

describe('the live state', () => {
  test('knows nothing at first', () => {
    expect(newLiveState()).toEqual({
      cleanFrom: null,
      goodRun: 0,
      lastGood: null,
      downSince: null,
      bad: 0,
      accepted: false,
      refusedSince: null,
    });
  });

  test('is clean from the first good probe on', () => {
    expect(liveStateOf(1, 2, 1)).toEqual({
      cleanFrom: 10,
      goodRun: 3,
      lastGood: 30,
      downSince: null,
      bad: 0,
      accepted: true,
      refusedSince: null,
    });
  });

  test('is down since the first bad probe', () => {
    expect(liveStateOf(1, 'lost', 'unreachable', null)).toEqual({
      cleanFrom: null,
      goodRun: 0,
      lastGood: 10,
      downSince: 20,
      bad: 3,
      accepted: true,
      refusedSince: null,
    });
  });

  test('starts a new clean run after the last bad probe', () => {
    expect(liveStateOf(1, 'lost', 1, 1)).toMatchObject({
      cleanFrom: 30,
      goodRun: 2,
      downSince: null,
      bad: 1,
    });
  });

  test('a refusal shows the path, but a service that accepted before is not back', () => {
    expect(liveStateOf('refused', 'refused')).toMatchObject({ cleanFrom: 10, bad: 0 });
    expect(liveStateOf(1, 'refused', 'refused')).toMatchObject({
      cleanFrom: null,
      downSince: null,
      refusedSince: 20,
      bad: 0,
    });
    expect(liveStateOf(1, 'refused', 'lost')).toMatchObject({
      cleanFrom: null,
      downSince: 30,
      refusedSince: 20,
    });
    expect(liveStateOf(1, 'refused', 1)).toMatchObject({ cleanFrom: 30, refusedSince: null, goodRun: 1 });
  });

  test('a late answer is bad', () => {
    expect(liveStateOf(OVERDUE)).toMatchObject({ goodRun: 1, bad: 0 });
    expect(liveStateOf(OVERDUE + 1)).toMatchObject({ goodRun: 0, bad: 1, downSince: 10 });
  });
});

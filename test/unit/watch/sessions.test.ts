import { describe, expect, test } from 'vitest';
import { saySession } from '../../../src/analysis/words/session-lines.js';
import { saySession as sayLine } from '../../../src/cli/watch/notice.js';
import { watchSummary } from '../../../src/cli/watch/summary.js';
import { type TrackedResult, WatchTracker } from '../../../src/cli/watch/tracker.js';
import type { TrialEvent } from '../../../src/model/event.js';
import { encodeHeartbeat } from '../../../src/model/probe.js';
import { ns } from '../../../src/model/time.js';
import { chunkOf, rowsOf, scenarioOf } from './rows.js';

const ECHO = '10.4.4.4:7';
const BEAT_MS = 200;
const connection = { session: ECHO, connection: 1 };

const at = (ms: number): { readonly at_ns: TrialEvent['at_ns'] } => ({ at_ns: ns(ms * 1e6) });

const anchor: TrialEvent = {
  ...at(0),
  event: 'anchor',
  vantage: 'local',
  wall_ms: Date.parse('2026-11-30T21:04:10Z'),
  offset_ns: 0,
  uncertainty_ns: 0,
};
const open: TrialEvent = { ...at(10), event: 'session-open', ...connection, detail: 'open' };
const broken = (ms: number): TrialEvent => ({
  ...at(ms),
  event: 'session-error',
  ...connection,
  ending: 'reset',
  detail: 'connection reset by peer',
});

/** @param echo when a heartbeat that was sent then was echoed (ms); null: never */
const watched = (
  pattern: string,
  echo: (sent: number) => number | null,
  more: readonly TrialEvent[] = [],
): { readonly result: TrackedResult; readonly lines: string[] } => {
  const lines: string[] = [];
  const tracker = new WatchTracker(
    scenarioOf(['10.4.4.4'], null, [ECHO]),
    { run: '', scenario: 'watch', version: 'fw' },
    () => undefined,
    (notice) => void lines.push(sayLine(notice, 10, 'utc')),
  );
  for (const event of [anchor, open]) tracker.event(event);
  tracker.probes(chunkOf(rowsOf(pattern)));
  for (let sent = 20, seq = 0; sent < pattern.length * 100; sent += BEAT_MS, seq += 1) {
    const echoed = echo(sent);
    if (echoed !== null && echoed > pattern.length * 100) continue;
    const row = {
      ...connection,
      seq,
      sent_ns: ns(sent * 1e6),
      echoed_ns: echoed === null ? null : ns(echoed * 1e6),
    };
    tracker.heartbeats(`${encodeHeartbeat(row)}\n`);
  }
  for (const event of more) tracker.event(event);
  return { result: tracker.finish(), lines };
};

const UP = '.'.repeat(30);
const DOWN = 'x'.repeat(20);
const prompt = (sent: number): number => sent + 1;
/** Sent from 3 s on, echoed only when the path is back and TCP has noticed. */
const stalled = (sent: number): number => (sent >= 3000 ? Math.max(sent + 1, 6200) : sent + 1);

describe('a session of a watch', () => {
  test('that lives through an outage has survived, with its stall and what TCP explains of it', () => {
    const { result, lines } = watched(`${UP}${DOWN}${UP}`, stalled);
    expect(result.sessions).toMatchObject([{ session: `${ECHO}#1`, verdict: 'survived', trial: null }]);
    expect(saySession(result.sessions[0]!)).toMatch(/^survived, stall 3\.\d\d s \(predicted \d\.\d+ s\)$/);
    expect(lines).toEqual([
      '21:04:10.010  10.4.4.4:7  ✓ session is open',
      '21:04:13.020  10.4.4.4:7  ✓ session goes on: it stalled for 3.18 s',
    ]);
    const text = watchSummary(result, result.sessions, {
      ...{ columns: 100, color: false, watched_s: 8, zone: 'utc', folder: null },
    });
    expect(text).toContain('session 10.4.4.4:7: survived, stall 3.18 s');
  });

  test('that breaks is told with how and when, also without an outage', () => {
    for (const pattern of [`${UP}${DOWN}${UP}`, `${UP}${UP}`]) {
      const { result, lines } = watched(pattern, (sent) => (sent < 3000 ? sent + 1 : null), [broken(4000)]);
      expect(result.sessions.map(saySession)).toEqual(['reset: connection reset by peer, at 21:04:14 UTC']);
      expect(lines.at(-1)).toBe('21:04:14.000  10.4.4.4:7  ✗ session ended: connection reset by peer');
    }
  });

  test('that falls silent and is never heard again is blackholed', () => {
    const { result } = watched(`${UP}${DOWN}${UP}`, (sent) => (sent < 3000 ? sent + 1 : null));
    expect(result.sessions).toMatchObject([{ verdict: 'blackholed' }]);
  });

  test('without an outage is not tested; a stall without one is told', () => {
    const { result } = watched(`${UP}${UP}`, prompt);
    expect(result.sessions.map(saySession)).toEqual(['not-tested: no outage while it was watched']);
    expect(result.haveOpened).toBe(true);
    expect(watched(`${UP}${UP}${UP}`, stalled).result.sessions).toMatchObject([{ verdict: 'survived' }]);
  });

  test('that never opened is none', () => {
    const tracker = new WatchTracker(
      scenarioOf(['10.4.4.4'], null, [ECHO]),
      { run: '', scenario: 'watch', version: 'fw' },
      () => undefined,
    );
    tracker.event(anchor);
    tracker.probes(chunkOf(rowsOf(`${UP}${DOWN}${UP}`)));
    expect(tracker.finish()).toMatchObject({ haveOpened: false, sessions: [{ verdict: 'not-tested' }] });
  });
});

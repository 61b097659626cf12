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

/**
 * @param echo when a heartbeat that was sent then was echoed (ms); null: never
 * @param first when the first one was sent (ms)
 */
const watched = (
  pattern: string,
  echo: (sent: number) => number | null,
  more: readonly TrialEvent[] = [],
  opened: TrialEvent = open,
  first = 20,
): { readonly result: TrackedResult; readonly lines: string[] } => {
  const lines: string[] = [];
  const tracker = new WatchTracker(
    scenarioOf(['10.4.4.4'], null, [ECHO]),
    { run: '', scenario: 'watch', version: 'fw' },
    () => undefined,
    (notice) => void lines.push(sayLine(notice, 10, 'utc')),
  );
  for (const event of [anchor, opened]) tracker.event(event);
  tracker.probes(chunkOf(rowsOf(pattern)));
  for (let sent = first, seq = 0; sent < pattern.length * 100; sent += BEAT_MS, seq += 1) {
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

/** Of its one session, as the summary has it. */
const said = ({ sessions }: TrackedResult): string => {
  const [session] = sessions;
  return session === undefined ? '' : saySession(session, (utc) => utc.slice(11, 19));
};

const UP = '.'.repeat(30);
const DOWN = 'x'.repeat(20);
const prompt = (sent: number): number => sent + 1;
/** Sent from 3 s on, echoed only when the path is back and TCP has noticed. */
const stalled = (sent: number): number => (sent >= 3000 ? Math.max(sent + 1, 6200) : sent + 1);

describe('a session of a watch', () => {
  test('that lives through an outage has survived, with its stall and what TCP explains of it', () => {
    const { result, lines } = watched(`${UP}${DOWN}${UP}`, stalled);
    expect(result.sessions).toMatchObject([
      { row: { session: `${ECHO}#1`, verdict: 'survived', trial: null }, outages: 1, end: null },
    ]);
    expect(said(result)).toMatch(/^survived the outage, stall 3\.\d\d s \(predicted \d\.\d+ s\)$/);
    expect(lines).toEqual([
      '21:04:10.010  10.4.4.4:7  ✓ session is open',
      '21:04:13.020  10.4.4.4:7  ✓ session goes on: it stalled for 3.18 s',
    ]);
    const text = watchSummary(result, {
      ...{ columns: 100, color: false, watched_s: 8, zone: 'utc', folder: null },
    });
    expect(text).toContain('session 10.4.4.4:7: survived the outage, stall 3.18 s');
  });

  test('that breaks is told with how and when, also without an outage', () => {
    for (const [pattern, where] of [
      [`${UP}${DOWN}${UP}`, ' in the only outage'],
      [`${UP}${UP}`, ''],
    ] as const) {
      const { result, lines } = watched(pattern, (sent) => (sent < 3000 ? sent + 1 : null), [broken(4000)]);
      expect(said(result)).toBe(`reset${where}, 21:04:14: connection reset by peer; not opened again`);
      expect(result.sessions[0]?.row.error).toBe('connection reset by peer, at 2026-11-30 21:04:14 UTC');
      expect(lines.at(-1)).toBe('21:04:14.000  10.4.4.4:7  ✗ session ended: connection reset by peer');
    }
  });

  test('that falls silent and is never heard again is blackholed', () => {
    const { result } = watched(`${UP}${DOWN}${UP}`, (sent) => (sent < 3000 ? sent + 1 : null));
    expect(result.sessions).toMatchObject([{ row: { verdict: 'blackholed' } }]);
    expect(said(result)).toMatch(
      /^blackholed in the only outage, 21:04:13: still silent after [45]\.\d s; not/,
    );
  });

  test('without an outage is not tested; a stall without one is told', () => {
    const { result } = watched(`${UP}${UP}`, prompt);
    expect(said(result)).toBe('not-tested: no outage while it was watched');
    expect(result.sessions[0]?.hasOpened).toBe(true);
    const held = watched(`${UP}${UP}${UP}`, stalled).result;
    expect(held.sessions).toMatchObject([{ row: { verdict: 'survived' }, outages: 0 }]);
    expect(said(held)).toMatch(/^survived, stall 3\.\d\d s$/);
  });

  test('that lives through several outages has one verdict, with how many and the longest stall', () => {
    // Down from 3 to 5 s, from 8 to 8.5 s and from 11.5 to 12 s.
    const pattern = `${UP}${DOWN}${UP}xxxxx${UP}xxxxx${UP}`;
    const through = (sent: number): number =>
      [
        [3000, 6200],
        [8000, 8700],
        [11_500, 12_200],
      ].reduce((done, [from = 0, to = 0]) => (sent >= from && sent < to ? to : done), sent + 1);
    expect(said(watched(pattern, through).result)).toMatch(
      /^survived all 3 outages, longest stall 3\.\d\d s \(predicted \d\.\d+ s\)$/,
    );
    // The third one breaks it, or the second, or it is closed in peace after that.
    const until = (last: number) => (sent: number) => (sent < last ? through(sent) : null);
    expect(said(watched(pattern, until(11_500), [broken(12_300)]).result)).toBe(
      'reset in the 3rd of 3 outages, 21:04:22: connection reset by peer; not opened again',
    );
    expect(said(watched(pattern, until(8000)).result)).toMatch(
      /^blackholed in the 2nd of 3 outages, 21:04:18: /,
    );
    expect(said(watched(pattern, until(10_500), [broken(10_600)]).result)).toMatch(
      /^reset 2\.\d\d s after the 2nd of 3 outages, 21:04:20: /,
    );
    expect(said(watched(pattern, until(1500), [broken(1600)]).result)).toMatch(
      /^reset before the first of 3 outages, 21:04:11: /,
    );
  });

  test('that is opened only after an outage is judged by those that come then', () => {
    const late: TrialEvent = { ...open, ...at(6000) };
    const through = (sent: number): number => (sent >= 8000 ? Math.max(sent + 1, 8700) : sent + 1);
    const { result } = watched(`${UP}${DOWN}${UP}xxxxx${UP}`, (sent) => through(sent), [], late, 6020);
    expect(said(result)).toMatch(/^survived the outage, stall 0\.\d+ s/);
  });

  test('that never opened is none', () => {
    const tracker = new WatchTracker(
      scenarioOf(['10.4.4.4'], null, [ECHO]),
      { run: '', scenario: 'watch', version: 'fw' },
      () => undefined,
    );
    tracker.event(anchor);
    tracker.probes(chunkOf(rowsOf(`${UP}${DOWN}${UP}`)));
    expect(tracker.finish()).toMatchObject({
      sessions: [{ hasOpened: false, row: { verdict: 'not-tested' }, end: null }],
    });
  });
});

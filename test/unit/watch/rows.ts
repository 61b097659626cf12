import type { Scenario } from '../../../src/model/plan.js';
import { encodeProbe, type ProbeRow } from '../../../src/model/probe.js';
import { fromMs, ns } from '../../../src/model/time.js';
import type { LiveStream } from '../../../src/probe/protocol.js';
import { parseSession } from '../../../src/cli/watch/session-target.js';
import { watchScenario, parseTargets, watchVantage } from '../../../src/cli/watch/scenario.js';

export const EVERY_MS = 100;

export const scenarioOf = (
  targets: readonly string[],
  delayThreshold_ms: number | null = null,
  sessions: readonly string[] = [],
): Scenario =>
  watchScenario({
    targets: parseTargets(targets, null),
    sessions: sessions.map(parseSession),
    vantage: watchVantage(null),
    every_ns: fromMs(EVERY_MS),
    engine: 'auto',
    label: 'fw',
    delayThreshold_ns: delayThreshold_ms === null ? null : fromMs(delayThreshold_ms),
  });

/**
 * A row every 100 ms: `.` answered after 1 ms, `x` lost, `u` no ARP answer, `a` prohibited, `r` refused, `L` late by
 * 500 ms, `s` answered after 60 ms, `b` blocked by this host.
 */
export const rowsOf = (pattern: string, stream = '10.4.4.4'): ProbeRow[] =>
  Array.from(pattern).map((letter, seq) => {
    const sent = ns(seq * EVERY_MS * 1e6);
    const row = (given: Partial<ProbeRow>): ProbeRow => ({
      stream,
      flow: 0,
      seq,
      outcome: 'lost',
      intended_ns: sent,
      sent_ns: sent,
      accepted_ns: sent,
      received_ns: null,
      ttl: null,
      cause: null,
      ...given,
    });
    const after = (ms: number): Partial<ProbeRow> => ({
      outcome: 'answered',
      received_ns: ns(sent + ms * 1e6),
      ttl: 63,
    });
    switch (letter) {
      case '.':
        return row(after(1));
      case 's':
        return row(after(60));
      case 'L':
        return row(after(500));
      case 'r':
        return row({ ...after(1), outcome: 'refused', cause: 'ECONNREFUSED' });
      case 'u':
        return row({ outcome: 'unresolved', cause: 'EHOSTUNREACH' });
      case 'a':
        return row({ outcome: 'unreachable', cause: 'admin-prohibited' });
      case 'b':
        return row({ outcome: 'local-blocked', cause: 'EPERM', accepted_ns: null });
      default:
        return row({});
    }
  });

export const chunkOf = (rows: readonly ProbeRow[]): string =>
  rows.map((row) => `${encodeProbe(row)}\n`).join('');

export const liveOf = (given: Partial<LiveStream>): LiveStream => ({
  name: '10.4.4.4',
  sent: 10,
  answered: 10,
  bad: 0,
  clean_from_ns: ns(0),
  last_good_ns: ns(0),
  good_run: 10,
  down_since_ns: null,
  refused_since_ns: null,
  rtt_ms: 1,
  cause: null,
  ...given,
});

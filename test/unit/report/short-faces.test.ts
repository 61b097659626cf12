import { describe, expect, test } from 'vitest';
import { analyzeText } from '../../../src/report/log/log-text.js';
import { trialLine } from '../../../src/cli/run/live-view.js';
import type { RunFigures, RunSummary } from '../../../src/model/figures.js';
import type { ResultTables, StreamRow, TrialRow } from '../../../src/model/tables.js';
import { runListDocument, runListText } from '../../../src/report/run-list.js';
import { fullInput } from '../../golden/report/input.js';

const { record, tables: full } = fullInput;

const SUMMARY: RunSummary = {
  run: 'r',
  path: 'results/s/r',
  kind: 'trials',
  scenario: 's',
  version: 'v',
  labels: {},
  started_utc: '2026-01-01T00:00:00Z',
  status: 'complete',
  restored: true,
  trials_planned: 1,
  trials_done: 1,
  tool_version: '1',
  limits: [],
  verdict: 'pass',
};

/** 40 times 0.11 s at most; what came back was not well. */
const stream = (status: StreamRow['status']): StreamRow => ({
  ...full.streams[0]!,
  stream: 'ping',
  trial: 1,
  phase: 'failover',
  direction: 'round-trip',
  status,
  periods: 40,
  longest_lo_s: 0.09,
  longest_s: 0.11,
  longest_hi_s: 0.13,
  total_s: 4,
  span_s: status === 'degraded' ? null : 7.9,
  residual_loss: status === 'degraded' ? 0.021 : null,
  residual_delay_ms: null,
  background_loss: null,
});

const tablesOf = (status: 'ok' | 'degraded', once = false): ResultTables => {
  const trial: TrialRow = {
    ...full.trials[0]!,
    trial: 1,
    phase: 'failover',
    status,
    headline_stream: 'ping',
    outage_lo_s: 0.09,
    outage_s: 0.11,
    outage_hi_s: 0.13,
    sessions_total: 0,
  };
  const row = once ? { ...stream(status), periods: 1, total_s: 0.11, span_s: 0.11 } : stream(status);
  return { trials: [trial], streams: [row], outages: [], sessions: [] };
};

describe('an outage in several parts, and one that stayed degraded', () => {
  test('in the line of a trial that has just ended', () => {
    const line = (tables: ResultTables): string =>
      trialLine({ ...record.scenario, controlArm: null }, 1, tables);
    expect(line(tablesOf('ok', true))).toMatch(/failover 0\.110 s {2}\[0\.090 … 0\.130\] \(ping\)$/);
    expect(line(tablesOf('ok'))).toMatch(
      /failover down 40 times, 4\.00 s in all within 7\.90 s, the longest 0\.110 s \(0\.090–0\.130 s\) \(ping\)$/,
    );
    expect(line(tablesOf('degraded'))).toMatch(/\(ping\) degraded: 2\.1 % still lost$/);
  });

  test('in the list of runs', () => {
    const figures = (tables: ResultTables): RunFigures => ({
      summary: SUMMARY,
      trials: tables.trials,
      streams: tables.streams,
      sessions: [],
    });
    const list = (tables: ResultTables): string =>
      runListText([figures(tables)], [], { columns: Infinity, color: false });
    expect(list(tablesOf('ok', true))).toMatch(/0\.110 s {2}\[0\.090 … 0\.130\], trial 1 {2}pass/);
    expect(list(tablesOf('ok'))).toContain(
      '0.110 s  [0.090 … 0.130], trial 1, 40 times, 4.00 s in all  pass',
    );
    expect(list(tablesOf('degraded'))).toContain('], trial 1, 40 times, 4.00 s in all, degraded  pass');
    expect(runListDocument([figures(tablesOf('degraded'))], [])).toMatchObject({
      runs: [{ status: 'complete', headline_status: 'degraded', periods: 40, total_s: 4, span_s: null }],
    });
  });

  test('in the table of analyze', () => {
    const table = (row: StreamRow): string =>
      analyzeText(
        [
          {
            source: 'run',
            format: 'run',
            streams: [row],
            outages: [],
            assumptions: [],
            notes: [],
            time: () => null,
            origin_utc: null,
            charts: [],
            events: { sessions: [] },
          },
        ],
        { columns: 200, color: false, minLost: 0 },
      );
    expect(table(stream('ok'))).toMatch(/40 {2}0\.110 s {2}\[0\.090 … 0\.130\] {2}4\.00 s within 7\.90 s/);
    expect(table(stream('degraded'))).toMatch(/\[0\.090 … 0\.130\] degraded {2}4\.00 s$/m);
  });
});

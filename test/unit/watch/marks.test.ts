import { describe, expect, test } from 'vitest';
import { WatchAnalyzer, type WatchResult } from '../../../src/analysis/watch.js';
import { markLines } from '../../../src/analysis/words/mark-lines.js';
import { sayTimeOfDay } from '../../../src/analysis/words/when.js';
import { watchSummary } from '../../../src/cli/watch/summary.js';
import type { TrialEvent } from '../../../src/model/event.js';
import { ns } from '../../../src/model/time.js';
import { rowsOf, scenarioOf } from './rows.js';

const anchor: TrialEvent = {
  at_ns: ns(0),
  event: 'anchor',
  vantage: 'local',
  wall_ms: Date.parse('2026-11-30T21:04:10Z'),
  offset_ns: 0,
  uncertainty_ns: 0,
};

const marked = (at_s: number, text: string, uncertainty_s: number | null = 0.004): TrialEvent => ({
  at_ns: ns(at_s * 1e9),
  event: 'mark',
  text,
  by: 'command',
  uncertainty_ns: uncertainty_s === null ? null : ns(uncertainty_s * 1e9),
});

const analyse = (streams: Readonly<Record<string, string>>, ...marks: TrialEvent[]): WatchResult => {
  const analyzer = new WatchAnalyzer(
    scenarioOf(Object.keys(streams)),
    { run: '', scenario: 'watch', version: 'fw' },
    [anchor, ...marks],
  );
  for (const [name, pattern] of Object.entries(streams))
    for (const row of rowsOf(pattern, name)) analyzer.push(row);
  return analyzer.finish();
};

const said = (result: WatchResult): readonly string[] =>
  markLines(result, result.streams.length, (utc) => `${sayTimeOfDay(utc, 'utc').slice(0, 8)} UTC`);

const UP = '.'.repeat(20);
const DOWN = 'x'.repeat(10);

describe('what followed a mark', () => {
  test('is the first loss after it, and how long that was', () => {
    expect(said(analyse({ a: `${UP}${DOWN}${UP}` }, marked(1.2, 'pulled the plug of fw-a')))).toEqual([
      'pulled the plug of fw-a 21:04:11 UTC: first loss 0.800 s later, down for 1.000 s (0.899–1.100 s)',
    ]);
  });

  test('ends with the next mark, and is told of each stream', () => {
    const result = analyse(
      { a: `${UP}${DOWN}${UP}${DOWN}${UP}`, b: `${UP}${UP}${UP}xxx${UP}` },
      marked(1, 'one'),
      marked(4, 'two'),
      marked(8, 'three'),
    );
    expect(said(result)).toEqual([
      'one 21:04:11 UTC: a first loss 1.00 s later, down for 1.000 s (0.899–1.100 s)',
      'two 21:04:14 UTC: a first loss 1.00 s later, down for 1.000 s (0.899–1.100 s); b first loss 2.00 s later, down for 0.299 s (0.199–0.400 s)',
      'three 21:04:18 UTC: no outage after it',
    ]);
  });

  test('may have begun before it, or not have ended', () => {
    expect(said(analyse({ a: `${UP}${DOWN}${UP}` }, marked(2.4, 'it is down')))).toEqual([
      'it is down 21:04:12 UTC: down already, since 0.400 s before, for 1.000 s (0.899–1.100 s)',
    ]);
    expect(said(analyse({ a: `${UP}${DOWN}` }, marked(1, 'off')))).toEqual([
      'off 21:04:11 UTC: first loss 1.00 s later, down for at least 0.899 s',
    ]);
  });

  test('of several outages has all four figures', () => {
    expect(said(analyse({ a: `${UP}xx${UP}${DOWN}${UP}` }, marked(1, 'off')))).toEqual([
      'off 21:04:11 UTC: first loss 1.00 s later, down 2 times, 1.20 s in all, the longest 1.000 s (0.899–1.100 s)',
    ]);
  });

  test('says how well the mark is known where that matters', () => {
    expect(said(analyse({ a: UP }, marked(1, 'off', 0.25)))).toEqual([
      'off 21:04:11 UTC (±0.250 s): no outage after it',
    ]);
    const { timeline } = analyse({ a: UP }, marked(1, 'off', null));
    expect(timeline).toMatchObject([
      { kind: 'mark', at_lo_s: null, at_s: 1, at_hi_s: null, source: 'command' },
    ]);
  });

  test('is in the summary', () => {
    const result = analyse({ a: `${UP}${DOWN}${UP}` }, marked(1.2, 'plug'));
    const text = watchSummary(
      { ...result, sessions: [] },
      {
        columns: 60,
        color: false,
        watched_s: 5,
        zone: 'utc',
        folder: null,
      },
    );
    expect(text).toContain('plug 21:04:11: first loss 0.800 s later, down for 1.000 s\n  (0.899–1.100 s)\n');
  });
});

import { describe, expect, test } from 'vitest';
import { WatchAnalyzer, type WatchResult } from '../../../src/analysis/watch.js';
import type { TrialEvent } from '../../../src/model/event.js';
import type { ProbeRow } from '../../../src/model/probe.js';
import type { OutageRow } from '../../../src/model/tables.js';
import { ns } from '../../../src/model/time.js';
import { rowsOf, scenarioOf } from './rows.js';

const KEY = { run: 'r', scenario: 'watch', version: 'fw' };
const ANCHOR: TrialEvent = {
  at_ns: ns(0),
  event: 'anchor',
  vantage: 'local',
  wall_ms: Date.UTC(2026, 10, 21, 14, 3, 20),
  offset_ns: 0,
  uncertainty_ns: 0,
};

const analyse = (
  rows: readonly ProbeRow[],
  events: readonly TrialEvent[] = [ANCHOR],
): { readonly result: WatchResult; readonly told: readonly OutageRow[] } => {
  const told: OutageRow[] = [];
  const analyzer = new WatchAnalyzer(scenarioOf(['10.4.4.4']), KEY, events, {
    closed: (_stream, _gap, row) => told.push(row),
    silence: () => {},
    refusal: () => {},
  });
  for (const row of rows) analyzer.push(row);
  return { result: analyzer.finish(), told };
};

describe('a stream that is watched without a trigger', () => {
  test('every gap counts, with the bounds of a run over a round trip of 1 ms', () => {
    const { result, told } = analyse(rowsOf('..........xxxx......x....'));
    expect(told).toMatchObject([
      { first_seq: 10, lost: 4, lo_s: 0.299, outage_s: 0.3995, hi_s: 0.5, censored: false },
      { first_seq: 20, lost: 1, lo_s: 0, outage_s: 0.0995, hi_s: 0.2 },
    ]);
    expect(told[0]?.start_utc).toBe('2026-11-21T14:03:21.000Z');
    // A silence is known when the answer after the next probe is there.
    expect(result.outages.map((row) => ({ ...row, silence_s: null }))).toEqual(told);
    expect(result.streams).toMatchObject([
      {
        status: 'ok',
        sent: 25,
        lost: 5,
        periods: 2,
        longest_lo_s: 0.299,
        longest_s: 0.3995,
        longest_hi_s: 0.5,
        total_s: expect.closeTo(0.499, 9),
      },
    ]);
  });

  test('what was told of a gap stays, though the delay varies more later', () => {
    const { result, told } = analyse(rowsOf('..........xxxx.....ssss.....xx....'));
    expect(told.map(({ lo_s, hi_s }) => [lo_s, hi_s])).toEqual([
      [0.299, 0.5],
      // The delay before the second gap varied by 59 ms.
      [expect.closeTo(0.04, 9), expect.closeTo(0.359, 9)],
    ]);
    expect(result.outages.map(({ lo_s, hi_s }) => [lo_s, hi_s])).toEqual(
      told.map(({ lo_s, hi_s }) => [lo_s, hi_s]),
    );
  });

  test('losses next to a gap may be random loss, as far as it was known', () => {
    // 2 %: one loss at each end may be chance, and 0.02 are to be expected.
    const { told, result } = analyse(rowsOf(`${`${'.'.repeat(49)}x`.repeat(10)}....${'x'.repeat(10)}....`));
    const share = 10 / 514;
    expect(told.at(-1)).toMatchObject({
      lost: 10,
      lo_s: expect.closeTo(0.9 - 0.001 - 0.2, 9),
      outage_s: expect.closeTo(1 - 0.0005 - (0.2 * share) / (1 - share), 4),
      hi_s: expect.closeTo(1.1, 9),
    });
    expect(result.streams[0]).toMatchObject({ longest_lo_s: told.at(-1)!.lo_s, periods: 1 });
  });

  test('an old spike of the delay does not widen the bounds for ever', () => {
    const minute = '.'.repeat(650);
    const { told } = analyse(rowsOf(`.....s${minute}xxxx....`));
    expect(told).toMatchObject([{ lo_s: expect.closeTo(0.299, 9), hi_s: expect.closeTo(0.5, 9) }]);
    const soon = analyse(rowsOf(`.....s....xxxx....`)).told;
    expect(soon[0]?.hi_s).toBeCloseTo(0.559, 9);
  });

  test('late answers are slow, and no gap', () => {
    const { result, told } = analyse(rowsOf('..........LLLL......'));
    expect(result.outages).toMatchObject([{ kind: 'slow', lost: 0, late: 4, outage_s: 0.4 }]);
    expect(result.streams).toMatchObject([{ status: 'unaffected', periods: 0, late: 4 }]);
    expect(told).toEqual([]);
  });

  test('answers that were held and came at once are a gap, told when it is over', () => {
    const held = rowsOf('..........LLLL......').map((row) =>
      row.seq >= 10 && row.seq < 14 ? { ...row, received_ns: ns(1.35e9) } : row,
    );
    const { result, told } = analyse(held);
    expect(told).toMatchObject([{ kind: 'late', lost: 0, late: 3, first_seq: 10 }]);
    expect(result.streams).toMatchObject([{ status: 'ok', periods: 1, longest_lo_s: told[0]?.lo_s }]);
  });

  test('a slow path is not late for ever: the threshold comes from its own first answers', () => {
    const slow = rowsOf('xxxxLLLLLLLLLLLLLLLL');
    const { result } = analyse(slow);
    expect(result.streams).toMatchObject([{ status: 'ok', late: 0, lost: 4, received: 16 }]);
    expect(result.notes).toContain('delay threshold 1000 ms: 10.4.4.4');
  });

  test('down at the start: a lower bound only; never answered: its own status', () => {
    const came = analyse(rowsOf('xxxxx.....')).result;
    expect(came.outages).toMatchObject([{ censored: true, lo_s: 0.399, outage_s: null, hi_s: null }]);
    expect(came.streams).toMatchObject([{ longest_lo_s: 0.399, longest_s: null, longest_hi_s: null }]);
    expect(analyse(rowsOf('xxxxx')).result.streams).toMatchObject([
      { status: 'down-at-start', longest_s: null },
    ]);
  });

  test('down at the end is not recovered', () => {
    const { result, told } = analyse(rowsOf('..........xxxxx'));
    expect(told).toEqual([]);
    expect(result.outages).toMatchObject([{ lost: 5, censored: true, lo_s: 0.399 }]);
    expect(result.streams).toMatchObject([{ status: 'not-recovered' }]);
  });

  test('a refused connection is an answer; what this host blocks is no loss', () => {
    const { result } = analyse(rowsOf('rrrrrrrrrrbbrrr'));
    expect(result.streams).toMatchObject([
      { received: 13, lost: 0, local_blocked: 2, periods: 0, rtt_before_ms: 1 },
    ]);
  });

  test('a jump in the sends is a hole, never an outage', () => {
    const rows = rowsOf('.'.repeat(40)).filter(({ seq }) => seq < 15 || seq >= 25);
    const { result } = analyse(rows);
    expect(result.outages).toEqual([]);
    expect(result.extras).toMatchObject([{ holes: 1, longest_hole_s: 1.1 }]);
  });

  test("the system ping's stamps widen the bounds", () => {
    const resolved: TrialEvent = {
      at_ns: ns(0),
      event: 'resolved',
      stream: '10.4.4.4',
      address: '10.4.4.4',
      family: 4,
      engine: 'ping',
    };
    const { told } = analyse(rowsOf('..........xxxx......'), [ANCHOR, resolved]);
    expect(told[0]?.hi_s).toBeCloseTo(0.502, 9);
  });
});

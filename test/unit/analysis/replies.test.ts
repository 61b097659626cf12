import { describe, expect, it } from 'vitest';
import {
  altered,
  analyse,
  failover,
  issued,
  moved,
  probe,
  probesOf,
  scenarioOf,
  streamPlan,
} from './fixture.js';
import { fromMs } from '../../../src/model/time.js';
import type { ProbeRow } from '../../../src/model/probe.js';

/** Sent every 10 ms from 0 to 3 s; the neighbour is lost from 1.0 to 1.7 s and every packet waits for it. */
const arpFailure = (): ProbeRow[] =>
  Array.from({ length: 300 }, (_, seq) => {
    const sent = seq * 10;
    const held = sent >= 1000 && sent < 1700;
    return probe({ seq, sent, received: held ? 1700.5 : sent + 0.5 });
  });
const fast = scenarioOf({ streams: [streamPlan('ping', { every_ns: fromMs(10) })] });

describe('late replies', () => {
  it('an ARP failure of 0.7 s loses nothing, and is an outage: nothing came, and then all at once', () => {
    const { streams, outages, notes } = analyse(fast, [issued(995)], arpFailure());
    const [row] = streams;
    expect(row).toMatchObject({ lost: 0, status: 'ok', periods: 1, late_s: 0.61 });
    expect(row!.longest_s).toBeCloseTo(0.61 - 0.5e-3 / 2, 9);
    // Those of the last 100 ms came back within the threshold.
    expect(row!.late).toBe(61);
    expect(row!.longest_lo_s!).toBeLessThanOrEqual(0.7);
    expect(row!.longest_hi_s!).toBeGreaterThanOrEqual(0.7);
    expect(row!.longest_hi_s!).toBeLessThan(0.72);
    expect(outages[0]).toMatchObject({ kind: 'late', lost: 0, late: 61, silence_s: 0.71 });
    expect(outages).toHaveLength(1);
    expect(notes).toContain('trial 1, failover: ping: loss only 0 s, loss and late 0.61 s, silence 0.71 s');
    expect(notes).toContain('delay threshold 100 ms: ping');
  });

  /** Nothing came for 1 s from 500 ms on; of what was sent then, `lost` are gone, the rest comes at its end. */
  const heldUp = (lost: readonly number[]): ProbeRow[] =>
    Array.from({ length: 40 }, (_, seq) => {
      const sent = seq * 100;
      const held = sent >= 500 && sent < 1500;
      const received = !held ? sent : lost.includes(seq) ? null : 1500;
      return probe({ seq, sent, received, outcome: received === null ? 'lost' : 'answered' });
    });

  it.each([
    ['the oldest', [5, 6, 7, 8, 9]],
    ['the newest', [10, 11, 12, 13]],
    ['some in the middle', [8, 9]],
  ])('that a full queue held, and dropped %s, are one outage with what it dropped', (_, lost) => {
    const { streams, outages } = analyse(scenarioOf({}), [issued(450)], heldUp(lost));
    expect(streams[0]).toMatchObject({ status: 'ok', periods: 1, lost: lost.length });
    expect(streams[0]!.longest_lo_s!).toBeLessThanOrEqual(1);
    expect(streams[0]!.longest_hi_s!).toBeGreaterThanOrEqual(1);
    expect(streams[0]!.longest_s).toBeGreaterThan(0.8);
    expect(outages.map(({ kind, late }) => [kind, late > 0])).toEqual([['loss', true]]);
  });

  it('that come as slowly as they were sent are no outage', () => {
    const slow = probesOf('.....llllllllll.......').map((row): ProbeRow =>
      row.seq >= 15 ? { ...row, received_ns: fromMs(row.seq * 100 + 90) } : row,
    );
    const { streams, outages } = analyse(scenarioOf({}), [issued(450)], slow);
    expect(streams[0]).toMatchObject({ status: 'unaffected', periods: 0, late: 10, longest_s: 0 });
    expect(outages.map(({ kind }) => kind)).toEqual(['slow']);
  });

  it('is judged by the threshold of the scenario if that sets one', () => {
    const scenario = { ...fast, analysis: { ...fast.analysis, delayThreshold_ns: fromMs(400) } };
    expect(analyse(scenario, [issued(995)], arpFailure()).streams[0]!.late).toBe(31);
  });

  it('derives the threshold from the baseline where that is slow', () => {
    const rows = altered(
      probesOf('.s...l.....'),
      (row) => row.seq === 1 || row.seq === 5,
      ({ seq }) => ({ received_ns: fromMs(seq === 1 ? 350 : 1001) }),
    );
    const { notes, streams } = analyse(scenarioOf({}), [issued(450)], rows);
    expect(notes).toContain('delay threshold 500 ms: ping');
    expect(streams[0]!.late).toBe(1);
  });

  it('a reply held up over the trigger is no baseline', () => {
    const rows = altered(
      probesOf('.....l.....'),
      (row) => row.seq === 4,
      () => ({ received_ns: fromMs(1000) }),
    );
    const { streams } = analyse(scenarioOf({}), [issued(450)], rows);
    expect(streams[0]).toMatchObject({ late: 2, periods: 0, late_s: 0.2 });
  });

  it('a stray is late, but no reply came within the timeout: the loss stays one', () => {
    const rows = probesOf('.....xxxx................');
    rows.push(probe({ seq: 8, outcome: 'stray', sent: 800, received: 3200 }));
    const { streams, outages, notes } = analyse(scenarioOf({}), [issued(450)], rows);
    expect(streams[0]).toMatchObject({ lost: 3, late: 1, received: 22, sent: 25, longest_s: 0.4 });
    expect(outages[0]).toMatchObject({ kind: 'loss', lost: 3, late: 1 });
    expect(notes.join()).toContain('1 replies came after the wait of 2 s');
  });
});

describe('silence', () => {
  it('is the largest gap between arrivals, discounting holes in sends', () => {
    expect(failover('.....xxxx.....', 450).outages[0]!.silence_s).toBeCloseTo(0.5, 9);
    expect(failover('.....xxxx.....', 450).streams[0]!.silence_s).toBeCloseTo(0.5, 9);
    expect(failover('.....-----.....x...', 450).streams[0]!.silence_s).toBeCloseTo(0.2, 9);
  });

  it('without any impaired probe is an outage row of its own kind', () => {
    // All answered within the threshold of 900 ms, but nothing arrived for 0.89 s.
    const scenario = {
      ...scenarioOf({ threshold_ms: 900 }),
      streams: [streamPlan('ping', { every_ns: fromMs(250), wait_ns: fromMs(2000) })],
    };
    const rows = altered(
      probesOf('.'.repeat(20), 'ping', 250),
      (row) => row.seq >= 8 && row.seq <= 10,
      () => ({ received_ns: fromMs(2000 + 895) }),
    );
    const { outages, streams, trials } = analyse(scenario, [issued(1900), ...moved(3000)], rows);
    expect(outages).toHaveLength(1);
    expect(outages[0]).toMatchObject({ kind: 'silence', lost: 0, late: 0, censored: false });
    expect(outages[0]!.hi_s!).toBeGreaterThanOrEqual(outages[0]!.outage_s!);
    expect(streams[0]).toMatchObject({ status: 'unaffected', periods: 0 });
    expect(streams[0]!.longest_hi_s).toBeGreaterThan(0.89);
    expect(trials[0]!.status).toBe('ok');
  });
});

describe('order and copies', () => {
  it('counts duplicates apart', () => {
    const rows = probesOf('.....xx.....');
    rows.push(probe({ seq: 1, outcome: 'duplicate', sent: 100, received: 130 }));
    expect(analyse(scenarioOf({}), [issued(450)], rows).streams[0]).toMatchObject({
      duplicate: 1,
      received: 10,
    });
  });

  it('finds reordering by NextExp on arrival (RFC 4737 §3.3)', () => {
    const rows = probesOf('.....xx.........');
    // 8 overtaken by 9 and 10: one reordered.
    const late = altered(
      rows,
      (row) => row.seq === 8,
      () => ({ received_ns: fromMs(1050) }),
    );
    const scenario = scenarioOf({ threshold_ms: 500 });
    expect(analyse(scenario, [issued(450)], late).streams[0]!.reordered).toBe(1);
    expect(analyse(scenario, [issued(450)], rows).streams[0]!.reordered).toBe(0);
  });
});

describe('the path before and after', () => {
  it('gives median RTT and the most frequent TTL', () => {
    const rows = altered(
      probesOf('.....xx..........'),
      (row) => row.seq > 6,
      (row) => ({ ttl: 61, received_ns: fromMs(row.seq * 100 + 3) }),
    );
    expect(analyse(scenarioOf({}), [issued(450)], rows).streams[0]).toMatchObject({
      rtt_before_ms: 0,
      rtt_after_ms: 3,
      ttl_before: 62,
      ttl_after: 61,
    });
  });

  it('shows a slower path by no more than its delay in the bounds', () => {
    const rows = altered(
      probesOf('.....xx..........'),
      (row) => row.seq > 6,
      (row) => ({ received_ns: fromMs(row.seq * 100 + 21) }),
    );
    expect(analyse(scenarioOf({}), [issued(450)], rows).streams[0]!.longest_hi_s).toBeCloseTo(0.321, 9);
  });
});

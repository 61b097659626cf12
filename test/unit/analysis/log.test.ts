import { describe, expect, it } from 'vitest';
import { LogAnalyzer, type LogResult, sharedLookahead } from '../../../src/analysis/log.js';
import { seededRandom } from '../../../src/analysis/statistics/random.js';
import type { ProbeRow } from '../../../src/model/probe.js';
import { probe } from './fixture.js';

/** A log of a probe every 200 ms. @param rttOf by number, in milliseconds; null: no reply */
const logOf = (probes: number, rttOf: (seq: number) => number | null): LogResult => {
  const analyzer = new LogAnalyzer({
    source: 'log',
    stream: '10.4.4.4',
    family: 4,
    interval_ns: null,
    longestPause_ns: 0,
    threshold_ns: null,
    mergeGap_ns: 0,
    resolution_ns: 0,
    pausePerLost_ns: 0,
    lookahead: sharedLookahead(),
    utc: () => null,
  });
  for (let seq = 0; seq < probes; seq++) {
    const rtt = rttOf(seq);
    const row: ProbeRow = probe({
      seq,
      sent: 200 * seq,
      received: rtt === null ? null : 200 * seq + rtt,
      outcome: rtt === null ? 'lost' : 'answered',
    });
    analyzer.push(row);
  }
  return analyzer.finish();
};

const usual = (seq: number): number => 20 + (seq % 7);

describe('slow replies of a log', () => {
  it('are no outage, whatever their order', () => {
    for (const slow of [
      [0, 1, 2],
      [20, 21, 22],
      [57, 58, 59],
    ]) {
      const { stream, outages } = logOf(60, (seq) => (slow.includes(seq) ? 250 : usual(seq)));
      expect(stream).toMatchObject({ status: 'unaffected', periods: 0, longest_s: 0, late: 3 });
      expect(outages.map(({ kind }) => kind)).toEqual(['slow']);
    }
  });

  it('at the end do not hide an outage, nor its recovery', () => {
    const rtt = (seq: number) => (seq >= 20 && seq < 30 ? null : seq >= 58 ? 180 : usual(seq));
    const { stream } = logOf(60, rtt);
    expect(stream).toMatchObject({ status: 'ok', periods: 1, lost: 10 });
    expect(stream.longest_lo_s!).toBeLessThanOrEqual(1.8);
    expect(stream.longest_hi_s!).toBeGreaterThanOrEqual(2.2);
  });

  it('that never end are a slower path', () => {
    const { stream } = logOf(200, (seq) => (seq >= 20 && seq < 30 ? null : seq >= 120 ? 180 : usual(seq)));
    expect(stream).toMatchObject({ status: 'degraded', periods: 1, late: 80 });
  });
});

describe('random loss of a log', () => {
  const lossy = (share: number, seed: number, down: readonly [number, number] | null = null) => {
    const random = seededRandom(seed);
    return logOf(20_000, (seq) => {
      const lost = random() < share;
      return lost || (down !== null && seq >= down[0] && seq < down[1]) ? null : usual(seq);
    });
  };

  it('is named, and is no outage', () => {
    for (const share of [0.005, 0.02, 0.04]) {
      const { stream, outages, notes } = lossy(share, 3);
      expect(stream.background_lo!).toBeLessThan(share);
      expect(stream.background_hi!).toBeGreaterThan(share);
      expect(stream).toMatchObject({ status: 'unaffected', periods: 0 });
      expect(outages.every(({ kind }) => kind === 'background')).toBe(true);
      expect(notes.join('\n')).toMatch(/random loss/);
    }
  });

  it('hides no outage of 3 s, and hardly ever makes one', () => {
    const made = Array.from({ length: 20 }, (_, seed) => {
      const { stream } = lossy(0.04, seed + 1, [9000, 9015]);
      expect(stream.status).toBe('ok');
      expect(stream.longest_lo_s!).toBeLessThanOrEqual(3);
      expect(stream.longest_hi_s!).toBeGreaterThanOrEqual(3);
      return stream.periods - 1;
    });
    expect(made.filter((more) => more > 0).length).toBeLessThanOrEqual(2);
  });

  it('is not to be told from outages where three of a few probes were lost', () => {
    const { stream } = logOf(16, (seq) => ([4, 8, 12].includes(seq) ? null : usual(seq)));
    expect(stream).toMatchObject({ status: 'ok', periods: 3, background_loss: null });
  });

  it('is none where a flapping path lost every second probe for a while', () => {
    const { stream } = logOf(20_000, (seq) =>
      seq >= 9000 && seq < 9080 && seq % 2 === 0 ? null : usual(seq),
    );
    expect(stream).toMatchObject({ periods: 40, background_loss: null, status: 'ok' });
    expect(stream.disruption_s).toBeCloseTo(15.8, 1);
    expect(stream.disruption_loss).toBeCloseTo(0.5, 1);
  });
});

it('takes a log of 200,000 losses in its stride', () => {
  const began = process.cpuUsage();
  const { stream } = logOf(800_000, (seq) => (seq % 4 === 1 ? null : 20));
  expect(stream.lost).toBe(200_000);
  // Nothing quadratic: that were minutes.
  expect(process.cpuUsage(began).user / 1e6).toBeLessThan(20);
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/analysis/statistics/random.js';
import type { ProbeRow } from '../../src/model/probe.js';
import { fromMs } from '../../src/model/time.js';
import { analyse, issued, moved, phase, probe, scenarioOf, streamPlan } from '../unit/analysis/fixture.js';
import { headlineRow, triggerOf, trialIn } from '../unit/analysis/messy-world.js';

const EVERY = 10;
const STEADY = 3_000;
const END = 12_000;

/** A probe every 10 ms, dropped between `start` and `start + length`. */
const probesOf = (phase_ms: number, start: number, length: number, stream = 'ping'): ProbeRow[] => {
  const rows: ProbeRow[] = [];
  for (let seq = 0; phase_ms + seq * EVERY < END; seq++) {
    const sent = phase_ms + seq * EVERY;
    const lost = sent >= start && sent < start + length;
    rows.push(
      probe({ stream, seq, sent, received: lost ? null : sent, outcome: lost ? 'lost' : 'answered' }),
    );
  }
  return rows;
};

const resultOf = (rows: readonly ProbeRow[], names: readonly string[], every = EVERY, allowed = 0) => {
  const base = scenarioOf({
    streams: names.map((name) => streamPlan(name, { every_ns: fromMs(every) })),
  });
  const scenario = {
    ...base,
    trial: { ...base.trial, steady_ns: fromMs(STEADY), backgroundLoss: allowed },
  };
  return analyse(scenario, [issued(STEADY), ...moved(END - 2), phase(END, 'drain')], rows);
};

const outage = fc.record({
  phase: fc.double({ min: 0, max: EVERY, noNaN: true }),
  start: fc.double({ min: STEADY + 20, max: STEADY + 300, noNaN: true }),
  length: fc.double({ min: 1, max: 3000, noNaN: true }),
});

/** Seconds of slack for the arithmetic of doubles. */
const EPSILON = 1e-6;

describe('thinning the probes of a stream', () => {
  it('widens its interval, and never moves it off the truth', () => {
    fc.assert(
      fc.property(outage, fc.integer({ min: 2, max: 6 }), ({ phase: at, start, length }, keep) => {
        const rows = probesOf(at, start, length);
        const full = resultOf(rows, ['ping']).streams[0]!;
        const kept = rows.filter(({ seq }) => seq % keep === 0);
        const thin = resultOf(kept, ['ping'], EVERY * keep).streams[0]!;
        expect(thin.longest_lo_s!).toBeLessThanOrEqual(full.longest_lo_s! + EPSILON);
        expect(thin.longest_hi_s!).toBeGreaterThanOrEqual(full.longest_hi_s! - EPSILON);
        expect(thin.longest_lo_s! - EPSILON).toBeLessThanOrEqual(length / 1000);
        expect(thin.longest_hi_s! + EPSILON).toBeGreaterThanOrEqual(length / 1000);
      }),
      { numRuns: 150 },
    );
  });
});

describe('isolated losses at a rate that the scenario allows', () => {
  it('leave a trial ok in 99 of 100, and its interval true in 95', () => {
    let [ok, within, all] = [0, 0, 0];
    fc.assert(
      fc.property(
        outage,
        fc.constantFrom(0.002, 0.01, 0.03, 0.06),
        fc.integer({ min: 1, max: 1e9 }),
        ({ phase: at, start, length }, share, seed) => {
          const random = seededRandom(seed);
          const rows = probesOf(at, start, Math.max(200, length)).map((row): ProbeRow =>
            random() < share ? { ...row, outcome: 'lost', received_ns: null } : row,
          );
          const { trials, streams } = resultOf(rows, ['ping'], EVERY, 0.1);
          // Five lost one after another are no chance at 6 %, and yet come about once in 5,000 times: such a steady time is void.
          if (trials[0]!.status === 'ok') ok++;
          else expect(trials[0]!.status).toBe('void');
          const [row] = streams;
          const truth = Math.max(200, length) / 1000;
          all++;
          if (row!.longest_lo_s! - EPSILON <= truth && truth <= row!.longest_hi_s! + EPSILON) within++;
        },
      ),
      { numRuns: 300, endOnFailure: true },
    );
    expect(ok / all).toBeGreaterThanOrEqual(0.99);
    expect(within / all).toBeGreaterThanOrEqual(0.95);
  });
});

describe('the headline of equal streams', () => {
  it('is not longer than any of them by more than their resolution', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 12 }),
        fc.double({ min: 300, max: 3000, noNaN: true }),
        fc.integer({ min: 1, max: 1e9 }),
        (count, length, seed) => {
          const world = {
            streams: Array.from({ length: count }, () => ({ every: 50 })),
            drops: [{ from: triggerOf({ streams: [], drops: [] }) + 100, to: 0 }].map(({ from }) => ({
              from,
              to: from + length,
            })),
          };
          const result = trialIn(world, seed);
          const headline = headlineRow(result);
          for (const row of result.streams) {
            const resolution = (row.longest_hi_s! - row.longest_lo_s!) / 2;
            expect(headline.longest_s!).toBeLessThanOrEqual(row.longest_s! + resolution + EPSILON);
            expect(headline.longest_lo_s!).toBeLessThanOrEqual(row.longest_hi_s! + EPSILON);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

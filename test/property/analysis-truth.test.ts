import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProbeRow } from '../../src/model/probe.js';
import { fromMs, ns } from '../../src/model/time.js';
import { altered, analyse, issued, moved, probe, scenarioOf, streamPlan } from '../unit/analysis/fixture.js';

/**
 * A simulated path: forward delay, reflection, reverse delay; each direction blocked in an interval. What meets
 * the blockage is dropped, or queued and released at its end. The truth is the time for which the path was
 * blocked, in send instants: it must lie inside the stated interval, whatever the phase, jitter or queueing.
 */
interface World {
  /** Milliseconds, also below. */
  readonly every: number;
  readonly phase: number;
  readonly forward: number;
  readonly jitter: number;
  readonly start: number;
  readonly length: number;
  readonly direction: 'forward' | 'reverse';
  /** How many packets the queue holds for the end of the outage; the rest is dropped. */
  readonly queue: number;
  /** What a full queue drops: the newest (a router), or the oldest (Linux neighbour queue). */
  readonly drops: 'newest' | 'oldest';
  readonly noise: readonly number[];
}

const TRIGGER = 2_000;
const END = 6_000;

const world: fc.Arbitrary<World> = fc.record({
  every: fc.integer({ min: 5, max: 60 }),
  phase: fc.double({ min: 0, max: 1, noNaN: true }),
  forward: fc.double({ min: 0.05, max: 20, noNaN: true }),
  jitter: fc.double({ min: 0, max: 4, noNaN: true }),
  start: fc.double({ min: TRIGGER + 100, max: TRIGGER + 200, noNaN: true }),
  length: fc.double({ min: 1, max: 2_000, noNaN: true }),
  direction: fc.constantFrom('forward', 'reverse'),
  queue: fc.constantFrom(0, 0, 1, 3, 1_000),
  drops: fc.constantFrom('newest', 'oldest'),
  noise: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 16, maxLength: 64 }),
});

const WAIT = 3_000;

/** Instants at which packets reach the blockage, and what becomes of them there: when they go on, or null. */
const throughBlockage = (reaching: readonly number[], w: World): (number | null)[] => {
  const inside = reaching.flatMap((at, index) => (at >= w.start && at < w.start + w.length ? [index] : []));
  const kept = new Set(
    w.drops === 'newest' ? inside.slice(0, w.queue) : w.queue === 0 ? [] : inside.slice(-w.queue),
  );
  const blocked = new Set(inside);
  return reaching.map((at, index) =>
    blocked.has(index) ? (kept.has(index) ? w.start + w.length : null) : at,
  );
};

const simulate = (w: World): ProbeRow[] => {
  const sends: number[] = [];
  for (let at = w.phase * w.every; at < END; at += w.every) sends.push(at);
  // The first two of the baseline show the whole delay variation, as hundreds of probes do in practice.
  const jitter = sends.map((_, index) =>
    index === 0 ? 0 : index === 1 ? w.jitter : w.jitter * (w.noise[index % w.noise.length] ?? 0),
  );
  const atBlockage = sends.map((at, index) =>
    w.direction === 'forward'
      ? at + w.forward / 2 + (jitter[index] ?? 0)
      : at + 1.5 * w.forward + (jitter[index] ?? 0),
  );
  const rest = w.direction === 'forward' ? 1.5 * w.forward : w.forward / 2;
  return throughBlockage(atBlockage, w).map((goesOn, seq) => {
    const sent = sends[seq] ?? 0;
    const received = goesOn === null || goesOn + rest - sent > WAIT ? null : goesOn + rest;
    return probe({ seq, sent, received, outcome: received === null ? 'lost' : 'answered' });
  });
};

const figuresOf = (rows: readonly ProbeRow[], every: number) => {
  const scenario = scenarioOf({ streams: [streamPlan('ping', { every_ns: fromMs(every) })] });
  const { streams, outages } = analyse(scenario, [issued(TRIGGER), ...moved(TRIGGER + 500)], rows);
  return { ...streams[0]!, outages };
};

/** Whole nanoseconds, so that a shift is exact in doubles. */
const shifted = (rows: readonly ProbeRow[], shift_ns: number): ProbeRow[] => {
  const move = (at_ns: number | null) => (at_ns === null ? null : ns(Math.round(at_ns) + shift_ns));
  return altered(
    rows,
    () => true,
    (row) => ({
      intended_ns: ns(Math.round(row.intended_ns) + shift_ns),
      sent_ns: move(row.sent_ns),
      accepted_ns: move(row.accepted_ns),
      received_ns: move(row.received_ns),
    }),
  );
};

/** Seconds of slack for the arithmetic of doubles. */
const EPSILON = 1e-6;

describe('the stated interval holds the truth', () => {
  it('whatever the phase, delays, direction, queue and length', () => {
    fc.assert(
      fc.property(world, (w) => {
        const row = figuresOf(simulate(w), w.every);
        const truth = w.length / 1000;
        expect(row.longest_lo_s! - EPSILON).toBeLessThanOrEqual(truth);
        expect(row.longest_hi_s! + EPSILON).toBeGreaterThanOrEqual(truth);
        expect(row.longest_s!).toBeGreaterThanOrEqual(row.longest_lo_s!);
        expect(row.longest_s!).toBeLessThanOrEqual(row.longest_hi_s!);
      }),
      { numRuns: 400 },
    );
  });

  it('and, without a queue, is no wider than two intervals, the delay variation and the way to what answers', () => {
    fc.assert(
      fc.property(world, (w) => {
        const row = figuresOf(
          simulate({ ...w, queue: 0, length: Math.max(w.length, 3 * w.every + 20) }),
          w.every,
        );
        const width = row.longest_hi_s! - row.longest_lo_s!;
        expect(width).toBeLessThanOrEqual((2 * w.every + 5 * w.jitter + 2 * w.forward) / 1000 + EPSILON);
      }),
      { numRuns: 100 },
    );
  });

  it('and thinning the stream only widens it', () => {
    fc.assert(
      fc.property(world, fc.integer({ min: 2, max: 5 }), (w, keepEvery) => {
        const still = { ...w, jitter: 0, queue: 0 };
        const rows = simulate(still);
        const full = figuresOf(rows, w.every);
        const thin = figuresOf(
          rows.filter(({ seq }) => seq % keepEvery === 0),
          w.every * keepEvery,
        );
        expect(thin.longest_lo_s!).toBeLessThanOrEqual(full.longest_lo_s! + EPSILON);
        expect(thin.longest_hi_s!).toBeGreaterThanOrEqual(full.longest_hi_s! - EPSILON);
      }),
      { numRuns: 200 },
    );
  });

  it('also where slots were missed', () => {
    fc.assert(
      fc.property(world, fc.array(fc.integer({ min: 0, max: 1_200 }), { maxLength: 60 }), (w, missed) => {
        const gone = new Set(missed);
        const rows = altered(
          simulate({ ...w, queue: 0 }),
          ({ seq }) => seq > 1 && gone.has(seq),
          (): Partial<ProbeRow> => ({
            outcome: 'unsent',
            sent_ns: null,
            accepted_ns: null,
            received_ns: null,
          }),
        );
        const row = figuresOf(rows, w.every);
        fc.pre(row.status === 'ok' || row.status === 'unaffected');
        expect(row.longest_lo_s! - EPSILON).toBeLessThanOrEqual(w.length / 1000);
        expect(row.longest_hi_s! + EPSILON).toBeGreaterThanOrEqual(w.length / 1000);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the figures do not depend on the clock', () => {
  it('shifting all instants changes only the start', () => {
    fc.assert(
      fc.property(world, fc.integer({ min: 1, max: 1e9 }), (w, shift_ms) => {
        const shift = fromMs(shift_ms);
        const rows = shifted(simulate(w), 0);
        const scenario = scenarioOf({ streams: [streamPlan('ping', { every_ns: fromMs(w.every) })] });
        const events = [issued(TRIGGER), ...moved(TRIGGER + 500)];
        const later = events.map((event) => Object.assign({}, event, { at_ns: ns(event.at_ns + shift) }));
        const before = analyse(scenario, events, rows);
        const after = analyse(scenario, later, shifted(rows, shift));
        expect(after.streams).toEqual(before.streams);
        expect(after.trials).toEqual(before.trials);
        const starts = after.outages.map(({ start_s }, index) => start_s - before.outages[index]!.start_s);
        for (const moved_s of starts) expect(moved_s).toBeCloseTo(shift_ms / 1000, 5);
        const bounds = (rows: typeof after.outages) =>
          rows.map(({ kind, lo_s, outage_s, hi_s, silence_s }) => [kind, lo_s, outage_s, hi_s, silence_s]);
        expect(bounds(after.outages)).toEqual(bounds(before.outages));
      }),
      { numRuns: 50 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chartPeriods } from '../../../../src/analysis/chart/chart-events.js';
import { RttBuckets } from '../../../../src/analysis/chart/chart-rtt.js';
import { ChartMaker } from '../../../../src/analysis/chart/trial-chart.js';
import type { OutageRow } from '../../../../src/model/tables.js';
import type { TrialEvent } from '../../../../src/model/event.js';
import { fromMs, type Nanoseconds } from '../../../../src/model/time.js';
import { at, issued, phase, probe, role, scenarioOf, streamPlan } from '../../analysis/fixture.js';
import { sampleTrial } from './sample-trial.js';

const greatest = (values: readonly (number | null)[]): number =>
  Math.max(...values.map((value) => value ?? -1));

describe('the buckets of a lane', () => {
  const sends = fc.array(
    fc.record({ at_ns: fc.integer({ min: 0, max: 1e12 }), rtt_us: fc.integer({ min: 1, max: 5e6 }) }),
    { minLength: 1, maxLength: 200 },
  );

  test('keep the least and the greatest delay, however many there are and however long it takes', () => {
    fc.assert(
      fc.property(sends, fc.integer({ min: 2, max: 60 }), (all, most) => {
        const buckets = new RttBuckets(0, 1e6, most, true);
        for (const { at_ns, rtt_us } of all) buckets.add(at_ns, rtt_us * 1e3);
        const segment = buckets.segment(-Infinity, Infinity);
        if (segment === null) throw new Error('nothing is left');
        expect(segment.lo_us.length).toBeLessThanOrEqual(most + 1);
        expect(greatest(segment.hi_us)).toBe(Math.max(...all.map(({ rtt_us }) => rtt_us)));
        expect(Math.min(...segment.lo_us.map((value) => value ?? Infinity))).toBe(
          Math.min(...all.map(({ rtt_us }) => rtt_us)),
        );
        // Each is in the bucket of its instant.
        for (const { at_ns, rtt_us } of all) {
          const index = Math.floor((at_ns / 1e9 - segment.from_s) / segment.width_s + 1e-9);
          expect(segment.lo_us[index] ?? Infinity).toBeLessThanOrEqual(rtt_us);
          expect(segment.hi_us[index] ?? -1).toBeGreaterThanOrEqual(rtt_us);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('leave empty what nothing answered, and what is beyond a zone', () => {
    const buckets = new RttBuckets(0, 1e9, 4, false);
    buckets.add(0, 1e6);
    buckets.add(2.5e9, 3e6);
    buckets.add(2.6e9, 2e6);
    buckets.add(9e9, 9e6);
    expect(buckets.segment(-Infinity, Infinity)).toEqual({
      from_s: 0,
      width_s: 1,
      lo_us: [1000, null, 2000],
      hi_us: [1000, null, 3000],
    });
    expect(buckets.segment(3e9, 4e9)).toBeNull();
  });
});

describe('loss periods', () => {
  const row = (start_s: number, more: Partial<OutageRow> = {}): OutageRow => ({
    ...{ run: '', scenario: '', version: '', trial: 1, phase: 'failover', stream: 'ping', period: 1 },
    ...{ kind: 'loss', first_seq: 0, last_seq: 0, lost: 1, late: 0, start_utc: null, start_s },
    ...{ lo_s: 0, outage_s: 0.01, hi_s: 0.02, silence_s: null, censored: false, direction: 'round-trip' },
    flow: 0,
    ...more,
  });

  test('are shapes of their own while there is room', () => {
    expect(chartPeriods([row(3), row(1, { lo_s: 0.5, outage_s: 0.65, hi_s: 0.7, lost: 50 })], 2)).toEqual([
      {
        ...{ kind: 'loss', from_s: 1, to_s: 1.5, begun: false, edge_s: expect.closeTo(0.1) },
        ...{ outage_s: 0.65, probes: 50, periods: 1 },
      },
      { kind: 'loss', from_s: 3, to_s: 3, begun: false, edge_s: 0.01, outage_s: 0.01, probes: 1, periods: 1 },
    ]);
    expect(chartPeriods([row(1, { censored: true, outage_s: null, hi_s: null })], 1)).toMatchObject([
      { to_s: null },
    ]);
  });

  test('end where they had begun before the first answer, a refusal before the first acceptance', () => {
    const open = { lo_s: 2, censored: true, outage_s: null, hi_s: null };
    const firsts = () => ({ answered_s: 5, accepted_s: 9 });
    expect(chartPeriods([row(0, open), row(20, open)], 2, firsts)).toMatchObject([
      { from_s: 0, to_s: 2, begun: true },
      { from_s: 20, to_s: null, begun: false },
    ]);
    const refused = { ...open, kind: 'refused' } as const;
    expect(chartPeriods([row(6, refused), row(20, refused)], 2, firsts)).toMatchObject([
      { from_s: 6, to_s: 8, begun: true },
      { from_s: 20, to_s: null, begun: false },
    ]);
    expect(chartPeriods([row(0, open)], 1, () => ({ answered_s: null, accepted_s: null }))).toMatchObject([
      { to_s: null },
    ]);
  });

  test('are joined where they are closest, and none of them is lost', () => {
    const starts = fc.uniqueArray(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(starts, fc.integer({ min: 1, max: 30 }), (all, most) => {
        const shown = chartPeriods(
          all.map((start) => row(start)),
          most,
        );
        expect(shown.length).toBeLessThanOrEqual(most);
        expect(shown.reduce((sum, { periods }) => sum + periods, 0)).toBe(all.length);
        for (const start of all)
          expect(shown.some(({ from_s, to_s }) => from_s <= start && start <= (to_s ?? Infinity))).toBe(true);
        // What was joined is closer than what was not.
        const span = Math.max(...all) - Math.min(...all);
        if (shown.length > 1) expect(span).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a trial', () => {
  test('is drawn finer around its trigger than elsewhere, and nothing of it is left out', () => {
    const hour_ms = 3_600_000;
    const scenario = scenarioOf({ streams: [streamPlan('ping', { flows: 16 })] });
    const trigger = 1_800_000;
    const events = [issued(trigger), phase(trigger + 10_000, 'drain'), phase(hour_ms, 'cool-down')];
    const maker = new ChartMaker(scenario, events, 1);
    for (let sent = 0; sent < hour_ms; sent += 100)
      maker.probe(probe({ flow: 3, seq: sent / 100, sent, received: sent + (sent === 700_000 ? 900 : 1) }));
    const { lanes, from_s, to_s } = maker.finish(1);
    expect([lanes.length, from_s, to_s]).toEqual([16, 0, 3600]);
    const rtt = lanes[3]?.rtt ?? [];
    const widths = rtt.map(({ width_s }) => width_s);
    expect(widths).toEqual([widths[0], 0.1, widths[0]]);
    expect(widths[0]).toBeGreaterThan(1);
    expect(rtt[0]?.hi_us.filter((value) => value === 900_000)).toHaveLength(1);
    const numbers = lanes.flatMap((lane) => lane.rtt.flatMap(({ lo_us }) => lo_us)).length;
    expect(numbers).toBeLessThan(60_000);
  });

  test('shares its lanes where there are too many flows', () => {
    const maker = new ChartMaker(scenarioOf({ streams: [streamPlan('ping', { flows: 100 })] }), [], 1);
    maker.probe(probe({ flow: 99, sent: 0, received: 1 }));
    const { lanes } = maker.finish(1);
    expect(lanes.map(({ flows }) => flows).slice(0, 2)).toEqual([
      [0, 3],
      [4, 7],
    ]);
    expect(lanes.at(-1)).toMatchObject({ flows: [96, 99], rtt: [{ lo_us: [1000] }] });
  });

  test('says when a role was last seen, and when nothing was heard of a session', () => {
    const maker = new ChartMaker(
      scenarioOf({}),
      [
        role(0, 'fw-a', 'active', 'before'),
        role(900, 'fw-a', 'active', 'before'),
        role(5000, 'fw-a', 'standby', 'after'),
      ],
      1,
    );
    expect(maker.finish(1).seen).toEqual([
      { of: 'fw-a', by: null, value: 'active', from_s: 0, since_s: null, seen_s: 0.9, to_s: 5 },
      { of: 'fw-a', by: null, value: 'standby', from_s: 5, since_s: null, seen_s: 5, to_s: null },
    ]);
    const observer = { observer: 'vip', subject: 'fw-a' };
    const silent = (since_ns?: Nanoseconds): readonly unknown[] => {
      const failed = { ...at(9000), event: 'observer-failed', ...observer, detail: 'timed out' } as const;
      const events: TrialEvent[] = [
        { ...at(100), event: 'observed', ...observer, value: 'active', was: null, since_ns: null },
        since_ns === undefined ? failed : { ...failed, since_ns },
      ];
      return new ChartMaker(scenarioOf({}), events, 1).finish(1).seen;
    };
    // Its answer of 4 s is the last thing known of it; older runs do not say when that was.
    for (const [since_ns, seen_s] of [
      [fromMs(4000), 4],
      [undefined, 0.1],
    ] as const)
      expect(silent(since_ns)).toEqual([
        { of: 'fw-a', by: 'vip', value: 'active', from_s: 0.1, since_s: null, seen_s, to_s: 9 },
        { of: 'fw-a', by: 'vip', value: 'no answer', from_s: 9, since_s: null, seen_s: null, to_s: null },
      ]);
    const { sessions } = sampleTrial(1).chart;
    expect(sessions).toEqual([
      { session: 'echo#1', from_s: 0, heard_s: 13.901, waits: [[5.4, 8.5]] },
      { session: 'echo#2', from_s: 0, heard_s: 5.301, waits: [[5.4, null]] },
    ]);
  });
});

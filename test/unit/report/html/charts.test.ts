import { groupBy } from '../../../../src/model/group-by.js';
import { differenceRows } from '../../../../src/report/compare/folded-metrics.js';
import { describe, expect, test } from 'vitest';
import type { TrialChart } from '../../../../src/analysis/chart/trial-chart.js';
import type { Comparison } from '../../../../src/model/comparison.js';
import type { Limit } from '../../../../src/model/plan.js';
import type { Verdict } from '../../../../src/model/record.js';
import type { SessionRow } from '../../../../src/model/tables.js';
import {
  distributionChart,
  type BarLane,
  type LanesChart,
  type Point,
} from '../../../../src/report/html/chart.js';
import { shiftsChart, sidesCharts } from '../../../../src/report/html/compare-charts.js';
import { readComparison, readTimelines, readTrialPoints } from '../../../../src/report/html/legend.js';
import { timelineChart } from '../../../../src/report/html/timeline.js';
import type { AnalysedRun } from '../../../../src/report/run/analysed-run.js';
import { compared } from '../../../golden/compare/input.js';
import { sampleInput, sampleTrial } from './sample-trial.js';

const LIMIT: Limit = { key: 'ping.longest', subject: 'ping', metric: 'longest', value: 4, text: '4s' };

const runOf = (verdict: Verdict, limit: Limit = LIMIT): AnalysedRun => {
  const input = sampleInput();
  const trials = input.tables.trials.map((row, index) => (index === 0 ? row : { ...row, verdict }));
  return {
    ...input,
    record: { ...input.record, scenario: { ...input.record.scenario, limits: [limit] } },
    tables: {
      ...input.tables,
      trials: trials.map((row, index) => (index === 0 ? { ...row, verdict: 'pass' } : row)),
    },
  };
};

const distribution = (run: AnalysedRun): LanesChart => {
  const chart = distributionChart(run);
  if (chart === null) throw new Error('no chart');
  return chart;
};

const pointsOf = (chart: LanesChart, label: string): readonly Point[] =>
  chart.lanes.flatMap((lane) => (lane.kind === 'points' && lane.label === label ? lane.points : []));

describe('every trial', () => {
  test('has the verdict of its trial and leads to it; the control stream is not judged', () => {
    const chart = distribution(runOf('fail'));
    expect(pointsOf(chart, 'ping, failover').map(({ verdict, link }) => [verdict, link])).toEqual([
      ['pass', 'trial-1'],
      ['fail', 'trial-2'],
    ]);
    expect(pointsOf(chart, 'control, failover').map(({ verdict }) => verdict)).toEqual([null, null]);
    expect(pointsOf(distribution({ ...runOf('fail'), charts: [] }), 'ping, failover')[0]?.link).toBeNull();
  });

  test('has its limit as a line, which is in view unless it is far away', () => {
    const near = distribution(runOf('pass'));
    expect(near.lanes.map((lane) => ('lines' in lane ? lane.lines : []))).toEqual([
      [{ at: 4, text: 'limit 4s' }],
      [],
    ]);
    expect(near.to).toBeGreaterThan(4);
    const far = distribution(runOf('pass', { ...LIMIT, value: 60, text: '1m' }));
    expect(far.to).toBeLessThan(5);
    expect(readTrialPoints(far)).toContain(
      'A limit with an arrow is farther to the right than the chart goes.',
    );
  });

  test('explains what is drawn, and nothing else', () => {
    const said = (verdict: Verdict): string => readTrialPoints(distribution(runOf(verdict))).join(' ');
    expect(said('fail')).toContain('Red with ✗');
    expect(said('inconclusive')).toContain('Amber with ?');
    expect(said('pass')).not.toMatch(/Red|Amber|arrow|diamond|triangle/);
    const none = {
      kinds: new Set<never>(),
      hasLimits: false,
      hasStallLimits: false,
      hasSessions: false,
      hasNodes: false,
      hasChains: false,
    };
    expect(readTimelines(none).join(' ')).not.toMatch(/hatched|dotted|session|node|limit|link/);
    const all = {
      ...none,
      kinds: new Set(['loss'] as const),
      hasLimits: true,
      hasSessions: true,
      hasChains: true,
    };
    expect(readTimelines(all).join(' ')).toMatch(/hatched bars are losses\..*limit.*session.*link by link/);
  });
});

describe('a timeline', () => {
  const { result, chart } = sampleTrial(1);

  const lanesOf = (sessions: readonly SessionRow[], trial: TrialChart = chart): readonly BarLane[] =>
    timelineChart(trial, { ...result, sessions }).lanes.filter(
      (lane): lane is BarLane => lane.kind === 'bars' && lane.label.startsWith('echo#'),
    );

  test('shows the stall of a survivor as one that ended, and the silence of the others as one that did not', () => {
    const fates = result.sessions.map((row): SessionRow =>
      row.session === 'echo#2' ? { ...row, verdict: 'blackholed', stall_s: null } : row,
    );
    const styles = lanesOf(fates).map(({ bars }) => bars.map(({ style }) => style));
    expect(styles).toEqual([
      ['alive', 'stall'],
      ['alive', 'wait', 'dead'],
    ]);
    // A heartbeat that had no echo yet when the trial ended is no death.
    const survivors = result.sessions.map((row) => ({ ...row, verdict: 'survived' as const }));
    expect(lanesOf(survivors)[1]?.bars.map(({ style }) => style)).toEqual(['alive', 'stall']);
  });

  test('reaches to the end of the last stall, and to a limit that is not far away', () => {
    const late = { session: 'echo#1', from_s: 0, heard_s: 13, waits: [[5.4, 11.6]] as const };
    const until = (limits: readonly Limit[], sessions: TrialChart['sessions']): number =>
      timelineChart({ ...chart, sessions }, result, limits).views[0]?.to ?? 0;
    const trial = sampleTrial(1).result.outages.filter(({ start_s }) => start_s < 12);
    const short = (limits: readonly Limit[], sessions: TrialChart['sessions']): number =>
      timelineChart({ ...chart, sessions }, { ...result, outages: trial }, limits).views[0]?.to ?? 0;
    expect(short([], [])).toBeLessThan(6);
    expect(short([], [late])).toBeGreaterThan(11.6 - 5);
    expect(short([{ ...LIMIT, value: 5 }], [])).toBeGreaterThan(0.4 + 5);
    expect(short([{ ...LIMIT, value: 50 }], [])).toBe(short([], []));
    expect(until([], [])).toBeGreaterThan(7);
  });

  test('draws the limit where the longest outage of each flow would have reached it', () => {
    const { lanes } = timelineChart(chart, result, [LIMIT]);
    const lines = lanes
      .map((lane) => (lane.kind === 'stream' ? lane.lines : null))
      .filter((line) => line !== null);
    // Down since 5.4 s, 0.4 s after the trigger; the control stream has no limit.
    expect(lines).toEqual([...Array.from({ length: 3 }, () => [{ at: 4.4, text: 'limit 4s' }]), []]);
  });

  test('draws the limit of a stall where the longest stall of each session would have reached it', () => {
    const limit: Limit = { ...LIMIT, key: 'echo.stall', subject: 'echo', metric: 'stall', value: 2 };
    const rows = result.sessions.map((row): SessionRow => ({ ...row, stall_s: 3.05 }));
    const { lanes } = timelineChart(chart, { ...result, sessions: rows }, [limit, LIMIT]);
    const lines = lanes.filter(({ label }) => label.startsWith('echo#')).map(({ lines }) => lines);
    // The wait of the first is from 5.4 to 8.5 s, of which 0.05 s are what an echo takes; that of the second never ends.
    expect(lines).toEqual([[{ at: 2.45, text: 'limit 4s' }], [{ at: 2.4, text: 'limit 4s' }]]);
    expect(lanesOf(rows).flatMap((lane) => lane.lines ?? [])).toEqual([]);
  });

  test('has its lanes in the same order in every trial', () => {
    const labels = (seen: TrialChart['seen']): string[] =>
      timelineChart({ ...chart, seen }, result).lanes.map(({ label, sub }) => `${label} ${sub}`);
    expect(labels(chart.seen.toReversed())).toEqual(labels(chart.seen));
  });

  test('calls a node that does not answer last seen active', () => {
    const span = { of: 'fw-a', by: 'vip', since_s: null };
    const seen = [
      { ...span, value: 'active', from_s: 0, seen_s: 5, to_s: 9 },
      { ...span, value: 'no answer', from_s: 9, seen_s: null, to_s: null },
    ];
    const lane = timelineChart({ ...chart, seen }, result).lanes.find(({ label }) => label === 'fw-a');
    expect(lane?.kind === 'bars' ? lane.bars.map(({ style, text }) => [style, text]) : null).toEqual([
      ['active', 'active'],
      ['unseen', 'last seen active'],
      ['unseen', 'no answer, last seen active'],
    ]);
  });
});

describe('a comparison', () => {
  const group = compared.comparisons.filter(({ key }) => key === compared.comparisons[0]?.key);

  test('draws each difference against the margin of its own metric', () => {
    const apart = group.map((each, index): Comparison => ({ ...each, margin_s: 0.1 * (index + 1) }));
    const lanes = shiftsChart(compared, apart)?.lanes ?? [];
    // Metrics that are the same in every trial are one lane, with the margin of the first.
    const timed = [...groupBy(apart, ({ candidate }) => candidate).values()]
      .flatMap(differenceRows)
      .filter(({ shift_s, metric }) => shift_s !== null && metric !== 'count');
    expect(timed.length).toBeGreaterThan(1);
    expect(lanes.map((lane) => (lane.kind === 'points' ? lane.lines.map(({ at }) => at) : []))).toEqual(
      timed.map(({ margin_s }) => [-(margin_s ?? 0), margin_s ?? 0]),
    );
  });

  test('draws an interval without an end as one, and none where there is none', () => {
    const opened = group.map((each): Comparison => ({
      ...each,
      shift_s: 1,
      shift_lo_s: 0.5,
      shift_hi_s: null,
    }));
    const openOf = (level: number | null): unknown =>
      shiftsChart(
        compared,
        opened.map((each) => ({ ...each, level })),
      )?.lanes.flatMap((lane) => (lane.kind === 'points' ? lane.points.map(({ open }) => open) : []))[0];
    expect([openOf(0.95), openOf(null)]).toEqual([['right'], []]);
  });

  test('explains differences and margins only where there are such', () => {
    const shifts = shiftsChart(compared, group);
    const sides = sidesCharts(compared, group).map(({ chart }) => chart);
    expect(readComparison(shifts === null ? [] : [shifts], sides).join(' ')).toMatch(
      /diamond.*margin.*circle/,
    );
    expect(readComparison([], sides).join(' ')).not.toMatch(/diamond|margin/);
  });
});

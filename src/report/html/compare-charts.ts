import type { Comparison, ComparisonResult, SideFigures } from '../../model/comparison.js';
import { groupBy } from '../../model/group-by.js';
import { labelOf, nameOf } from '../compare/compare-rows.js';
import { sayDifference } from '../compare/compare-words.js';
import { type DifferenceRow, differenceRows, sameMetrics } from '../compare/folded-metrics.js';
import { sayBounds } from '../../analysis/words/format.js';
import { type LanesChart, type Point, type PointLane, pointsView } from './chart.js';

const sideLane = (label: string, sub: string, { points, median_s, n }: SideFigures): PointLane => ({
  kind: 'points',
  label,
  lines: [],
  sub: `${sub}, n = ${n}`,
  points: points
    .filter(({ lo_s, value_s }) => lo_s !== null || value_s !== null)
    .map(({ run, trial, of, lo_s, value_s, hi_s }): Point => {
      const lo = lo_s ?? value_s ?? 0;
      return {
        at: value_s,
        lo,
        hi: hi_s,
        shape: 'circle',
        verdict: null,
        link: null,
        text: String(trial),
        note: `${run}, trial ${trial}, ${of}: ${sayBounds({ lo, point: value_s, hi: hi_s })}`,
      };
    }),
  median: median_s,
});

const sidesLanes = (result: ComparisonResult, group: readonly Comparison[]): PointLane[] => {
  const [first] = group;
  if (first === undefined) return [];
  return [
    sideLane(result.base.label, 'base', first.base),
    ...group.map((each) => sideLane(labelOf(result, each.candidate), each.verdict, each.candidate_figures)),
  ];
};

export interface SidesChart {
  /** The metric, or several that are one and the same in every trial. */
  readonly name: string;
  readonly chart: LanesChart;
}

/** Every trial of both sides, metric by metric, of one key; metrics that are one and the same are one chart. */
export const sidesCharts = (result: ComparisonResult, group: readonly Comparison[]): SidesChart[] => {
  const timed = group.filter(({ metric }) => metric !== 'survived');
  return sameMetrics(timed)
    .map((metrics) => ({
      metrics,
      lanes: sidesLanes(
        result,
        timed.filter(({ metric }) => metric === metrics[0]),
      ),
    }))
    .filter(({ lanes }) => lanes.some(({ points }) => points.length > 0))
    .map(({ lanes, metrics }) => {
      const name = nameOf(metrics);
      const { from, to } = pointsView(lanes, 'All');
      const views = [{ name: 'All', from, to }];
      const axis = `${name} of each trial, ${metrics.includes('count') ? 'times' : 'seconds'}`;
      return { name, chart: { kind: 'lanes', axis, views, from, to, lanes, marks: [], rtt_us: null } };
    });
};

const shiftLane = (row: DifferenceRow, label: string): PointLane | null => {
  const { shift_s, shift_lo_s, shift_hi_s, verdict, metric, metrics, margin_s, level } = row;
  // Not a time.
  if (shift_s === null || metric === 'count') return null;
  return {
    kind: 'points',
    label,
    sub: `${nameOf(metrics)}: ${verdict}`,
    // Each metric has its own: a share of its own base.
    lines:
      margin_s === null || margin_s === 0 ? [] : [-margin_s, margin_s].map((at) => ({ at, text: 'margin' })),
    points: [
      {
        at: shift_s,
        lo: shift_lo_s ?? shift_s,
        hi: shift_hi_s ?? shift_s,
        open:
          level === null
            ? []
            : [
                ...(shift_lo_s === null ? (['left'] as const) : []),
                ...(shift_hi_s === null ? (['right'] as const) : []),
              ],
        shape: 'diamond',
        verdict: null,
        link: null,
        text: '',
        note: `${nameOf(metrics)}: ${sayDifference(row)}: ${verdict}`,
      },
    ],
    median: null,
  };
};

/** The differences of one key with their intervals, beside zero and each its margin. null: there is none. */
export const shiftsChart = (result: ComparisonResult, group: readonly Comparison[]): LanesChart | null => {
  const lanes = [...groupBy(group, ({ candidate }) => candidate)]
    .flatMap(([candidate, own]) =>
      differenceRows(own).map((row) => shiftLane(row, labelOf(result, candidate))),
    )
    .filter((lane) => lane !== null);
  if (lanes.length === 0) return null;
  const margins = group.map(({ margin_s }) => margin_s ?? 0);
  const margin = Math.max(0, ...margins);
  const reach = lanes
    .flatMap(({ points }) => points)
    .reduce((most, { lo, hi }) => Math.max(most, Math.abs(lo), Math.abs(hi ?? 0)), margin);
  const edge = (reach === 0 ? 0.001 : reach) * 1.15;
  return {
    kind: 'lanes',
    axis: 'candidate less base, seconds: right of 0 is longer',
    views: [{ name: 'All', from: -edge, to: edge }],
    from: -edge,
    to: edge,
    lanes,
    marks: [{ at: 0, text: 'no difference' }],
    rtt_us: null,
  };
};

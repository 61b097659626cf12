import type { RowPhase } from '../../model/event.js';
import { sayBounds } from '../format.js';
import type { ReportInput } from '../input.js';
import { streamOverviews, type StreamOverview } from '../overview.js';
import { sayStatistic } from '../words.js';
import type { LanesChart, Point, PointLane, PointShape, View } from './chart.js';

const SHAPE: Readonly<Record<RowPhase, PointShape>> = {
  failover: 'circle',
  aftercare: 'circle',
  failback: 'diamond',
  'failback-aftercare': 'diamond',
  'no-sync': 'triangle',
};

const laneOf = (each: StreamOverview): PointLane => ({
  kind: 'points',
  label: `${each.label}${each.phase === null ? '' : `, ${each.phase}`}`,
  sub:
    each.n === 0
      ? 'no trial gave a figure'
      : `median ${sayStatistic(each.median_s, each.n)} of ${each.n}${each.control ? ', control' : ''}`,
  points: each.points.map((point): Point => ({
    at: point.outage_s,
    lo: point.lo_s ?? 0,
    hi: point.hi_s,
    shape: SHAPE[each.phase ?? 'failover'],
    text: String(point.trial ?? ''),
    note: `trial ${point.trial ?? '-'}: ${sayBounds({ lo: point.lo_s, point: point.outage_s, hi: point.hi_s })}`,
  })),
  median: each.n === 0 ? null : each.median_s,
});

/** From just below 0, so that lengths can be compared by eye, to a little beyond the longest. */
export const pointsView = (lanes: readonly PointLane[], name: string): View => {
  const longest = lanes
    .flatMap(({ points }) => points)
    .reduce((most, { at, lo, hi }) => Math.max(most, lo, at ?? 0, hi ?? 0), 0.001);
  return { name, from: -0.015 * longest, to: longest * 1.08 };
};

/** Every trial as a point with its interval, by stream and phase: never a bar of means. null: nothing to show. */
export const distributionChart = (input: ReportInput): LanesChart | null => {
  const lanes = streamOverviews(input)
    .map(laneOf)
    .filter(({ points }) => points.length > 0);
  if (lanes.length === 0) return null;
  const view = pointsView(lanes, 'All');
  return {
    kind: 'lanes',
    axis: 'longest outage of each trial, seconds',
    views: [view],
    from: view.from,
    to: view.to,
    lanes,
    marks: [],
    rtt_us: null,
  };
};

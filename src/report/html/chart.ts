import type { ChartPeriod } from '../../analysis/chart/chart-events.js';
import type { RttSegment } from '../../analysis/chart/chart-rtt.js';
import { isAftercare, measuredOf, type RowPhase } from '../../model/event.js';
import { AFTERCARE, type Limit } from '../../model/plan.js';
import type { Verdict } from '../../model/record.js';
import type { AnalysedRun } from '../run/analysed-run.js';
import { streamOverviews, type StreamOverview } from '../run/overview.js';
import { sayStatistic } from '../run/run-words.js';
import { sayBounds } from '../../analysis/words/format.js';

/** What the script in a report draws: made by the report, embedded as JSON. All times in seconds of the chart's axis. */

export type BarStyle =
  | 'phase'
  | 'cause'
  | 'unseen'
  | 'active'
  | 'standby'
  | 'value'
  | 'alive'
  | 'stall'
  | 'wait'
  | 'dead'
  | 'moment';

export interface Bar {
  readonly from: number;
  /** null: to the right edge. */
  readonly to: number | null;
  readonly style: BarStyle;
  readonly text: string;
  /** It began at `from`, or after this. */
  readonly since?: number;
  /** The element that has the line that tells it; left out: there is none. */
  readonly link?: string;
}

interface LaneLabel {
  readonly label: string;
  /** A second line, smaller. */
  readonly sub: string;
}

export interface StreamLane extends LaneLabel {
  readonly kind: 'stream';
  readonly lines: readonly Mark[];
  readonly every_s: number;
  readonly rtt: readonly RttSegment[];
  readonly periods: readonly ChartPeriod[];
}

export interface BarLane extends LaneLabel {
  readonly kind: 'bars';
  /** Of a session; left out where there are none. */
  readonly lines?: readonly Mark[];
  readonly bars: readonly Bar[];
}

export const POINT_SHAPES = ['circle', 'diamond', 'triangle'] as const;
export type PointShape = (typeof POINT_SHAPES)[number];

export interface Point {
  /** null: it did not recover, only `lo` is known. */
  readonly at: number | null;
  readonly lo: number;
  readonly hi: number | null;
  /** On these sides its interval has no end, whatever `lo` and `hi` are. */
  readonly open?: readonly ('left' | 'right')[];
  readonly shape: PointShape;
  /** Beside the point: a trial's number. */
  readonly text: string;
  readonly note: string;
  /** Of its trial; null: it is none of a trial that was judged. */
  readonly verdict: Verdict | null;
  /** The element that says more of it; null: there is none. */
  readonly link: string | null;
}

export interface PointLane extends LaneLabel {
  readonly kind: 'points';
  readonly points: readonly Point[];
  readonly lines: readonly Mark[];
  /** null: there is none, or it did not recover. */
  readonly median: number | null;
}

export type Lane = StreamLane | BarLane | PointLane;

/** A line across a lane, or all of them: a limit, a margin, a trigger. */
export interface Mark {
  readonly at: number;
  readonly text: string;
}

export interface View {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export interface LanesChart {
  readonly kind: 'lanes';
  readonly axis: string;
  /** The first is shown first; the others can be chosen. */
  readonly views: readonly View[];
  readonly from: number;
  readonly to: number;
  readonly lanes: readonly Lane[];
  readonly marks: readonly Mark[];
  /** Of all stream lanes, in microseconds; null: no answers. */
  readonly rtt_us: readonly [least: number, greatest: number] | null;
}

export interface TrendDot {
  readonly label: string;
  readonly version: string;
  readonly min: number | null;
  /** null: none, or it did not recover. */
  readonly median: number | null;
  readonly max: number | null;
  readonly notRecovered: boolean;
  /** By its own limits or trials. */
  readonly failed: boolean;
  readonly note: string;
}

export interface TrendChart {
  readonly kind: 'trend';
  readonly axis: string;
  readonly dots: readonly TrendDot[];
  /** Before which dot the level changed. */
  readonly changes: readonly { readonly index: number; readonly text: string }[];
  /** Lines across, in seconds. */
  readonly limits: readonly { readonly value: number; readonly text: string }[];
}

export type Chart = LanesChart | TrendChart;

/** The limits on the longest outage, or the longest stall, of something, as lines at their lengths. */
export const limitsOn = (
  metric: 'longest' | 'stall',
  limits: readonly Limit[],
  subject: string,
): readonly Mark[] =>
  limits
    .filter((limit) => limit.subject === subject && limit.metric === metric)
    .map(({ value, text }) => ({ at: value, text: `limit ${text}` }));

/** The heading of a trial's timeline; null: there is none. */
export const trialId = ({ charts = [] }: AnalysedRun, trial: number | null): string | null =>
  charts.some((chart) => chart.trial === trial) ? `trial-${trial}` : null;

const SHAPE: Readonly<Record<RowPhase, PointShape>> = {
  failover: 'circle',
  aftercare: 'circle',
  failback: 'diamond',
  'failback-aftercare': 'diamond',
  'no-sync': 'triangle',
};

/** Of the trial that a point is of; the control stream watches the instrument, and is not judged with it. */
const verdictOf = (
  run: AnalysedRun,
  { phase, control }: StreamOverview,
  trial: number | null,
): Verdict | null => {
  if (control || phase === null) return null;
  const own = run.tables.trials.find((row) => row.trial === trial && row.phase === measuredOf(phase));
  return own?.verdict ?? null;
};

/** What its longest outage was held against: nothing is promised of the control arm. */
const limitLines = ({ record }: AnalysedRun, { stream, phase, direction }: StreamOverview): readonly Mark[] =>
  direction !== 'round-trip' || phase === 'no-sync'
    ? []
    : limitsOn('longest', record.scenario.limits, isAftercare(phase) ? AFTERCARE : stream);

const laneOf = (run: AnalysedRun, each: StreamOverview): PointLane => ({
  kind: 'points',
  lines: limitLines(run, each),
  label: `${each.label}${each.phase === null ? '' : `, ${each.phase}`}`,
  sub:
    each.n === 0
      ? 'no trial gave a figure'
      : `median ${sayStatistic(each.median_s, each.n)} of ${each.n}${each.control ? ', control' : ''}`,
  points: each.points.map((point): Point => ({
    verdict: verdictOf(run, each, point.trial),
    link: trialId(run, point.trial),
    at: point.outage_s,
    lo: point.lo_s ?? 0,
    hi: point.hi_s,
    shape: SHAPE[each.phase ?? 'failover'],
    text: String(point.trial ?? ''),
    note: `trial ${point.trial ?? '-'}: ${sayBounds({ lo: point.lo_s, point: point.outage_s, hi: point.hi_s })}`,
  })),
  median: each.n === 0 ? null : each.median_s,
});

/** A limit this many times as long as the longest would leave the points no room: an arrow says where it is. */
const FARTHEST_LINE = 3;

/** From just below 0, so that lengths can be compared by eye, to a little beyond the longest and what it is held against. */
export const pointsView = (lanes: readonly PointLane[], name: string): View => {
  const farthest = lanes
    .flatMap(({ points }) => points)
    .reduce((most, { at, lo, hi }) => Math.max(most, lo, at ?? 0, hi ?? 0), 0.001);
  const longest = lanes
    .flatMap(({ lines }) => lines)
    .reduce((most, { at }) => (at <= FARTHEST_LINE * farthest ? Math.max(most, at) : most), farthest);
  return { name, from: -0.015 * longest, to: longest * 1.08 };
};

/** Every trial as a point with its interval, by stream and phase: never a bar of means. null: nothing to show. */
export const distributionChart = (run: AnalysedRun): LanesChart | null => {
  const lanes = streamOverviews(run)
    .map((each) => laneOf(run, each))
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

import type { OutageKind } from '../../model/record.js';
import type { LanesChart, Point, PointLane, PointShape } from './chart.js';

/** How to read a chart, beside it: whoever opens the file may have no manual. Nothing is explained that is not drawn. */

const pointLanes = (charts: readonly LanesChart[]): PointLane[] =>
  charts.flatMap(({ lanes }) => lanes).filter((lane) => lane.kind === 'points');

interface Drawn {
  readonly lanes: readonly PointLane[];
  readonly points: readonly Point[];
}

const drawnOf = (charts: readonly LanesChart[]): Drawn => {
  const lanes = pointLanes(charts);
  return { lanes, points: lanes.flatMap(({ points }) => points) };
};

const only = (isDrawn: boolean, sentence: string): string[] => (isDrawn ? [sentence] : []);

const SHAPE_OF_TRIAL: Readonly<Record<PointShape, string>> = {
  circle: 'a circle is a failover',
  diamond: 'a diamond a failback',
  triangle: 'a triangle a failover without state sync',
};

const shapes = ({ points }: Drawn): string => {
  const drawn = (['circle', 'diamond', 'triangle'] as const).filter((shape) =>
    points.some((point) => point.shape === shape),
  );
  return drawn.length < 2 ? '' : `: ${drawn.map((shape) => SHAPE_OF_TRIAL[shape]).join(', ')}`;
};

const openAndMiddle = ({ lanes, points }: Drawn): string[] => [
  ...only(
    points.some(({ at }) => at === null),
    'An arrow is a trial that did not recover: longer than that.',
  ),
  ...only(
    lanes.some(({ median }) => median !== null),
    'The short upright line is the median, an order statistic of the trials that gave a figure; with few trials it says little.',
  ),
];

const sayNumbers = ({ points }: Drawn): string =>
  points.some(({ text }) => text !== '') ? ', the number beside it its trial' : '';

/** Of the chart of every trial of a run. */
export const readTrialPoints = (chart: LanesChart): readonly string[] => {
  const drawn = drawnOf([chart]);
  const { lanes, points } = drawn;
  const lines = lanes.flatMap((lane) => lane.lines);
  return [
    `Every trial is a point${shapes(drawn)}. The line through it is its interval${sayNumbers(drawn)}.`,
    ...only(
      points.some(({ verdict }) => verdict === 'fail'),
      'Red with ✗ is a trial that failed, by whichever check.',
    ),
    ...only(
      points.some(({ verdict }) => verdict === 'inconclusive'),
      'Amber with ? is a trial that decided nothing.',
    ),
    ...only(lines.length > 0, 'The dashed line is the limit on the stream’s longest outage.'),
    ...only(
      lines.some(({ at }) => at > chart.to),
      'A limit with an arrow is farther to the right than the chart goes.',
    ),
    ...openAndMiddle(drawn),
    ...only(
      points.some(({ link }) => link !== null),
      'Press a point, or the number of its trial in the table below, to see its timeline.',
    ),
  ];
};

/** Of the charts of a comparison: the differences, and the trials of its sides. */
export const readComparison = (
  shifts: readonly LanesChart[],
  sides: readonly LanesChart[],
): readonly string[] => {
  const differences = drawnOf(shifts);
  const trials = drawnOf(sides);
  return [
    ...only(differences.points.length > 0, 'A diamond is a difference, the line through it its interval.'),
    ...only(
      differences.points.some(({ open = [] }) => open.length > 0),
      'An arrow at an interval: it has no end on that side.',
    ),
    ...only(
      differences.lanes.some(({ lines }) => lines.length > 0),
      'The dashed lines are the margin of that metric: a difference between them is too small to matter.',
    ),
    ...only(
      trials.points.length > 0,
      `A circle is a trial, the line through it its interval${sayNumbers(trials)}.`,
    ),
    ...openAndMiddle(trials),
  ];
};

/** What the timelines of a page show. */
export interface Shown {
  readonly kinds: ReadonlySet<OutageKind>;
  readonly hasLimits: boolean;
  readonly hasStallLimits: boolean;
  readonly hasSessions: boolean;
  readonly hasNodes: boolean;
  readonly hasChains: boolean;
}

const BARS: Readonly<Record<OutageKind, string>> = {
  loss: 'hatched bars are losses',
  late: 'dotted ones answers that came late, all at once',
  slow: 'pale dotted ones answers that were slow',
  background: 'pale plain ones losses at random',
  refused: 'dark dotted ones refusals',
  silence: 'outlined ones silences in which nothing was lost',
};

const sayBars = (kinds: ReadonlySet<OutageKind>): string => {
  const said = (Object.keys(BARS) as OutageKind[])
    .filter((kind) => kinds.has(kind))
    .map((kind) => BARS[kind]);
  return said.length === 0
    ? ''
    : `In a stream’s lane ${said.join(', ')}. A bar that runs to the right edge did not end. No loss period is left out: where some ` +
        'are closer than a pixel they are one bar that says how many it stands for.';
};

/** Of the timelines of a page. */
export const readTimelines = ({
  kinds,
  hasLimits,
  hasStallLimits,
  hasSessions,
  hasNodes,
  hasChains,
}: Shown): readonly string[] =>
  [
    'An outage is an interval. It lasted at least from the first to the last probe that was lost (the dark part of a bar) ' +
      'and at most from the last good probe before to the first good one after (the light edges). The figure lies between.',
    sayBars(kinds),
    ...only(
      hasLimits,
      'The dashed line in a stream’s lane is where its longest outage would have reached its limit: beyond that line the dark part is over it for certain.',
    ),
    'The line in a stream’s lane is the round-trip time, least and greatest of each step, on one logarithmic scale for all ' +
      'lanes of a chart.',
    ...only(
      hasSessions,
      'A session’s lane is solid while heartbeats are echoed, dotted in amber for a stall that it lived through, and hatched in ' +
        'red from the last echo of one that did not; a cross is its end.',
    ),
    ...only(
      hasStallLimits,
      'The dashed line in a session’s lane is where its longest stall would have reached its limit.',
    ),
    ...only(
      hasNodes,
      'A node’s lane is filled where its role was seen, and outlined by dashes where nobody asked or nothing answered any more: ' +
        '“last seen active” is not active. Where an observer polled, the light part is the time in which the change must have been.',
    ),
    ...only(
      hasChains,
      'Below a timeline, link by link: in seconds after the first loss the links that add up to the outage, then who tells what. ' +
        'Press an event to see its line.',
    ),
    'Charts: drag or use the arrow keys to move, + and - or Ctrl and the wheel to zoom, 0 for the whole. Tables: press ' +
      'Enter on a heading to sort.',
  ].filter((sentence) => sentence !== '');

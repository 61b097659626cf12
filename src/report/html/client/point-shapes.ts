import type { Point, PointLane } from '../chart.js';
import type { Palette } from './palette.js';
import { label, lineShapes, textWidth, type Room, type Shape } from './scale.js';

const PAD = 6;
const RADIUS = 4.5;
/** With more points than this there is no room for their numbers. */
const MOST_NAMED = 20;

/** Above the points, for the words of what they are held against. */
export const headOf = ({ lines }: PointLane): number => (lines.length === 0 ? 0 : 13);

const heightOf = (index: number, lane: PointLane, { top, height }: Room): number => {
  const head = PAD + headOf(lane);
  return top + head + ((index + 0.5) * (height - head - PAD)) / lane.points.length;
};

/** A failed trial is told by its mark, too. */
const inkOf = ({ verdict }: Point, palette: Palette): { readonly fill: string; readonly mark: string } => {
  switch (verdict) {
    case 'fail':
      return { fill: palette.loss, mark: ' ✗' };
    case 'inconclusive':
      return { fill: palette.late, mark: ' ?' };
    case 'pass':
    case null:
      return { fill: palette.accent, mark: '' };
  }
};

const outline = (shape: Point['shape'], x: number, y: number): string => {
  const r = RADIUS;
  switch (shape) {
    case 'circle':
      return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
    case 'diamond':
      return `M${x} ${y - r - 1}L${x + r + 1} ${y}L${x} ${y + r + 1}L${x - r - 1} ${y}z`;
    case 'triangle':
      return `M${x} ${y - r - 1}L${x + r + 1} ${y + r}L${x - r - 1} ${y + r}z`;
  }
};

const path = (pathData: string, style: object, z2: number): Shape => ({
  type: 'path',
  silent: true,
  z2,
  shape: { pathData },
  style,
});

interface Interval {
  readonly from: number;
  readonly to: number;
  readonly y: number;
}

/**
 * To the right of an interval; to the left where it would be cut there, or the line of the median would go through it.
 *
 * @param median of the lane, in pixels; null: it has no such line
 */
const nameShape = (
  text: string,
  { from, to, y }: Interval,
  { scale }: Room,
  { fill, median }: { readonly fill: string; readonly median: number | null },
): Shape => {
  const width = textWidth(text);
  const left = Math.max(to, from + RADIUS) + 6;
  const right = Math.min(from, to - RADIUS) - 6;
  const isFree = (begin: number): boolean =>
    begin >= scale.left &&
    begin + width <= scale.right &&
    (median === null || median < begin - 2 || median > begin + width + 2);
  return isFree(left) || (left + width <= scale.right && !isFree(right - width))
    ? label(text, left, y, { fill })
    : label(text, right, y, { fill, align: 'right' });
};

/** How far an arrow goes beyond all that is known of a trial. */
const ARROW = 26;

/** The end of an interval; an arrow where it has none, its head towards the other side. */
const endAt = (x: number, y: number, towards: -1 | 0 | 1): string =>
  towards === 0
    ? `M${x} ${y - 3}V${y + 3}`
    : `M${x + 5 * towards} ${y - 4}L${x} ${y}L${x + 5 * towards} ${y + 4}`;

interface Names {
  readonly areShown: boolean;
  readonly median: number | null;
}

const pointShapes = (point: Point, y: number, room: Room, { areShown, median }: Names): Shape[] => {
  const { scale, palette } = room;
  const { fill, mark: judged } = inkOf(point, palette);
  const ink = judged === '' ? palette.faint : fill;
  const { open = point.at === null ? ['right'] : [] } = point;
  const known = { from: scale.x(point.lo), to: scale.x(point.hi ?? point.at ?? point.lo) };
  const from = open.includes('left') ? scale.left + 2 : known.from;
  const to = open.includes('right')
    ? Math.min(scale.right - 2, point.at === null ? known.from + ARROW : Infinity)
    : known.to;
  const interval = path(
    `M${from} ${y}H${to}${endAt(from, y, open.includes('left') ? 1 : 0)}${endAt(to, y, open.includes('right') ? -1 : 0)}`,
    { stroke: judged === '' ? palette.text : fill, lineWidth: 1.3, fill: 'none' },
    3,
  );
  const mark =
    point.at === null
      ? []
      : [path(outline(point.shape, scale.x(point.at), y), { fill, stroke: palette.paper, lineWidth: 1 }, 5)];
  const name =
    areShown || judged !== ''
      ? [nameShape(point.text + judged, { from, to, y }, room, { fill: ink, median })]
      : [];
  return [interval, ...mark, ...name];
};

export const pointLaneShapes = (lane: PointLane, room: Room): Shape[] => {
  const { points, median } = lane;
  const { scale, top, height, palette } = room;
  const names = { areShown: points.length <= MOST_NAMED, median: median === null ? null : scale.x(median) };
  const middle =
    median === null
      ? []
      : [
          path(
            `M${scale.x(median)} ${top + 3}V${top + height - 3}`,
            { stroke: palette.faint, lineWidth: 1.5, fill: 'none' },
            1,
          ),
        ];
  return [
    ...middle,
    ...lineShapes(lane.lines, room),
    ...points.flatMap((point, index) => pointShapes(point, heightOf(index, lane, room), room, names)),
  ];
};

/** @param down pixels from the top of the lane; null: there is none */
export const pointAt = (lane: PointLane, down: number, height: number): Point | null => {
  const { points } = lane;
  const head = PAD + headOf(lane);
  const index = Math.floor(((down - head) / (height - head - PAD)) * points.length);
  return points[Math.min(points.length - 1, Math.max(0, index))] ?? null;
};

export const sayPoint = ({ note, verdict }: Point): string =>
  verdict === null || verdict === 'pass' ? note : `${note}, ${verdict}`;

export const pointWords = (lane: PointLane, down: number, height: number): string[] => {
  const point = pointAt(lane, down, height);
  if (point === null) return [];
  return [sayPoint(point), ...(point.link === null ? [] : ['press to see its timeline'])];
};

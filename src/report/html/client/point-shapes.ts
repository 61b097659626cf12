import type { Point, PointLane } from '../chart.js';
import { label, type Room, type Shape } from './scale.js';

const PAD = 6;
const RADIUS = 4.5;
/** With more points than this there is no room for their numbers. */
const MOST_NAMED = 20;

const heightOf = (index: number, count: number, { top, height }: Room): number =>
  top + PAD + ((index + 0.5) * (height - 2 * PAD)) / count;

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

const pointShapes = (point: Point, y: number, room: Room, isNamed: boolean): Shape[] => {
  const { scale, palette } = room;
  const from = scale.x(point.lo);
  const to = point.at === null ? from + 26 : scale.x(point.hi ?? point.at);
  const ends = `M${from} ${y}H${to}M${from} ${y - 3}V${y + 3}`;
  const arrow = `M${to - 5} ${y - 4}L${to} ${y}L${to - 5} ${y + 4}`;
  const interval = path(
    ends + (point.at === null ? arrow : `M${to} ${y - 3}V${y + 3}`),
    { stroke: palette.text, lineWidth: 1.3, fill: 'none' },
    3,
  );
  const mark =
    point.at === null
      ? []
      : [
          path(
            outline(point.shape, scale.x(point.at), y),
            { fill: palette.accent, stroke: palette.paper, lineWidth: 1 },
            5,
          ),
        ];
  const name = isNamed
    ? [
        label(point.text, Math.max(to, scale.x(point.at ?? point.lo) + RADIUS) + 6, y, {
          fill: palette.faint,
        }),
      ]
    : [];
  return [interval, ...mark, ...name];
};

export const pointLaneShapes = (lane: PointLane, room: Room): Shape[] => {
  const { points, median } = lane;
  const { scale, top, height, palette } = room;
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
    ...points.flatMap((point, index) =>
      pointShapes(point, heightOf(index, points.length, room), room, points.length <= MOST_NAMED),
    ),
  ];
};

/** @param share how far down in the lane, 0..1 */
export const pointWords = (lane: PointLane, share: number): string[] => {
  const point = lane.points[Math.min(lane.points.length - 1, Math.floor(share * lane.points.length))];
  return point === undefined ? [] : [point.note];
};

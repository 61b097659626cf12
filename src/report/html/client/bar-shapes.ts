import type { Bar, BarLane } from '../chart.js';
import { patternFill, type Palette } from './palette.js';
import { label, lineShapes, saySeconds, textWidth, type Room, type Shape } from './scale.js';

/** Upright room around a bar in its lane. */
const padOf = ({ height }: Room): number => (height < 24 ? 2 : 4);
const NARROWEST = 2;

interface Look {
  readonly style: object;
  /** Text upon it. */
  readonly ink: string;
}

const lookOf = (bar: Bar, palette: Palette): Look => {
  const outlined = { stroke: palette.neutral, lineWidth: 1 };
  switch (bar.style) {
    case 'cause':
      return { style: { fill: palette.accent }, ink: palette.paper };
    case 'active':
      return { style: { fill: palette.good }, ink: palette.paper };
    case 'standby':
      return { style: { ...outlined, fill: palette.paper }, ink: palette.text };
    case 'stall':
      return { style: { fill: patternFill('dots', palette.paper, palette.late) }, ink: palette.text };
    case 'wait':
      return { style: { fill: patternFill('hatch', palette.paper, palette.loss) }, ink: palette.text };
    case 'unseen':
      return { style: { ...outlined, fill: 'none', lineDash: [4, 3] }, ink: palette.text };
    case 'phase':
    case 'value':
    case 'alive':
    case 'dead':
    case 'moment':
      return { style: { ...outlined, fill: palette.stripe }, ink: palette.text };
  }
};

const crossed = (x: number, middle: number, color: string): Shape => ({
  type: 'path',
  silent: true,
  z2: 9,
  shape: {
    pathData: `M${x - 5} ${middle - 5}L${x + 5} ${middle + 5}M${x + 5} ${middle - 5}L${x - 5} ${middle + 5}`,
  },
  style: { stroke: color, lineWidth: 2.5, fill: 'none' },
});

const moment = (x: number, middle: number, palette: Palette): Shape => ({
  type: 'path',
  silent: true,
  z2: 9,
  shape: { pathData: `M${x} ${middle - 6}L${x + 6} ${middle}L${x} ${middle + 6}L${x - 6} ${middle}z` },
  style: { fill: palette.accent, stroke: palette.paper, lineWidth: 1 },
});

const block = (
  left: number,
  right: number,
  top: number,
  height: number,
  style: object,
  z2: number,
): Shape => ({
  type: 'rect',
  silent: true,
  z2,
  shape: { x: left, y: top, width: right - left, height },
  style,
});

interface Place {
  readonly left: number;
  readonly right: number;
}

/** Where the change lies, if it is not known any better. */
const unsure = (bar: Bar, { left }: Place, room: Room): Shape[] => {
  if (bar.since === undefined) return [];
  const from = Math.max(room.scale.left - 2, room.scale.x(bar.since));
  if (left - from < 1) return [];
  const style = { fill: patternFill('dots', room.palette.neutral, room.palette.paper) };
  return [block(from, left, room.top + padOf(room), room.height - 2 * padOf(room), style, 2)];
};

const worded = (text: string, { left, right }: Place, room: Room, ink: string): Shape[] => {
  if (right - left <= textWidth(text) + 8) return [];
  return [label(text, left + 5, room.top + room.height / 2, { fill: ink })];
};

/** Beside the end of a session, where there is room for it. */
const endName = (text: string, x: number, { scale, top, height, palette }: Room): Shape => {
  const isRight = x + 10 + textWidth(text) <= scale.right || x - scale.left < scale.right - x;
  return label(text, isRight ? x + 10 : x - 10, top + height / 2, {
    fill: palette.text,
    align: isRight ? 'left' : 'right',
    ground: palette.paper,
  });
};

const barShapes = (bar: Bar, room: Room): Shape[] => {
  const { scale, top, height, palette } = room;
  if (bar.from > scale.to || (bar.to ?? Infinity) < Math.min(scale.from, bar.since ?? Infinity)) return [];
  const left = Math.max(scale.left - 2, scale.x(bar.from));
  const end = bar.to === null ? scale.right + 2 : Math.min(scale.right + 2, scale.x(bar.to));
  const place = { left, right: Math.max(end, left + NARROWEST) };
  const middle = top + height / 2;
  switch (bar.style) {
    case 'moment':
      return [...unsure(bar, place, room), moment(left, middle, palette)];
    case 'dead':
      return [crossed(left, middle, palette.loss), endName(bar.text, left, room)];
    case 'alive':
      return [block(place.left, place.right, middle - 2, 4, { fill: palette.good }, 1)];
    case 'phase':
    case 'cause':
    case 'unseen':
    case 'active':
    case 'standby':
    case 'value':
    case 'stall':
    case 'wait': {
      const { style, ink } = lookOf(bar, palette);
      const over = bar.style === 'wait' || bar.style === 'stall' ? [] : worded(bar.text, place, room, ink);
      return [
        ...unsure(bar, place, room),
        block(place.left, place.right, top + padOf(room), height - 2 * padOf(room), style, 3),
        ...over,
      ];
    }
  }
};

/** The name of a moment, where the next one leaves room for it. */
const momentName = (bar: Bar, next: Bar | undefined, room: Room): Shape[] => {
  if (bar.style !== 'moment') return [];
  const left = room.scale.x(bar.from) + 9;
  const before = next === undefined ? Infinity : room.scale.x(next.since ?? next.from) - 6;
  const right = Math.min(room.scale.right, before);
  return worded(bar.text, { left: left - 5, right }, room, room.palette.text);
};

export const barLaneShapes = (lane: BarLane, room: Room): Shape[] => [
  ...lane.bars.flatMap((bar, index) => [
    ...barShapes(bar, room),
    ...(bar.from < room.scale.from ? [] : momentName(bar, lane.bars[index + 1], room)),
  ]),
  ...lineShapes(
    (lane.lines ?? []).filter(({ at }) => at <= room.scale.to),
    room,
  ),
];

export const sayBar = ({ from, to, text, since }: Bar): string => {
  const when = to === null ? `from ${saySeconds(from)} on` : `${saySeconds(from)} to ${saySeconds(to)}`;
  return `${text}: ${when}${since === undefined ? '' : `, changed after ${saySeconds(since)}`}`;
};

const isNear = ({ from, to, since }: Bar, at: number, near: number): boolean =>
  at >= Math.min(from, since ?? from) - near && at <= (to ?? Infinity) + near;

/** Whose mark is nearest to where somebody points, of those that lead to a line; null: there is none. */
export const barAt = ({ bars }: BarLane, at: number, near: number): Bar | null =>
  bars
    .filter((bar) => bar.link !== undefined && isNear(bar, at, near))
    .reduce<Bar | null>(
      (best, bar) => (best === null || Math.abs(bar.from - at) < Math.abs(best.from - at) ? bar : best),
      null,
    );

export const barWords = (lane: BarLane, at: number, near: number): string[] => {
  const linked = barAt(lane, at, near);
  return [
    ...lane.bars
      .filter((bar) => isNear(bar, at, near))
      .slice(-4)
      .map(sayBar),
    ...(linked === null ? [] : [`press to see the line of: ${linked.text}`]),
  ];
};

import type { CustomSeriesRenderItemReturn } from 'echarts';
import type { Mark } from '../chart.js';
import type { Palette } from './palette.js';

/** From seconds to pixels, for what is in view. */
export interface Scale {
  readonly left: number;
  readonly right: number;
  readonly from: number;
  readonly to: number;
  x(seconds: number): number;
}

/** Where a lane is drawn, and with what. */
export interface Room {
  readonly scale: Scale;
  readonly top: number;
  readonly height: number;
  readonly palette: Palette;
}

export type Shape = Exclude<NonNullable<CustomSeriesRenderItemReturn>, { type: 'group' }>;

const FONT = '11px system-ui, sans-serif';
/** Of the font, on average. */
const CHARACTER = 6.1;

/** A lower lane has no room for the words of a line. */
const NAMED = 24;

export const textWidth = (text: string): number => text.length * CHARACTER;

export const label = (
  text: string,
  x: number,
  y: number,
  style: { readonly fill: string; readonly align?: 'left' | 'center' | 'right'; readonly ground?: string },
): Shape => ({
  type: 'text',
  silent: true,
  z2: 20,
  style: {
    text,
    x,
    y,
    font: FONT,
    fill: style.fill,
    align: style.align ?? 'left',
    verticalAlign: 'middle',
    ...(style.ground === undefined
      ? {}
      : { backgroundColor: style.ground, padding: [3, 4] as [number, number], borderRadius: 2 }),
  },
});

/** A limit, a margin: dashed across a lane, with its words at the top of it where there is room. */
export const lineShapes = (lines: readonly Mark[], room: Room): Shape[] => {
  const { scale, top, height, palette } = room;
  let free = scale.left;
  return lines
    .toSorted((a, b) => a.at - b.at)
    .flatMap(({ at, text }) => {
      const isWithin = at >= scale.from && at <= scale.to;
      if (at < scale.from) return [];
      const x = isWithin ? scale.x(at) : scale.right;
      const line = (z2: number, style: object): Shape => ({
        type: 'line',
        silent: true,
        z2,
        shape: { x1: x, y1: top + 1, x2: x, y2: top + height - 1 },
        style,
      });
      // Seen on the bars that it crosses, too.
      const lined = [
        line(13, { stroke: palette.paper, lineWidth: 4 }),
        line(14, { stroke: palette.text, lineWidth: 1.5, lineDash: [6, 3] }),
      ];
      const said = isWithin ? text : `${text} →`;
      const width = textWidth(said) + 8;
      const isLeft = at < 0 || x + width > scale.right;
      const begin = isLeft ? x - width : x;
      const isNamed = begin >= free && height > NAMED;
      if (isNamed) free = begin + width;
      const name = label(said, isLeft ? x - 4 : x + 4, top + 8, {
        fill: palette.text,
        align: isLeft ? 'right' : 'left',
        ground: palette.paper,
      });
      return [...(isWithin ? lined : []), ...(isNamed ? [name] : [])];
    });
};

/** `0.036 s`, `3.42 s`, `134.0 s` */
export const saySeconds = (value: number): string => {
  const size = Math.abs(value);
  return `${value.toFixed(size < 1 ? 3 : size < 100 ? 2 : 1)} s`;
};

export const sayMicroseconds = (value: number): string =>
  value < 10_000 ? `${(value / 1e3).toFixed(2)} ms` : `${(value / 1e3).toFixed(value < 1e5 ? 1 : 0)} ms`;

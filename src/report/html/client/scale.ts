import type { CustomSeriesRenderItemReturn } from 'echarts';
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
      : { backgroundColor: style.ground, padding: [1, 3] as [number, number], borderRadius: 2 }),
  },
});

/** `0.036 s`, `3.42 s`, `134.0 s` */
export const saySeconds = (value: number): string => {
  const size = Math.abs(value);
  return `${value.toFixed(size < 1 ? 3 : size < 100 ? 2 : 1)} s`;
};

export const sayMicroseconds = (value: number): string =>
  value < 10_000 ? `${(value / 1e3).toFixed(2)} ms` : `${(value / 1e3).toFixed(value < 1e5 ? 1 : 0)} ms`;

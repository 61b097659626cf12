import type { Lane, LanesChart } from '../chart.js';
import { headOf } from './point-shapes.js';

/** Room above the lanes for the words of the marks. */
const MARKS = 20;
/** Of an axis and its name below the lanes, and of the slider below that. */
export const AXIS = 40;
export const SLIDER = 30;

/** What a page of A4 has for the lanes of a chart, below its heading: a chart cannot go on on the next one. */
export const PAGE = 860;

const POINT_LINE = 13;
const PAPER_LINE = 9;

const heightOf = (lane: Lane, isPaper: boolean): number => {
  switch (lane.kind) {
    case 'stream':
      return isPaper ? 26 : 48;
    case 'bars':
      return isPaper ? 17 : 32;
    case 'points':
      return (
        headOf(lane) +
        (isPaper
          ? Math.min(160, Math.max(24, 10 + PAPER_LINE * lane.points.length))
          : Math.min(240, Math.max(36, 14 + POINT_LINE * lane.points.length)))
      );
  }
};

export interface LaneRoom {
  readonly lane: Lane;
  readonly top: number;
  readonly height: number;
}

export interface Layout {
  readonly rooms: readonly LaneRoom[];
  /** Of all lanes, with the marks. */
  readonly height: number;
}

/**
 * @param lanes with how high the name of each is, in pixels: none is cut
 * @param isPaper where nobody looks closer, and a page has an end
 * @param squeeze of the usual height of a lane, 0..1
 */
export const layoutOf = (
  marks: LanesChart['marks'],
  lanes: readonly { readonly lane: Lane; readonly label: number }[],
  { isPaper, squeeze }: { readonly isPaper: boolean; readonly squeeze: number },
): Layout => {
  let top = marks.length > 0 ? MARKS : 0;
  const rooms = lanes.map(({ lane, label }) => {
    const room = { lane, top, height: Math.max(Math.floor(squeeze * heightOf(lane, isPaper)), label) };
    top += room.height;
    return room;
  });
  return { rooms, height: top };
};

/** On paper nobody moves the view: a lane without anything in it says nothing. */
export const isEmptyIn = (lane: Lane, from: number, to: number): boolean =>
  lane.kind === 'bars' && !lane.bars.some((bar) => bar.from <= to && (bar.to ?? Infinity) >= from);

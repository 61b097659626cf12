import type { Lane, LanesChart } from '../chart.js';

/** Room above the lanes for the words of the marks. */
const MARKS = 20;
/** Of an axis and its name below the lanes, and of the slider below that. */
export const AXIS = 40;
export const SLIDER = 30;

const POINT_LINE = 13;

const heightOf = (lane: Lane): number => {
  switch (lane.kind) {
    case 'stream':
      return 48;
    case 'bars':
      return 32;
    case 'points':
      return Math.min(240, Math.max(36, 14 + POINT_LINE * lane.points.length));
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

export const layoutOf = ({ lanes, marks }: LanesChart): Layout => {
  let top = marks.length > 0 ? MARKS : 0;
  const rooms = lanes.map((lane) => {
    const room = { lane, top, height: heightOf(lane) };
    top += room.height;
    return room;
  });
  return { rooms, height: top };
};

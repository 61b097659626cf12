import type { ChartPeriod } from '../../../analysis/chart/chart-events.js';
import type { RttSegment } from '../../../analysis/chart/chart-rtt.js';
import { OUTAGE_KINDS } from '../../../model/record.js';
import type { StreamLane } from '../chart.js';
import { patternFill } from './palette.js';
import { label, lineShapes, saySeconds, sayMicroseconds, textWidth, type Room, type Shape } from './scale.js';

/** No loss is narrower than this, however far one looks away: pixels. */
const NARROWEST = 1.5;
const CAP_WIDTH = 3;
const CAP_HEIGHT = 4;

const rect = (x: number, y: number, width: number, height: number): string =>
  `M${x.toFixed(1)} ${y.toFixed(1)}h${width.toFixed(1)}v${height.toFixed(1)}h${(-width).toFixed(1)}z`;

interface Edges {
  readonly left: number;
  readonly right: number;
}

const widened = (from: number, to: number, least: number): Edges => {
  const missing = Math.max(0, least - (to - from)) / 2;
  return { left: from - missing, right: to + missing };
};

interface Ink {
  readonly sure: object;
  readonly cap: string;
}

const inkOf = (kind: ChartPeriod['kind'], { palette }: Room): Ink => {
  switch (kind) {
    case 'loss':
      return { sure: { fill: patternFill('hatch', palette.paper, palette.loss) }, cap: palette.loss };
    case 'late':
      return { sure: { fill: patternFill('dots', palette.paper, palette.late) }, cap: palette.late };
    case 'slow':
      return {
        sure: { fill: patternFill('dots', palette.paper, palette.late), opacity: 0.4 },
        cap: palette.late,
      };
    case 'background':
      return { sure: { fill: palette.loss, opacity: 0.4 }, cap: palette.loss };
    case 'refused':
      return { sure: { fill: patternFill('dots', palette.paper, palette.text) }, cap: palette.text };
    case 'silence':
      return { sure: { fill: 'none', stroke: palette.text, lineWidth: 1 }, cap: palette.text };
  }
};

/** One path for each kind: thousands of periods are as quick to draw as one. */
const periodShapes = (periods: readonly ChartPeriod[], kind: ChartPeriod['kind'], room: Room): Shape[] => {
  const { scale, top, height, palette } = room;
  const own = periods.filter(
    (each) =>
      each.kind === kind &&
      each.from_s - each.edge_s <= scale.to &&
      (each.to_s ?? Infinity) + each.edge_s >= scale.from,
  );
  if (own.length === 0) return [];
  const unsure: string[] = [];
  const sure: string[] = [];
  const caps: string[] = [];
  const texts: Shape[] = [];
  for (const { from_s, to_s, begun, edge_s, outage_s, periods: count } of own) {
    const end = to_s ?? scale.to;
    const clip = (x: number): number => Math.min(scale.right + 4, Math.max(scale.left - 4, x));
    const inner = widened(clip(scale.x(from_s)), clip(scale.x(end)), NARROWEST);
    const outer = { left: clip(scale.x(from_s - edge_s)), right: clip(scale.x(end + edge_s)) };
    const cap = widened(inner.left, inner.right, CAP_WIDTH);
    if (edge_s > 0) unsure.push(rect(outer.left, top, outer.right - outer.left, height));
    sure.push(rect(inner.left, top, inner.right - inner.left, height));
    caps.push(rect(cap.left, top, cap.right - cap.left, CAP_HEIGHT));
    const length = begun ? `≥ ${saySeconds(end - from_s)}` : saySeconds(outage_s ?? end - from_s + edge_s);
    const said = to_s === null ? 'did not end' : length;
    const text = count === 1 ? said : `${count} periods`;
    if (inner.right - inner.left > textWidth(text) + 10)
      texts.push(
        label(text, (inner.left + inner.right) / 2, top + height / 2, {
          fill: palette.text,
          align: 'center',
          ground: palette.paper,
        }),
      );
  }
  const ink = inkOf(kind, room);
  const path = (parts: readonly string[], style: object, z2: number): Shape => ({
    type: 'path',
    silent: true,
    z2,
    shape: { pathData: parts.join('') },
    style,
  });
  return [
    ...(unsure.length === 0 ? [] : [path(unsure, { fill: ink.cap, opacity: 0.22 }, 2)]),
    path(sure, ink.sure, 3),
    path(caps, { fill: ink.cap }, 4),
    ...texts,
  ];
};

type Place = [x: number, y: number];

/** Least and greatest of each bucket as an upright stroke of one line, which breaks where nothing was answered. */
const rttLines = (
  segment: RttSegment,
  room: Room,
  gap_s: number,
  height: (us: number) => number,
): Place[][] => {
  const { scale } = room;
  const { from_s, width_s, lo_us, hi_us } = segment;
  const first = Math.max(0, Math.floor((scale.from - from_s) / width_s) - 1);
  const end = Math.min(lo_us.length, Math.ceil((scale.to - from_s) / width_s) + 2);
  const lines: Place[][] = [];
  let line: Place[] = [];
  let last = -Infinity;
  for (let index = first; index < end; index += 1) {
    const lo = lo_us[index] ?? null;
    const hi = hi_us[index] ?? null;
    if (lo === null || hi === null) continue;
    if (index - last > Math.max(2.5, gap_s / width_s)) {
      line = [];
      lines.push(line);
    }
    last = index;
    const x = scale.x(from_s + (index + 0.5) * width_s);
    line.push([x, height(lo)]);
    if (hi !== lo) line.push([x, height(hi)]);
  }
  return lines;
};

const rttShapes = (lane: StreamLane, range: readonly [number, number], room: Room): Shape[] => {
  const { top, height, palette } = room;
  const [least, greatest] = [Math.log10(Math.max(1, range[0])), Math.log10(Math.max(10, range[1]))];
  // At least a factor of ten, or noise would look like a mountain range.
  const spread = Math.max(1, greatest - least);
  const place = (us: number): number =>
    top + height - 4 - ((Math.log10(Math.max(1, us)) - least) / spread) * (height - 11);
  return lane.rtt.flatMap((segment) =>
    rttLines(segment, room, 2.5 * lane.every_s, place).map((points): Shape =>
      points.length === 1
        ? {
            type: 'circle',
            silent: true,
            z2: 6,
            shape: { cx: points[0]?.[0] ?? 0, cy: points[0]?.[1] ?? 0, r: 1.3 },
            style: { fill: palette.rtt },
          }
        : {
            type: 'polyline',
            silent: true,
            z2: 6,
            shape: { points },
            style: { stroke: palette.rtt, lineWidth: 1.2, fill: 'none' },
          },
    ),
  );
};

export const streamShapes = (
  lane: StreamLane,
  range: readonly [number, number] | null,
  room: Room,
): Shape[] => [
  ...OUTAGE_KINDS.flatMap((kind) => periodShapes(lane.periods, kind, room)),
  ...(range === null ? [] : rttShapes(lane, range, room)),
  ...lineShapes(
    lane.lines.filter(({ at }) => at <= room.scale.to),
    room,
  ),
];

export const sayPeriod = ({ kind, from_s, to_s, begun, edge_s, probes, periods }: ChartPeriod): string => {
  const many = periods === 1 ? '' : `${periods} periods drawn as one, `;
  const said = `${kind}: ${many}${probes === 1 ? '1 probe' : `${probes} probes`}`;
  if (to_s === null) return `${said}, did not end`;
  if (begun) return `${said}, at least ${saySeconds(to_s - from_s)}`;
  const [lo, hi] = [to_s - from_s, to_s - from_s + 2 * edge_s];
  return `${said}, ${saySeconds(lo)} to ${saySeconds(hi)}`;
};

/** What is at an instant, or within a few pixels of it. */
export const streamWords = (lane: StreamLane, at: number, near: number): string[] => {
  const periods = lane.periods.filter(
    ({ from_s, to_s, edge_s }) =>
      at >= from_s - Math.max(edge_s, near) && at <= (to_s ?? Infinity) + Math.max(edge_s, near),
  );
  const delays = lane.rtt.flatMap(({ from_s, width_s, lo_us, hi_us }) => {
    const index = Math.floor((at - from_s) / width_s);
    const [lo, hi] = [lo_us[index] ?? null, hi_us[index] ?? null];
    if (lo === null || hi === null) return [];
    return [
      lo === hi ? `RTT ${sayMicroseconds(lo)}` : `RTT ${sayMicroseconds(lo)} to ${sayMicroseconds(hi)}`,
    ];
  });
  return [...periods.slice(0, 3).map(sayPeriod), ...delays.slice(-1)];
};

import { CustomChart } from 'echarts/charts';
import { DataZoomComponent, GridComponent } from 'echarts/components';
import { init, use, type EChartsType } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import type { Lane, LanesChart } from '../chart.js';
import { barAt, barLaneShapes, barWords, sayBar } from './bar-shapes.js';
import { element } from './element.js';
import { AXIS, isEmptyIn, layoutOf, PAGE, SLIDER, type LaneRoom, type Layout } from './lane-room.js';
import { paletteOf, type Palette } from './palette.js';
import { pointAt, pointLaneShapes, pointWords, sayPoint } from './point-shapes.js';
import { label, saySeconds, textWidth, type Room, type Scale, type Shape } from './scale.js';
import { sayPeriod, streamShapes, streamWords } from './stream-shapes.js';
import { showTip } from './tip.js';
import { toolbar } from './toolbar.js';

use([CustomChart, GridComponent, DataZoomComponent, CanvasRenderer]);

/** A chart in the page; `refresh` draws it anew in the present colours and width. */
export interface Drawn {
  refresh(): void;
}

const laneShapes = ({ lane }: LaneRoom, chart: LanesChart, room: Room): Shape[] => {
  switch (lane.kind) {
    case 'stream':
      return streamShapes(lane, chart.rtt_us, room);
    case 'bars':
      return barLaneShapes(lane, room);
    case 'points':
      return pointLaneShapes(lane, room);
  }
};

const markShapes = (chart: LanesChart, height: number, { scale, top, palette }: Room): Shape[] => {
  let free = -Infinity;
  return chart.marks
    .filter(({ at }) => at >= scale.from && at <= scale.to)
    .toSorted((a, b) => a.at - b.at)
    .flatMap(({ at, text }) => {
      const x = scale.x(at);
      const line: Shape = {
        type: 'line',
        silent: true,
        z2: 15,
        shape: { x1: x, y1: top + 2, x2: x, y2: top + height },
        style: { stroke: palette.text, lineWidth: 1.3, lineDash: [5, 3] },
      };
      const width = textWidth(text) + 8;
      const toLeft = x + width > scale.right;
      const begin = toLeft ? x - width : x;
      if (begin < free) return [line];
      free = begin + width;
      return [
        line,
        label(text, toLeft ? x - 4 : x + 4, top + 9, {
          fill: palette.text,
          align: toLeft ? 'right' : 'left',
        }),
      ];
    });
};

const stripes = ({ rooms }: Layout, { scale, top, palette }: Room): Shape[] =>
  rooms
    .filter((_, index) => index % 2 === 1)
    .map((room) => ({
      type: 'rect',
      silent: true,
      z2: 0,
      shape: { x: scale.left, y: top + room.top, width: scale.right - scale.left, height: room.height },
      style: { fill: palette.stripe },
    }));

const words = ({ lane, top, height }: LaneRoom, at: number, y: number, near: number): string[] => {
  switch (lane.kind) {
    case 'stream':
      return streamWords(lane, at, near);
    case 'bars':
      return barWords(lane, at, near);
    case 'points':
      return pointWords(lane, y - top, height);
  }
};

/** Pixels within which somebody points at something. */
const NEAR = 4;

const isPrinting = (): boolean => document.documentElement.classList.contains('printing');

/** Left of the lanes there is no room for half a number: so much of the width for each character but the first. */
const AT_EDGE = 0.006;

const axisNumber = (value: number, [from, to]: readonly [number, number]): string => {
  const said = String(Number(value.toPrecision(8)));
  return value < from + AT_EDGE * (said.length - 1) * (to - from) ? '' : said;
};

const optionOf = (
  chart: LanesChart,
  layout: Layout,
  palette: Palette,
  current: () => readonly [number, number],
  zooms: boolean,
) => {
  const view = current();
  const axis = {
    type: 'value' as const,
    min: chart.from,
    max: chart.to,
    axisLine: { lineStyle: { color: palette.line } },
    axisLabel: {
      color: palette.faint,
      fontSize: 11,
      formatter: (value: number) => axisNumber(value, current()),
      hideOverlap: true,
      showMinLabel: false,
      showMaxLabel: false,
    },
    splitLine: { lineStyle: { color: palette.line } },
  };
  const zoom = {
    xAxisIndex: 0,
    startValue: view[0],
    endValue: view[1],
    filterMode: 'none' as const,
    minValueSpan: 0.001,
  };
  return {
    animation: false,
    grid: { left: 1, right: 12, top: 0, height: layout.height, outerBoundsMode: 'none' as const },
    xAxis: {
      ...axis,
      name: chart.axis,
      nameLocation: 'middle' as const,
      nameGap: 22,
      nameTextStyle: { color: palette.faint, fontSize: 11 },
    },
    yAxis: { type: 'value' as const, min: 0, max: layout.height, inverse: true, show: false },
    dataZoom: zooms
      ? [
          { type: 'inside' as const, ...zoom, zoomOnMouseWheel: 'ctrl' as const, moveOnMouseWheel: false },
          {
            type: 'slider' as const,
            ...zoom,
            // On paper nobody slides.
            show: !isPrinting(),
            top: layout.height + AXIS + 4,
            height: SLIDER - 10,
            left: 6,
            right: 16,
            showDetail: false,
            showDataShadow: false,
            brushSelect: false,
            borderColor: palette.line,
            fillerColor: palette.stripe,
            handleStyle: { color: palette.paper, borderColor: palette.neutral },
            moveHandleStyle: { color: palette.neutral },
            backgroundColor: 'transparent',
          },
        ]
      : [],
    series: [
      {
        type: 'custom' as const,
        clip: true,
        silent: true,
        data: [[0, 0]],
        renderItem: (params: { coordSys: unknown }, api: { coord(point: readonly number[]): number[] }) => {
          const area = params.coordSys as { x: number; y: number; width: number };
          const [zero = 0] = api.coord([0, 0]);
          const [one = 1] = api.coord([1, 0]);
          const perSecond = one - zero;
          const scale: Scale = {
            left: area.x,
            right: area.x + area.width,
            from: (area.x - zero) / perSecond,
            to: (area.x + area.width - zero) / perSecond,
            x: (at) => zero + at * perSecond,
          };
          const whole: Room = { scale, top: area.y, height: layout.height, palette };
          return {
            type: 'group' as const,
            children: [
              ...stripes(layout, whole),
              ...layout.rooms.flatMap((each) =>
                laneShapes(each, chart, { scale, top: area.y + each.top, height: each.height, palette }),
              ),
              ...markShapes(chart, layout.height, whole),
            ],
          };
        },
      },
    ],
  };
};

/** Of more the tables tell. */
const MOST_SPOKEN = 20;

/** What a lane shows, for those who do not see it. */
const spoken = (lane: Lane): string => {
  switch (lane.kind) {
    case 'points':
      return [
        ...lane.points.map(sayPoint),
        ...lane.lines.map(({ text, at }) => `${text}, at ${saySeconds(at)}`),
      ].join('; ');
    case 'bars':
      return lane.bars.slice(0, MOST_SPOKEN).map(sayBar).join('; ');
    case 'stream':
      return lane.periods
        .slice(0, MOST_SPOKEN)
        .map((period) => `${sayPeriod(period)}, at ${saySeconds(period.from_s)}`)
        .join('; ');
  }
};

interface LaneRow {
  readonly lane: Lane;
  readonly row: HTMLElement;
}

const laneLabels = ({
  lanes,
}: LanesChart): { readonly list: HTMLElement; readonly rows: readonly LaneRow[] } => {
  const list = element('div', 'lane-labels');
  list.setAttribute('role', 'list');
  const rows = lanes.map((lane) => {
    const row = element('div', 'lane');
    row.setAttribute('role', 'listitem');
    row.append(element('span', 'lane-name', lane.label), element('span', 'lane-sub', lane.sub));
    const words = spoken(lane);
    if (words !== '') row.append(element('span', 'spoken', words));
    return { lane, row };
  });
  list.append(...rows.map(({ row }) => row));
  return { list, rows };
};

/** Gives every lane the room that its name takes. */
const arranged = (
  chart: LanesChart,
  all: readonly LaneRow[],
  [from, to]: readonly [number, number],
): Layout => {
  const isPaper = isPrinting();
  for (const { lane, row } of all) {
    row.hidden = isPaper && isEmptyIn(lane, from, to);
    row.style.height = 'auto';
    row.classList.remove('dense');
  }
  const shown = all.filter(({ row }) => !row.hidden);
  const laid = (squeeze: number): Layout =>
    layoutOf(
      chart.marks,
      shown.map(({ lane, row }) => ({ lane, label: row.offsetHeight })),
      { isPaper, squeeze },
    );
  const usual = laid(1);
  const isLong = isPaper && usual.height > PAGE;
  for (const { row } of shown) row.classList.toggle('dense', isLong);
  const layout = isLong ? laid(PAGE / usual.height) : usual;
  for (const [index, { row }] of shown.entries()) {
    const room = layout.rooms[index];
    row.style.top = `${room?.top ?? 0}px`;
    row.style.height = `${room?.height ?? 0}px`;
  }
  return layout;
};

/** Where a lane leads to from a place in it; null: nowhere. */
const linkIn = ({ lane, top, height }: LaneRoom, at: number, y: number, near: number): string | null => {
  switch (lane.kind) {
    case 'points':
      return pointAt(lane, y - top, height)?.link ?? null;
    case 'bars':
      return barAt(lane, at, near)?.link ?? null;
    case 'stream':
      return null;
  }
};

/** A press on a point leads to its trial, on an event to its line; by keyboard the tables do. */
const followLinks = (drawn: EChartsType, linkAt: (x: number, y: number) => string | null): void => {
  const zr = drawn.getZr();
  zr.on('mousemove', ({ offsetX, offsetY }: { offsetX: number; offsetY: number }) => {
    if (linkAt(offsetX, offsetY) !== null) zr.setCursorStyle('pointer');
  });
  zr.on('click', ({ offsetX, offsetY }: { offsetX: number; offsetY: number }) => {
    const link = linkAt(offsetX, offsetY);
    if (link !== null) window.location.hash = link;
  });
};

/** Draws into the figure. Only what has several views, or time on its axis, can be zoomed. */
export const drawLanes = (figure: HTMLElement, chart: LanesChart): Drawn => {
  const zooms = chart.lanes.some(({ kind }) => kind !== 'points');
  const first = chart.views[0] ?? { from: chart.from, to: chart.to };
  let view: readonly [number, number] = [Math.max(chart.from, first.from), Math.min(chart.to, first.to)];
  const plot = element('div', 'plot');
  const { list, rows } = laneLabels(chart);
  const canvas = element('div', 'canvas');
  plot.append(list, canvas);
  figure.append(plot);
  let layout: Layout = { rooms: [], height: 0 };
  const arrange = (): void => {
    layout = arranged(chart, rows, view);
    const height = layout.height + AXIS + (zooms && !isPrinting() ? SLIDER : 0);
    for (const each of [plot, canvas]) each.style.height = `${height}px`;
  };
  arrange();
  const roomAt = (y: number): LaneRoom | undefined =>
    layout.rooms.find(({ top, height }) => y >= top && y < top + height);
  const drawn: EChartsType = init(canvas, null, { renderer: 'canvas' });
  const draw = (): void => {
    drawn.setOption(
      optionOf(chart, layout, paletteOf(figure), () => view, zooms),
      { notMerge: true },
    );
  };
  draw();
  if (zooms) {
    const show = (from: number, to: number): void => {
      const span = Math.min(chart.to - chart.from, Math.max(0.002, to - from));
      const begin = Math.min(chart.to - span, Math.max(chart.from, from));
      drawn.dispatchAction({ type: 'dataZoom', dataZoomIndex: 0, startValue: begin, endValue: begin + span });
    };
    const shown = toolbar(figure, plot, chart, { current: () => view, show });
    drawn.on('datazoom', () => {
      const [zoom] = (drawn.getOption()['dataZoom'] ?? []) as { startValue: number; endValue: number }[];
      if (zoom === undefined) return;
      view = [zoom.startValue, zoom.endValue];
      shown(view);
    });
  }
  const secondsAt = (x: number): number => drawn.convertFromPixel({ xAxisIndex: 0 }, x);
  const near = (x: number): number => NEAR * Math.abs(secondsAt(x + 1) - secondsAt(x));
  followLinks(drawn, (x, y) => {
    const room = roomAt(y);
    return room === undefined ? null : linkIn(room, secondsAt(x), y, near(x));
  });
  showTip(drawn, plot, (x, y) => {
    const at = secondsAt(x);
    const room = roomAt(y);
    if (room === undefined || !Number.isFinite(at)) return null;
    return [`${room.lane.label}, at ${saySeconds(at)}`, ...words(room, at, y, near(x))];
  });
  return {
    refresh: () => {
      arrange();
      drawn.resize();
      draw();
      drawn.getZr().flush();
    },
  };
};

import { init } from 'echarts/core';
import { withLocal } from '../../../analysis/words/when.js';
import type { TrendChart, TrendDot } from '../chart.js';
import { element } from './element.js';
import type { Drawn } from './lanes-chart.js';
import { paletteOf, type Palette } from './palette.js';
import { label, saySeconds, type Shape } from './scale.js';
import { showTip } from './tip.js';

const HEIGHT = 358;
const MARGIN = { left: 56, right: 16, top: 34, bottom: 82 };

type Coord = (point: readonly number[]) => number[];

const path = (pathData: string, style: object, z2: number): Shape => ({
  type: 'path',
  silent: true,
  z2,
  shape: { pathData },
  style,
});

const dotShapes = (dot: TrendDot, index: number, coord: Coord, palette: Palette): Shape[] => {
  const [x = 0] = coord([index, 0]);
  const y = (value: number): number => coord([index, value])[1] ?? 0;
  const line = { stroke: palette.text, lineWidth: 1.3, fill: 'none' };
  if (dot.notRecovered) {
    const from = dot.min === null ? MARGIN.top + 24 : y(dot.min);
    const top = MARGIN.top + 2;
    return [path(`M${x} ${from}V${top}M${x - 4} ${top + 6}L${x} ${top}L${x + 4} ${top + 6}`, line, 3)];
  }
  if (dot.median === null) return [];
  const whisker =
    dot.min === null || dot.max === null || dot.min === dot.max
      ? []
      : [
          path(
            `M${x} ${y(dot.min)}V${y(dot.max)}M${x - 4} ${y(dot.min)}H${x + 4}M${x - 4} ${y(dot.max)}H${x + 4}`,
            line,
            3,
          ),
        ];
  const middle: Shape = {
    type: 'circle',
    silent: true,
    z2: 5,
    shape: { cx: x, cy: y(dot.median), r: 4.5 },
    style: dot.failed
      ? { fill: palette.paper, stroke: palette.loss, lineWidth: 2 }
      : { fill: palette.accent, stroke: palette.paper, lineWidth: 1 },
  };
  return [...whisker, middle];
};

/** Where the version became another one, its name along the top. */
const versionShapes = ({ dots }: TrendChart, coord: Coord, palette: Palette): Shape[] => {
  let free = -Infinity;
  return dots.flatMap(({ version }, index) => {
    if (index > 0 && dots[index - 1]?.version === version) return [];
    const [x = 0] = coord([index, 0]);
    if (x < free) return [];
    free = x + version.length * 6.5 + 12;
    return [label(version, x - 4, 10, { fill: palette.faint })];
  });
};

const changeShapes = (chart: TrendChart, coord: Coord, palette: Palette): Shape[] =>
  chart.changes.map(({ index }) => {
    const [before = 0] = coord([index - 1, 0]);
    const [x = 0] = coord([index, 0]);
    const middle = (before + x) / 2;
    return path(
      `M${middle} ${MARGIN.top - 12}V${HEIGHT - MARGIN.bottom}`,
      { stroke: palette.loss, lineWidth: 1.5, lineDash: [6, 4], fill: 'none' },
      2,
    );
  });

/** Across the whole plot, with their names at its left. */
const limitShapes = ({ limits, dots }: TrendChart, coord: Coord, palette: Palette): Shape[] =>
  limits.flatMap(({ value, text }) => {
    const [left = 0, y = 0] = coord([0, value]);
    const [right = 0] = coord([dots.length - 1, value]);
    const line = { stroke: palette.loss, lineWidth: 1, lineDash: [2, 3], fill: 'none' };
    return [
      path(`M${left - 8} ${y}H${right + 8}`, line, 1),
      label(text, left - 4, y - 8, { fill: palette.faint }),
    ];
  });

const optionOf = (chart: TrendChart, palette: Palette) => {
  const longest = chart.dots.reduce(
    (most, { max, median, min }) => Math.max(most, max ?? median ?? min ?? 0),
    Math.max(0, ...chart.limits.map(({ value }) => value)),
  );
  const axisLabel = { color: palette.faint, fontSize: 11, hideOverlap: true };
  return {
    animation: false,
    grid: { ...MARGIN, outerBoundsMode: 'none' as const },
    xAxis: {
      type: 'category' as const,
      data: chart.dots.map(({ label: text }) => text),
      axisLabel: { ...axisLabel, rotate: 35 },
      axisLine: { lineStyle: { color: palette.line } },
    },
    yAxis: {
      type: 'value' as const,
      min: 0,
      max: longest === 0 ? 1 : longest * 1.1,
      axisLabel: {
        ...axisLabel,
        showMaxLabel: false,
        formatter: (value: number) => `${Number(value.toPrecision(6))} s`,
      },
      splitLine: { lineStyle: { color: palette.line } },
    },
    series: [
      {
        type: 'custom' as const,
        silent: true,
        data: [[0, 0]],
        renderItem: (_: unknown, api: { coord: Coord }) => {
          const coord: Coord = (point) => api.coord(point);
          return {
            type: 'group' as const,
            children: [
              ...limitShapes(chart, coord, palette),
              ...changeShapes(chart, coord, palette),
              ...versionShapes(chart, coord, palette),
              ...chart.dots.flatMap((dot, index) => dotShapes(dot, index, coord, palette)),
            ],
          };
        },
      },
    ],
  };
};

const sayDot = ({
  label: text,
  version,
  min,
  median,
  max,
  notRecovered,
  failed,
  note,
}: TrendDot): string[] => {
  const ends = min === null || max === null ? '' : `, ${saySeconds(min)} to ${saySeconds(max)}`;
  const said =
    median === null
      ? notRecovered
        ? 'median not recovered'
        : 'no figure'
      : `median ${saySeconds(median)}${ends}`;
  return [withLocal(`${text} UTC`) + `, ${version}${failed ? ', failed' : ''}`, said, note];
};

export const drawTrend = (figure: HTMLElement, chart: TrendChart): Drawn => {
  const plot = element('div', 'plot');
  const canvas = element('div', 'canvas');
  for (const each of [plot, canvas]) each.style.height = `${HEIGHT}px`;
  plot.append(canvas);
  figure.append(plot);
  const drawn = init(canvas, null, { renderer: 'canvas' });
  const draw = (): void => {
    drawn.setOption(optionOf(chart, paletteOf(figure)), { notMerge: true });
  };
  draw();
  showTip(drawn, plot, (x) => {
    const dot = chart.dots[drawn.convertFromPixel({ xAxisIndex: 0 }, x)];
    if (dot === undefined) return null;
    const change = chart.changes.find(({ index }) => chart.dots[index] === dot);
    return [
      ...sayDot(dot),
      ...(change === undefined ? [] : [`the level changed: ${withLocal(change.text)}`]),
    ];
  });
  return {
    refresh: () => {
      drawn.resize();
      draw();
      drawn.getZr().flush();
    },
  };
};

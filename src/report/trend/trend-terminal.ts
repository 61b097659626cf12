import { type Colors, createColors } from '../paint.js';
import type { TrendResult } from '../../model/trend.js';
import { sayNumberOf, saySeconds } from '../../analysis/words/format.js';
import { sparkline } from './sparkline.js';
import { left, right, tableLines, wrap } from '../text/table.js';
import {
  hasFailed,
  sayQuestion,
  sayTrendChange,
  sayTrendLimits,
  sparkValue,
  trendCells,
  trendSentence,
} from './trend-words.js';

export interface TrendTerminalOptions {
  /** No line of text is wider; a table is where its figures need more, on less than about 72. */
  readonly columns: number;
  readonly color: boolean;
  /** The table has every run, not the newest only. */
  readonly all: boolean;
}

const TABLE = [
  left('started (UTC)'),
  left('version', true),
  right('n'),
  right('min'),
  right('median'),
  right('max'),
  right('survived'),
  left('verdict'),
  left(''),
];
const MOST_ROWS = 30;
const CHANGE = '▲';
const STEP = '△';
const FAILED = '✗';

/** Marked below its run; the step of the newest runs is no change yet. */
const marksOf = ({ changes, step }: TrendResult): ReadonlyMap<string, string> =>
  new Map([
    ...(step === null ? [] : [[step.run, STEP] as const]),
    ...changes.map(({ run }) => [run, CHANGE] as const),
  ]);

/** Folded to the width: each line begins with the day of its first run, changes and failures are marked below their run. */
const sparkLines = (result: TrendResult, width: number, colors: Colors): string[] => {
  const { runs, step } = result;
  const { bars, lowest, highest } = sparkline(runs.map(sparkValue));
  const marked = marksOf(result);
  const lead = 'YYYY-MM-DD '.length;
  const room = Math.max(1, width - lead);
  const lines: string[] = [];
  for (let from = 0; from < bars.length; from += room) {
    const shown = runs.slice(from, from + room);
    const day = shown[0]?.started_utc.slice(0, 10) ?? '';
    lines.push(`${colors.dim(day)} ${bars.slice(from, from + room).join('')}`);
    const below = (marks: readonly string[], paint: (text: string) => string): void => {
      const text = marks.join('').trimEnd();
      if (text !== '') lines.push(`${' '.repeat(lead)}${paint(text)}`);
    };
    below(
      shown.map((run) => (hasFailed(run) ? FAILED : ' ')),
      colors.red,
    );
    below(
      shown.map(({ run }) => marked.get(run) ?? ' '),
      colors.yellow,
    );
  }
  const legend = [
    '× not recovered',
    '· no figure',
    ...(runs.some(hasFailed) ? [`${FAILED} failed`] : []),
    `${CHANGE} change of level`,
    ...(step === null ? [] : [`${STEP} not yet a level`]),
  ];
  const scale =
    lowest === null || highest === null ? '' : `▁ ${saySeconds(lowest)}  █ ${saySeconds(highest)}  `;
  return [...lines, ...wrap(`${scale}${legend.join('  ')}`, width).map((line) => colors.dim(line))];
};

const VERDICT = TABLE.findIndex(({ title }) => title === 'verdict');

const tableSection = (
  result: TrendResult,
  { all, columns }: TrendTerminalOptions,
  colors: Colors,
): string[] => {
  const { runs } = result;
  const shown = all ? runs : runs.slice(-MOST_ROWS);
  const older = runs.length - shown.length;
  const marked = marksOf(result);
  const word = (mark: string | undefined): string =>
    mark === undefined ? '' : `${mark} ${mark === CHANGE ? 'change' : 'step'}`;
  const rows = shown.map((run) => [...trendCells(run), word(marked.get(run.run))]);
  const table = tableLines(TABLE, rows, columns - 2, (cell, column, row) => {
    if (row === null) return cell === '' ? cell : colors.dim(cell);
    const run = shown[row];
    if (column === VERDICT && run !== undefined && hasFailed(run)) return colors.red(cell);
    return column === TABLE.length - 1 ? colors.yellow(cell) : cell;
  });
  return older === 0 ? table : [...table, `(${sayNumberOf(older, 'older run')} not shown: --all)`];
};

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];

const HOW_TO_READ =
  'n: trials with a figure (of all, where some were void). Changes: in the medians of the runs, by ranks, at the 1 % level ' +
  'for the whole history. docs/nightly.md';

/** `seqgap trend` on a terminal: the history in a sentence, a sparkline, changes, a table. Ends with a line end. */
export const trendTerminal = (result: TrendResult, options: TrendTerminalOptions): string => {
  const colors = createColors(options.color);
  const { columns } = options;
  const width = columns - 2;
  const limits = sayTrendLimits(result);
  const items = (list: readonly string[]): string[] => list.flatMap((item) => wrap(`- ${item}`, width, 2));
  const lines = [
    ...wrap(`${result.scenario} · ${sayQuestion(result)}`, columns),
    ...result.keys.flatMap((key) => wrap(key, columns)),
    '',
    ...wrap(trendSentence(result), columns).map((line) => colors.bold(line)),
    '',
    ...sparkLines(result, width, colors).map((line) => `  ${line}`),
    ...(limits === null ? [] : wrap(limits, width).map((line) => `  ${line}`)),
    ...section('Changes', items(result.changes.map((change) => sayTrendChange(change, result)))),
    ...section('Runs', tableSection(result, options, colors)),
    ...section('Left out', items(result.leftOut.map(({ path, why }) => `${path}: ${why}`))),
    ...section('Notes', items(result.notes)),
    '',
    ...wrap(HOW_TO_READ, columns),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
};

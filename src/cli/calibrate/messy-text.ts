import type { MessyCalibration, MessyCell } from './messy/result.js';
import { messyShortfalls, worthOf, worths, type Worth } from './messy/worth.js';
import { GOALS } from './statistics.js';
import { sayCount } from '../../analysis/words/format.js';
import { createColors, type Colors } from '../../report/paint.js';
import { left, right, tableLines, wrap } from '../../report/text/table.js';

const COLUMNS = [
  left('kind', true),
  right('n'),
  right('inside'),
  right('exact 95 %'),
  right('bias, T'),
  right('|error|, T'),
  right('silent'),
  right('wrong passes'),
];

const percent = (share: number): string => (100 * share).toFixed(1);
const times = (value: number | null): string => value?.toFixed(2) ?? '';

const figures = ({ trials, share, interval, bias_T, abs_T, silent, wrong }: Worth): string[] => [
  sayCount(trials),
  share === null ? '' : `${percent(share)} %`,
  interval === null ? '' : `${percent(interval.lo)} to ${percent(interval.hi)}`,
  times(bias_T),
  times(abs_T),
  sayCount(silent),
  sayCount(wrong),
];

const variantLines = (cells: readonly MessyCell[], { kind, engine }: Worth): string[][] =>
  cells
    .filter((cell) => cell.kind === kind && cell.engine === engine && cell.variant !== '')
    .map((cell) => [`– ${cell.variant}`, ...figures(worthOf([cell]))]);

const rowsOf = (cells: readonly MessyCell[], detail: boolean): string[][] =>
  worths(cells).flatMap((worth) => [
    [worth.engine === 'headline' ? worth.kind : `· ${worth.engine}`, ...figures(worth)],
    ...(detail ? variantLines(cells, worth) : []),
  ]);

export interface MessyTextOptions {
  readonly columns: number;
  readonly color: boolean;
  /** A line for every variant of a kind. */
  readonly detail: boolean;
  /** Where recordings and result were kept, in words. */
  readonly kept: readonly string[];
}

const GOOD =
  `✓ at least ${100 * GOALS.coverage} % inside the interval in every kind, no bias above 0.1 T, ` +
  'no pass that must not be';

const verdictLines = ({ cells }: MessyCalibration, columns: number, colors: Colors): string[] => {
  const short = messyShortfalls(cells).flatMap((text) => wrap(`✗ ${text}`, columns, 2));
  return short.length === 0 ? wrap(GOOD, columns, 2).map(colors.green) : short.map(colors.red);
};

/** What the instrument was worth in each kind, as a table; the line of a kind is its headline. Ends with a line end. */
export const messyText = (result: MessyCalibration, options: MessyTextOptions): string => {
  const { columns, detail, kept } = options;
  const colors = createColors(options.color);
  const { host, tool, load, parallel, cells } = result;
  const rows = rowsOf(cells, detail);
  const labs = parallel === 1 ? '1 lab' : `${parallel} labs at once`;
  const lines = [
    ...wrap(
      `${host.name} (${host.cpus} CPUs, ${host.kernel}), ${result.from_utc} to ${result.to_utc}, ${labs}, load ` +
        `${load.least} to ${load.most} (median ${load.median}), analysed by seqgap ${tool.version}` +
        (result.complete ? '' : ', ended early'),
      columns,
    ),
    '',
    ...tableLines(COLUMNS, rows, columns, (cell, _column, row) => {
      if (row === null) return colors.dim(cell);
      return /^[a-z]/.test(rows[row]?.[0] ?? '') ? colors.bold(cell) : cell;
    }),
    '',
    ...verdictLines(result, columns, colors),
    ...kept.flatMap((text) => wrap(text, columns)),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
};

import { createColors } from './paint.js';
import type { LeftOut, RunFigures, RunSummary } from '../model/figures.js';
import type { StreamRow } from '../model/tables.js';
import { roundAllByUnit, sayBounds, sayNumberOf, type Bounds } from '../analysis/words/format.js';
import { longestBounds, sayTimes } from '../analysis/words/four-figures.js';
import { headlineRow, trialBounds, worstTrial } from './run/headline.js';
import { left, right, tableLines, type Column, wrap } from './text/table.js';

export interface RunListOptions {
  /** No line is wider. */
  readonly columns: number;
  readonly color: boolean;
}

const COLUMNS: readonly Column[] = [
  left('run'),
  left('scenario', true),
  left('version', true),
  right('trials'),
  left('worst outage'),
  left('verdict'),
  left('labels', true),
];
const VERDICT = COLUMNS.findIndex(({ title }) => title === 'verdict');

interface Worst extends Bounds {
  /** null: it is a watch, or none gave a figure. */
  readonly trial: number | null;
  readonly stream: string | null;
  readonly row: StreamRow | null;
}

const NONE: Worst = { trial: null, stream: null, lo: null, point: null, hi: null, row: null };

/** A watch has no trials: its longest gap. */
const longestGap = (rows: readonly StreamRow[]): Worst =>
  rows.reduce<Worst>(
    (worst, row) =>
      (row.longest_s ?? -1) > (worst.point ?? -1)
        ? { ...longestBounds(row), trial: null, stream: row.stream, row }
        : worst,
    NONE,
  );

/** The headline of the worst trial: that of its worst stream. */
export const worstOf = ({ summary, trials, streams }: RunFigures): Worst => {
  if (summary.kind === 'watch') return longestGap(streams);
  const worst = worstTrial(trials);
  return worst === null
    ? NONE
    : {
        ...trialBounds(worst),
        trial: worst.trial,
        stream: worst.headline_stream,
        row: headlineRow(worst, streams),
      };
};

/** `0.110 s  [0.091 … 0.129], trial 3, 40 times, 4.00 s in all, degraded` */
export const worstText = (worst: Worst): string =>
  [
    sayBounds(worst),
    worst.trial === null ? null : `trial ${worst.trial}`,
    worst.row === null ? null : sayTimes(worst.row),
    worst.row?.status === 'degraded' ? 'degraded' : null,
  ]
    .filter((part) => part !== null)
    .join(', ');

export const trialsText = ({ kind, status, trials_done, trials_planned }: RunSummary): string => {
  const trials = kind === 'watch' ? 'watch' : `${trials_done}/${trials_planned}`;
  return status === 'complete' ? trials : `${trials} ${status}`;
};

export const verdictText = ({ verdict, restored }: RunSummary): string =>
  restored === false ? 'NOT RESTORED' : (verdict ?? '');

export const labelsText = (labels: RunSummary['labels']): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');

/** Most reasons name a file of the run themselves. */
const leftOutText = ({ path, why }: LeftOut): string => (why.startsWith(path) ? why : `${path}: ${why}`);

/** The runs as a table, in their order; below it what is left out, each with why. */
export const runListText = (
  runs: readonly RunFigures[],
  leftOut: readonly LeftOut[],
  { columns, color }: RunListOptions,
): string => {
  const colors = createColors(color);
  const rows = runs.map((figures) => {
    const { summary } = figures;
    return [
      summary.run,
      summary.scenario,
      summary.version,
      trialsText(summary),
      worstText(worstOf(figures)),
      verdictText(summary),
      labelsText(summary.labels),
    ];
  });
  const byVerdict = (cell: string): string => {
    if (cell === 'pass') return colors.green(cell);
    return cell === 'inconclusive' ? colors.yellow(cell) : colors.red(cell);
  };
  const lines = tableLines(COLUMNS, rows, columns, (cell, column, row) => {
    if (row === null) return colors.bold(cell);
    return column === VERDICT ? byVerdict(cell) : cell;
  });
  if (leftOut.length > 0)
    lines.push(
      '',
      colors.bold(`${sayNumberOf(leftOut.length, 'run')} left out:`),
      ...leftOut.flatMap((each) => wrap(leftOutText(each), columns - 2, 2).map((line) => `  ${line}`)),
    );
  return `${lines.join('\n')}\n`;
};

/** What `list --json` prints. */
export const runListDocument = (runs: readonly RunFigures[], leftOut: readonly LeftOut[]): object => ({
  format: 1,
  runs: runs.map((figures) => {
    const { lo, point, hi, trial, stream, row } = worstOf(figures);
    return {
      ...figures.summary,
      headline_trial: trial,
      headline_stream: stream,
      outage_lo_s: roundAllByUnit(lo, 'outage_lo_s'),
      outage_s: roundAllByUnit(point, 'outage_s'),
      outage_hi_s: roundAllByUnit(hi, 'outage_hi_s'),
      headline_status: row?.status ?? null,
      periods: row?.periods ?? null,
      total_s: roundAllByUnit(row?.total_s ?? null, 'total_s'),
      span_s: roundAllByUnit(row?.span_s ?? null, 'span_s'),
    };
  }),
  left_out: leftOut,
});

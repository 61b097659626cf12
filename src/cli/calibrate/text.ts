import { type Colors, createColors } from '../../report/paint.js';
import type { Calibration, CalibratedStreamResult, QuietResult } from './result.js';
import {
  agreementsByKind,
  agreementsByLength,
  type Agreement,
  coverageOf,
  GOALS,
  inIntervals,
  shortfalls,
} from './statistics.js';
import { NS_PER_S, ns } from '../../model/time.js';
import { sayCount, sayMs } from '../../analysis/words/format.js';
import { left, right, tableLines, wrap } from '../../report/text/table.js';
import { formatDuration } from '../../model/duration.js';

const FIGURES = [
  right('n'),
  right('inside'),
  right('bias'),
  right('mean |error|'),
  right('95 % |error|'),
  right('in T'),
  right('width'),
  right('truth ±'),
];

const ms = (value: number | null): string => (value === null ? '' : sayMs(value));
const sayCoverage = (agreement: Agreement): string => {
  const coverage = coverageOf(agreement);
  return coverage === null ? '' : `${(100 * coverage).toFixed(1)} %`;
};

const figures = (agreement: Agreement, stream: CalibratedStreamResult): string[] => [
  sayCount(agreement.n),
  sayCoverage(agreement),
  ms(agreement.mean_error_ms),
  ms(agreement.mean_abs_error_ms),
  ms(agreement.p95_error_ms),
  inIntervals(agreement.mean_abs_error_ms, stream)?.toFixed(2) ?? '',
  ms(agreement.mean_width_ms),
  ms(agreement.truth_width_ms === null ? null : agreement.truth_width_ms / 2),
];

const inSeconds = (length_s: number): string => formatDuration(ns(Math.round(length_s * NS_PER_S)));

/** A line for the stream, and one for each kind and each length of outage, or for each of both. */
const streamLines = (
  calibration: Calibration,
  stream: CalibratedStreamResult,
  detail: boolean,
): string[][] => {
  const own = calibration.observations.filter((each) => each.stream === stream.stream);
  const line = (label: string, agreement: Agreement): string[] => [
    `· ${label}`,
    ...figures(agreement, stream),
  ];
  const parts = detail
    ? stream.cells.map((cell) => line(`${cell.kind} ${inSeconds(cell.length_s)}`, cell))
    : [
        ...agreementsByKind(own).map((each) => line(each.kind, each)),
        ...agreementsByLength(own).map((each) => line(inSeconds(each.length_s), each)),
      ];
  return [[stream.stream, ...figures(stream.total, stream)], ...parts];
};

const QUIET = [
  left('stream'),
  right('outages'),
  right('sent'),
  right('lost'),
  right('unsent'),
  right('slowest answer'),
];

const quietLines = (title: string, run: QuietResult, room: number, dim: (text: string) => string): string[] =>
  run === null
    ? []
    : [
        '',
        title,
        ...tableLines(
          QUIET,
          run.streams.map((row) => [
            row.stream,
            sayCount(row.outages),
            sayCount(row.sent),
            sayCount(row.lost),
            sayCount(row.unsent),
            ms(row.slowest_ms),
          ]),
          room - 2,
          (cell, _column, row) => (row === null ? dim(cell) : cell),
        ).map((line) => `  ${line}`),
      ];

export interface CalibrationTextOptions {
  readonly columns: number;
  readonly color: boolean;
  /** A line for every kind and length. */
  readonly detail: boolean;
  /** Where it was written; null: nowhere. */
  readonly file: string | null;
}

const GOOD =
  `✓ at least ${100 * GOALS.coverage} % inside the interval, mean error at most ${GOALS.meanAbsError_T} T, ` +
  'no outage that was not made';

const verdictLines = (calibration: Calibration, judged: boolean, room: number, colors: Colors): string[] => {
  const short = shortfalls(calibration).flatMap((text) => wrap(`✗ ${text}`, room, 2));
  if (short.length > 0) return short.map((line) => colors.red(line));
  return judged ? [colors.green(GOOD)] : [];
};

/** The calibration as a table, what it falls short of, and where it is kept. Ends with a line end. */
export const calibrationText = (calibration: Calibration, options: CalibrationTextOptions): string => {
  const colors = createColors(options.color);
  const { host, tool, streams, settings, null_run, stall } = calibration;
  const rows = streams.flatMap((stream) => streamLines(calibration, stream, options.detail));
  const table = tableLines([left('stream'), ...FIGURES], rows, options.columns, (cell, _column, row) => {
    if (row === null) return colors.dim(cell);
    return rows[row]?.[0]?.startsWith('·') === true ? cell : colors.bold(cell);
  });
  const done = Math.max(0, ...streams.map(({ total }) => total.n));
  const lines = [
    ...wrap(
      `${done} of ${settings.outages} outages on ${host.name} (${host.cpus} CPUs, ${host.kernel}), seqgap ${tool.version}, ` +
        `${calibration.date_utc}${calibration.complete ? '' : ', ended early'}`,
      options.columns,
    ),
    '',
    ...(rows.length === 0 ? ['no outage was made'] : table),
    ...quietLines(
      `No outage for ${Math.round(null_run?.duration_s ?? 0)} s`,
      null_run,
      options.columns,
      colors.dim,
    ),
    ...quietLines(
      `The prober stood still for ${stall?.duration_s ?? 0} s`,
      stall,
      options.columns,
      colors.dim,
    ),
    '',
    ...verdictLines(calibration, done > 0, options.columns, colors),
    ...(options.file === null ? [] : wrap(`Calibration: ${options.file}`, options.columns)),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
};

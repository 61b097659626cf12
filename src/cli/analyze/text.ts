import { longestBounds } from '../../analysis/words/four-figures.js';
import { createColors } from '../../report/paint.js';
import type { OutageRow, StreamRow } from '../../model/tables.js';
import { sayBounds, sayCount, saySeconds } from '../../analysis/words/format.js';
import { type Column, left, right, tableLines, wrap } from '../../report/text/table.js';

/** One log or run, as it is shown. */
export interface AnalysedLog {
  readonly source: string;
  /** `ping`, `windows`, `fping`, `irtt` or `run`. */
  readonly format: string;
  readonly streams: readonly StreamRow[];
  readonly outages: readonly OutageRow[];
  readonly assumptions: readonly string[];
  readonly notes: readonly string[];
  /** When an outage began, in the log's own terms; null for a log without times. */
  readonly time: (at_ns: number) => string | null;
}

/** More lines than this nobody reads; `--out` has them all. */
const MOST_OUTAGES = 40;

const OUTAGE_COLUMNS = [
  left('target', true),
  right('#'),
  left('start'),
  right('from seq'),
  right('lost'),
  right('late'),
  left('outage'),
];

const inTrial = ({ trial, phase }: StreamRow | OutageRow): string =>
  trial === null ? '' : ` (trial ${trial}${phase === 'failback' ? ', failback' : ''})`;

const streamName = (row: StreamRow | OutageRow): string => `${row.stream}${inTrial(row)}`;

const longest = (row: StreamRow): string => {
  const bounds = sayBounds(longestBounds(row));
  if (row.status === 'down-at-start') return 'never answered';
  // The lines do not say: the notes tell why. What is known of other parts stays.
  if (row.trial === null && row.status === 'void')
    return bounds === '' ? 'not known' : `${bounds} as far as known`;
  if (row.status === 'not-recovered') return `${bounds} not recovered`;
  if (row.status === 'degraded') return `${bounds} degraded`;
  return row.trial !== null && bounds === '' ? row.status : bounds;
};

/** `4.00 s`, of several outages `4.00 s within 7.90 s` */
const total = ({ total_s, span_s, periods }: StreamRow): string => {
  if (total_s === null || periods === 0) return '';
  return periods === 1 || span_s === null
    ? saySeconds(total_s)
    : `${saySeconds(total_s)} within ${saySeconds(span_s)}`;
};

interface Cell {
  readonly column: Column;
  readonly text: (row: StreamRow, source: string) => string;
  /** Left out where it is 0 in every line. */
  readonly count?: (row: StreamRow) => number;
}

const STREAM_CELLS: readonly Cell[] = [
  { column: left('file', true), text: (_row, source) => source },
  { column: left('target', true), text: streamName },
  { column: right('sent'), text: ({ sent }) => sayCount(sent) },
  { column: right('rcvd'), text: ({ received }) => sayCount(received) },
  { column: right('lost'), text: ({ lost }) => sayCount(lost) },
  { column: right('late'), text: ({ late }) => sayCount(late), count: ({ late }) => late },
  {
    column: right('dup'),
    text: ({ duplicate }) => sayCount(duplicate),
    count: ({ duplicate }) => duplicate,
  },
  { column: right('outages'), text: ({ periods }) => sayCount(periods) },
  { column: left('longest'), text: longest },
  { column: left('total'), text: total },
];

/** UTC to the millisecond, else the log's own time, else seconds from its beginning. */
const startOf = (row: OutageRow, log: AnalysedLog): string => {
  if (row.start_utc !== null) return row.start_utc.replace('T', ' ');
  return log.time(row.start_s * 1e9) ?? `+${row.start_s.toFixed(3)} s`;
};

const outageCells = (row: OutageRow, log: AnalysedLog): string[] => [
  streamName(row),
  String(row.period),
  startOf(row, log),
  sayCount(row.first_seq),
  sayCount(row.lost),
  sayCount(row.late),
  `${sayBounds({ lo: row.lo_s, point: row.outage_s, hi: row.hi_s })}${row.kind === 'silence' ? ' (silence)' : ''}`,
];

/** What is slow or lost at random is counted in the table and said in the notes. */
const isOutage = ({ kind }: OutageRow): boolean => kind === 'loss' || kind === 'late' || kind === 'silence';

/** Does a stream say that it had none? One of which only the counts are known does not. */
const isKnown = ({ streams }: AnalysedLog): boolean =>
  streams.every(({ trial, status }) => trial !== null || status !== 'void');

const details = (log: AnalysedLog, room: number, dim: (text: string) => string): string[] => {
  const outages = log.outages.filter(isOutage);
  const shown = outages.slice(0, MOST_OUTAGES);
  const rows = shown.map((row) => outageCells(row, log));
  const table = tableLines(OUTAGE_COLUMNS, rows, room - 2, (cell, _column, row) =>
    row === null ? dim(cell) : cell,
  );
  const more = outages.length - shown.length;
  const lines = [
    ...(rows.length === 0 ? [isKnown(log) ? 'no outage' : 'no outage can be told'] : table),
    ...(more > 0 ? [`… and ${sayCount(more)} more: --out DIR or --json lists all`] : []),
    ...log.assumptions.flatMap((text) => wrap(`assumed: ${text}`, room - 2, 2)),
    ...log.notes.flatMap((text) => wrap(`note: ${text}`, room - 2, 2)),
  ];
  return ['', `${log.source} (${log.format})`, ...lines.map((line) => `  ${line}`)];
};

/** The table of all logs, then what each had: its outages, and what the figures rest on. Ends with a line end. */
export const analyzeText = (
  logs: readonly AnalysedLog[],
  options: { readonly columns: number; readonly color: boolean },
): string => {
  const colors = createColors(options.color);
  const streams = logs.flatMap((log) => log.streams.map((row) => ({ source: log.source, row })));
  const cells = STREAM_CELLS.filter(
    ({ count }) => count === undefined || streams.some(({ row }) => count(row) > 0),
  );
  const table = tableLines(
    cells.map(({ column }) => column),
    streams.map(({ source, row }) => cells.map(({ text }) => text(row, source))),
    options.columns,
    (cell, column, row) => {
      if (row === null) return colors.dim(cell);
      return cells[column]?.column.title === 'longest' && streams[row]?.row.periods !== 0
        ? colors.red(cell)
        : cell;
    },
  );
  const lines = [...table, ...logs.flatMap((log) => details(log, options.columns, colors.dim))];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
};

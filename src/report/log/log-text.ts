import { sayBounds, sayCount } from '../../analysis/words/format.js';
import type { OutageRow, StreamRow } from '../../model/tables.js';
import { createColors } from '../paint.js';
import { type Column, left, namedLines, right, wrap } from '../text/table.js';
import type { AnalysedLog } from './analysed-log.js';
import {
  isUntold,
  listedOutages,
  sayLongest,
  sayStart,
  sayTotal,
  sayUnlisted,
  streamName,
} from './log-words.js';

/** More lines than this nobody reads; `--out` has them all. */
const MOST_OUTAGES = 40;

interface Cell<Row> {
  readonly column: Column;
  readonly text: (row: Row, log: AnalysedLog) => string;
  /** Left out where it is 0 in every line. */
  readonly count?: (row: Row) => number;
}

interface Line<Row> {
  readonly row: Row;
  readonly log: AnalysedLog;
}

const tableOf = <Row>(
  all: readonly Cell<Row>[],
  lines: readonly Line<Row>[],
  room: number,
  paint: (text: string, title: string, line: Line<Row> | null) => string,
): string[] => {
  const cells = all.filter(({ count }) => count === undefined || lines.some(({ row }) => count(row) > 0));
  return namedLines(
    cells.map(({ column }) => column),
    lines.map(({ row, log }) => cells.map(({ text }) => text(row, log))),
    room,
    (text, column, row) =>
      paint(text, cells[column]?.column.title ?? '', row === null ? null : (lines[row] ?? null)),
  );
};

const STREAM_CELLS: readonly Cell<StreamRow>[] = [
  { column: left('file', true), text: (_row, { source }) => source },
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
  { column: { ...left('longest'), yields: 2 }, text: sayLongest },
  { column: { ...left('total'), yields: 1 }, text: sayTotal },
];

const OUTAGE_CELLS: readonly Cell<OutageRow>[] = [
  { column: left('target', true), text: streamName },
  { column: right('#'), text: ({ period }) => String(period) },
  { column: left('start'), text: sayStart },
  { column: { ...right('from seq'), yields: 1 }, text: ({ first_seq }) => sayCount(first_seq) },
  { column: { ...right('lost'), yields: 3 }, text: ({ lost }) => sayCount(lost) },
  { column: { ...right('late'), yields: 2 }, text: ({ late }) => sayCount(late), count: ({ late }) => late },
  {
    column: left('outage'),
    text: ({ lo_s, outage_s, hi_s, kind }) =>
      `${sayBounds({ lo: lo_s, point: outage_s, hi: hi_s })}${kind === 'silence' ? ' (silence)' : ''}`,
  },
];

/** Does a stream say that it had none? One of which only the counts are known does not. */
const isKnown = ({ streams }: AnalysedLog): boolean => streams.every((row) => !isUntold(row));

interface AnalyzeTextOptions {
  readonly columns: number;
  readonly color: boolean;
  /** Outages in which fewer probes were lost are counted, not listed; 0: all are listed. */
  readonly minLost: number;
}

const details = (
  log: AnalysedLog,
  { columns: room, minLost }: AnalyzeTextOptions,
  dim: (text: string) => string,
): string[] => {
  const { listed, few } = listedOutages(log, minLost);
  const none = few.length > 0 ? `no outage of ${sayCount(minLost)} lost or more` : 'no outage';
  const shown = listed.slice(0, MOST_OUTAGES);
  const table = tableOf(
    OUTAGE_CELLS,
    shown.map((row) => ({ row, log })),
    room - 2,
    (text, _title, line) => (line === null ? dim(text) : text),
  );
  const more = listed.length - shown.length;
  const lines = [
    ...(shown.length === 0 ? [isKnown(log) ? none : 'no outage can be told'] : table),
    ...(more > 0 ? wrap(`… and ${sayCount(more)} more: --out DIR or --json lists all`, room - 2, 2) : []),
    ...(few.length > 0 ? wrap(sayUnlisted(few, minLost), room - 2, 2) : []),
    ...log.assumptions.flatMap((text) => wrap(`assumed: ${text}`, room - 2, 2)),
    ...log.notes.flatMap((text) => wrap(`note: ${text}`, room - 2, 2)),
  ];
  return ['', ...wrap(`${log.source} (${log.format})`, room), ...lines.map((line) => `  ${line}`)];
};

/** The table of all logs, then what each had: its outages, and what the figures rest on. Ends with a line end. */
export const analyzeText = (logs: readonly AnalysedLog[], options: AnalyzeTextOptions): string => {
  const colors = createColors(options.color);
  const table = tableOf(
    STREAM_CELLS,
    logs.flatMap((log) => log.streams.map((row) => ({ row, log }))),
    options.columns,
    (text, title, line) => {
      if (line === null) return colors.dim(text);
      return title === 'longest' && line.row.periods !== 0 ? colors.red(text) : text;
    },
  );
  const lines = [...table, ...logs.flatMap((log) => details(log, options, colors.dim))];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
};

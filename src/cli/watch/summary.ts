import { createColors } from '../../report/paint.js';
import type { WatchExtras, WatchResult } from '../../analysis/watch.js';
import type { OutageRow, StreamRow } from '../../model/tables.js';
import type { TrackedResult } from './tracker.js';
import { sayBounds, sayCount, sayMs, sayNumberOf, saySeconds } from '../../analysis/words/format.js';
import { sayRefused } from '../../analysis/words/stream-lines.js';
import { saySession } from '../../analysis/words/session-lines.js';
import { markLines } from '../../analysis/words/mark-lines.js';
import { sayTimeOfDay, type Zone } from '../../analysis/words/when.js';
import { tableLines, type Column, wrap } from '../../report/text/table.js';

interface Line {
  readonly row: StreamRow;
  readonly extras: WatchExtras;
  readonly gaps: readonly OutageRow[];
}

interface Cell {
  readonly title: string;
  readonly align: Column['align'];
  readonly text: (line: Line) => string;
  /** Left out where it is 0 in every line: most watches see neither duplicates nor holes. */
  readonly count?: (line: Line) => number;
}

const counted = (title: string, count: (line: Line) => number): Cell => ({
  title,
  align: 'right',
  text: (line) => sayCount(count(line)),
  count,
});

const sayLongest = ({ row }: Line): string => {
  if (row.sent === 0) return 'not sent';
  if (row.received === 0) return 'never answered';
  // A single probe has no neighbour: nothing can be said.
  if (row.periods === 0 && row.longest_hi_s === null) return '';
  const { longest_lo_s: lo, longest_s: point, longest_hi_s: hi } = row;
  return sayBounds({ lo, point, hi });
};

/** A gap without an end adds what is known of it, and makes the total a lower bound. */
const sayTotal = ({ row, gaps }: Line): string => {
  if (gaps.length === 0 || row.received === 0) return '';
  const total = gaps.reduce((sum, { outage_s, lo_s }) => sum + (outage_s ?? lo_s), 0);
  return `${gaps.some(({ censored }) => censored) ? '≥ ' : ''}${saySeconds(total)}`;
};

const bare = (value: number | null): string => (value === null ? '' : sayMs(value).replace(' ms', ''));

const sayRtt = ({ extras }: Line): string =>
  extras.rtt_min_ms === null
    ? ''
    : [extras.rtt_min_ms, extras.rtt_median_ms, extras.rtt_max_ms].map(bare).join('/');

const CELLS: readonly Cell[] = [
  { title: 'target', align: 'left', text: ({ row }) => row.stream },
  { title: 'sent', align: 'right', text: ({ row }) => sayCount(row.sent) },
  { title: 'lost', align: 'right', text: ({ row }) => sayCount(row.lost) },
  counted('late', ({ row }) => row.late),
  counted('dup', ({ row }) => row.duplicate),
  counted('unsent', ({ row }) => row.unsent + row.local_blocked),
  counted('holes', ({ extras }) => extras.holes),
  { title: 'gaps', align: 'right', text: ({ gaps }) => sayCount(gaps.length) },
  { title: 'longest', align: 'left', text: sayLongest },
  { title: 'total', align: 'right', text: sayTotal },
  { title: 'RTT min/med/max ms', align: 'right', text: sayRtt },
];

const linesOf = ({ streams, outages, extras }: WatchResult): Line[] =>
  streams.map((row, index) => ({
    row,
    extras: extras[index] as WatchExtras,
    gaps: outages.filter(({ stream, kind }) => stream === row.stream && (kind === 'loss' || kind === 'late')),
  }));

const holeNote = ({ row, extras }: Line): string[] =>
  extras.holes === 0
    ? []
    : [
        `${row.stream}: this host stood still ${sayNumberOf(extras.holes, 'time')}, for up to ` +
          `${saySeconds(extras.longest_hole_s)}: nothing was sent then, which is no outage`,
      ];

/** The end of a watch: a line for each target, and what the figures rest on. Ends with a line end. */
export const watchSummary = (
  result: WatchResult & Pick<TrackedResult, 'sessions'>,
  options: {
    readonly columns: number;
    readonly color: boolean;
    readonly watched_s: number;
    /** Of the times of marks. */
    readonly zone: Zone;
    /** Where it was kept; null: nowhere. */
    readonly folder: string | null;
  },
): string => {
  const colors = createColors(options.color);
  const lines = linesOf(result);
  const cells = CELLS.filter(({ count }) => count === undefined || lines.some((line) => count(line) > 0));
  const columns = cells.map(({ title, align }) => ({ title, align, shrinks: title === 'target' }));
  const table = tableLines(
    columns,
    lines.map((line) => cells.map(({ text }) => text(line))),
    options.columns,
    (cell, column, row) => {
      if (row === null) return colors.dim(cell);
      const bad = lines[row]?.row.periods !== 0;
      return cells[column]?.title === 'longest' && bad ? colors.red(cell) : cell;
    },
  );
  // The holes have a sentence of their own here.
  const notes = result.notes.filter((note) => !note.includes('holes in sends'));
  const refused = lines.flatMap(({ row }) => {
    const line = sayRefused(result.outages.filter(({ stream }) => stream === row.stream));
    return line === null ? [] : [`${row.stream}: ${line}`];
  });
  const said = [...refused, ...lines.flatMap(holeNote), ...notes];
  const time = (utc: string | null): string => sayTimeOfDay(utc, options.zone).slice(0, 8);
  return `${[
    `Watched ${sayNumberOf(lines.length, 'target')} for ${saySeconds(options.watched_s)}.`,
    '',
    ...table,
    '',
    // One connection each.
    ...result.sessions.flatMap((each) =>
      wrap(`session ${each.row.session.replace(/#1$/, '')}: ${saySession(each, time)}`, options.columns, 2),
    ),
    ...markLines(result, lines.length, time).flatMap((line) => wrap(line, options.columns, 2)),
    ...said.flatMap((note) => wrap(`note: ${note}`, options.columns, 2)),
    ...(options.folder === null ? [] : [`Results: ${options.folder}`]),
  ]
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
};

import type { PhaseRow } from '../model/record.js';
import { saySeconds } from './format.js';
import { left, right, tableLines } from './table.js';
import { oneLine } from '../model/outside.js';
import { textWidth } from './text-width.js';

/** Narrower bars show nothing, wider ones no more. */
const NARROWEST_BAR = 8;
const WIDEST_BAR = 40;

/** Without titles: each line says itself what it is. */
const WATERFALL = [left('', true), left(''), right(''), right(''), left('', true)];

const STATUS: Readonly<Record<PhaseRow['status'], string>> = {
  ok: '',
  'not-seen': ' (not seen)',
  before: ' (before)',
  after: ' (seen only after traffic was back)',
};

/** @param open its end was not seen */
const bar = (from: number, to: number, width: number, open: boolean): string => {
  const [start, end] = [Math.round(from * width), Math.round(to * width)];
  // So short that it would round to nothing.
  const short = to > from && end === start;
  const drawn = short
    ? `${' '.repeat(Math.min(start, width - 1))}▏`
    : ' '.repeat(start) + (open ? '░' : '█').repeat(Math.max(0, end - start));
  return `|${drawn.slice(0, width).padEnd(width)}|`;
};

/** What is left for the bars: between the columns are two spaces each, and a bar has two ends. */
const barWidth = (rows: readonly (readonly string[])[], room: number): number => {
  const widest = (column: number): number => Math.max(...rows.map((row) => textWidth(row[column] ?? '')));
  const beside = [0, 1, 2, 3].reduce((sum, column) => sum + widest(column) + 2, 2);
  return Math.max(NARROWEST_BAR, Math.min(WIDEST_BAR, room - beside));
};

const sayShare = (share: number | null): string => (share === null ? '' : `${Math.round(100 * share)} %`);

const timeOf = ({ length_s, lo_s, status }: PhaseRow): string => {
  if (length_s !== null) return saySeconds(length_s);
  return status === 'not-seen' && lo_s > 0 ? `≥ ${saySeconds(lo_s)}` : '';
};

/**
 * Where the time of one outage went, a line for each phase: its name, a bar on the time of the outage, its length, share
 * and what ended it. No line is wider than `room`; no colour is needed to read it.
 *
 * @param phases of one trial and phase
 */
export const waterfall = (phases: readonly PhaseRow[], room: number): string[] => {
  const first = phases[0];
  if (first === undefined) return [];
  const lengths = phases.map(({ length_s, lo_s }) => length_s ?? lo_s);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const beside = phases.map((row) => [
    oneLine(row.name),
    timeOf(row),
    sayShare(row.share),
    oneLine(row.until) + STATUS[row.status],
  ]);
  const width = barWidth(beside, room);
  const rows = phases.map((row, index) => {
    const [name = '', ...figures] = beside[index] ?? [];
    const from = total === 0 ? 0 : (row.start_s - first.start_s) / total;
    const to = total === 0 ? 0 : from + (lengths[index] ?? 0) / total;
    return [name, bar(from, to, width, row.length_s === null), ...figures];
  });
  const [, ...lines] = tableLines(WATERFALL, rows, room, (cell) => cell);
  return lines;
};

import type { PhaseRow } from '../model/record.js';
import { saySeconds } from './format.js';
import { left, right, tableLines } from './table.js';

/** Narrower bars show nothing, wider ones no more. */
const NARROWEST_BAR = 8;
const WIDEST_BAR = 40;
/** For names, figures and what ends a phase. */
const BESIDE = 58;

const TABLE = [left('phase', true), left(''), right('time'), right('share'), left('until', true)];

const STATUS: Readonly<Record<PhaseRow['status'], string>> = {
  ok: '',
  'not-seen': ' (not seen)',
  before: ' (before)',
  after: ' (seen only after traffic was back)',
};

const bar = (from: number, to: number, width: number): string => {
  const [start, end] = [Math.round(from * width), Math.round(to * width)];
  // So short that it would round to nothing.
  const short = to > from && end === start;
  const drawn = short
    ? `${' '.repeat(Math.min(start, width - 1))}▏`
    : ' '.repeat(start) + '█'.repeat(Math.max(0, end - start));
  return `|${drawn.slice(0, width).padEnd(width)}|`;
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
  const total = phases.reduce((sum, { length_s }) => sum + (length_s ?? 0), 0);
  const width = Math.max(NARROWEST_BAR, Math.min(WIDEST_BAR, room - BESIDE));
  const rows = phases.map((row) => {
    const from = total === 0 ? 0 : (row.start_s - first.start_s) / total;
    const to = total === 0 ? 0 : from + (row.length_s ?? 0) / total;
    return [row.name, bar(from, to, width), timeOf(row), sayShare(row.share), row.until + STATUS[row.status]];
  });
  const [, ...lines] = tableLines(TABLE, rows, room, (cell) => cell);
  return lines;
};

import { stringify } from 'csv-stringify/sync';
import type { ResultTables, AppliedThresholds, ResultDocument } from '../../model/record.js';
import {
  OPENING_COLUMNS,
  OUTAGE_COLUMNS,
  PHASE_COLUMNS,
  SESSION_COLUMNS,
  STREAM_COLUMNS,
  TIMELINE_COLUMNS,
  TRIAL_COLUMNS,
} from '../columns.js';
import { csvWord } from '../csv-word.js';
import { plainNumber, roundByUnit } from '../../analysis/words/format.js';

type FurtherFiles = Partial<Record<'openings.csv' | 'timeline.csv' | 'phases.csv', string>>;

export type CsvFileName = 'trials.csv' | 'streams.csv' | 'outages.csv' | 'sessions.csv';

type Cell = string | number | boolean | null;

/** Figures as they are, and words made plain. */
const cellText = (column: string, value: Cell): string => {
  if (value === null) return '';
  return typeof value === 'number' ? plainNumber(column, value) : csvWord(String(value));
};

/**
 * RFC 4180: CRLF line ends, a header row, cells with a comma, a quote or a line end of any kind in quotes; also one with a
 * semicolon, by which some spreadsheets part columns, before what would then begin a formula.
 */
export const csvText = <Column extends string>(
  columns: readonly Column[],
  rows: readonly Readonly<Record<Column, Cell>>[],
): string =>
  stringify([[...columns], ...rows.map((row) => columns.map((column) => cellText(column, row[column])))], {
    record_delimiter: 'windows',
    quoted_match: /[\r\n]|[;\t]\s*[=+@-]/,
  });

/** The CSV files of a run by their names: UTF-8, missing values empty, seconds and milliseconds to 1 µs. */
export const csvFiles = (tables: ResultTables): Record<CsvFileName, string> & FurtherFiles => ({
  'trials.csv': csvText(TRIAL_COLUMNS, tables.trials),
  'streams.csv': csvText(STREAM_COLUMNS, tables.streams),
  'outages.csv': csvText(OUTAGE_COLUMNS, tables.outages),
  'sessions.csv': csvText(SESSION_COLUMNS, tables.sessions),
  ...(tables.openings === undefined || tables.openings.length === 0
    ? {}
    : { 'openings.csv': csvText(OPENING_COLUMNS, tables.openings) }),
  ...(tables.timeline === undefined ? {} : { 'timeline.csv': csvText(TIMELINE_COLUMNS, tables.timeline) }),
  ...(tables.phases === undefined || tables.phases.length === 0
    ? {}
    : { 'phases.csv': csvText(PHASE_COLUMNS, tables.phases) }),
});

/** The columns in their order, with the same figures as in the CSV files. */
const ordered = <Row extends object>(columns: readonly (keyof Row & string)[], rows: readonly Row[]): Row[] =>
  rows.map((row) => {
    const entries = columns.map((column) => {
      const value = row[column];
      return [column, typeof value === 'number' ? roundByUnit(column, value) : value] as const;
    });
    return Object.fromEntries(entries) as unknown as Row;
  });

/**
 * What `--json` prints: the records of the CSV files under the same names; missing values are null.
 *
 * @param thresholds null: the scenario's
 */
export const resultDocument = (
  tables: ResultTables,
  thresholds: AppliedThresholds | null = null,
): ResultDocument => ({
  format: 1,
  ...(thresholds === null ? {} : { thresholds }),
  trials: ordered(TRIAL_COLUMNS, tables.trials),
  streams: ordered(STREAM_COLUMNS, tables.streams),
  outages: ordered(OUTAGE_COLUMNS, tables.outages),
  sessions: ordered(SESSION_COLUMNS, tables.sessions),
  ...(tables.openings === undefined || tables.openings.length === 0
    ? {}
    : { openings: ordered(OPENING_COLUMNS, tables.openings) }),
  ...(tables.timeline === undefined ? {} : { timeline: ordered(TIMELINE_COLUMNS, tables.timeline) }),
  ...(tables.phases === undefined || tables.phases.length === 0
    ? {}
    : { phases: ordered(PHASE_COLUMNS, tables.phases) }),
});

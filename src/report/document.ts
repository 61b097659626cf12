import type { AppliedThresholds, ResultDocument, ResultTables } from '../model/record.js';
import {
  OPENING_COLUMNS,
  OUTAGE_COLUMNS,
  PHASE_COLUMNS,
  SESSION_COLUMNS,
  STREAM_COLUMNS,
  TIMELINE_COLUMNS,
  TRIAL_COLUMNS,
} from './columns.js';
import { roundByUnit } from './format.js';

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

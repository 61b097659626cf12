import { stringify } from 'csv-stringify/sync';
import { plainLines } from '../../model/outside.js';
import {
  type AppliedThresholds,
  columnsOf,
  isFormula,
  type ResultDocument,
  type ResultTables,
  type TableName,
  TABLES,
} from '../../model/tables.js';
import { plainNumber, roundByUnit } from '../../analysis/words/format.js';

/** Tables that are made of every run. */
type Always = 'trials' | 'streams' | 'outages' | 'sessions';
export type CsvFileName = `${Always}.csv`;

type Cell = string | number | boolean | null;

/** A word from outside is text for whoever opens the file, as an apostrophe before it says to spreadsheets. */
export const csvWord = (text: string): string => {
  const word = plainLines(text);
  return isFormula(word) ? `'${word}` : word;
};

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

/** Also where nothing is in them; the others only where there is something to be said. */
const EVEN_EMPTY: ReadonlySet<TableName> = new Set<Always | 'timeline'>([
  'trials',
  'streams',
  'outages',
  'sessions',
  'timeline',
]);

/** The tables that a run has, in their order, with what is made of each. */
const mapTables = <Made>(
  tables: ResultTables,
  make: (columns: readonly string[], rows: readonly Readonly<Record<string, Cell>>[]) => Made,
): (readonly [TableName, Made])[] =>
  (Object.keys(TABLES) as TableName[]).flatMap((name) => {
    const rows: readonly object[] | undefined = tables[name];
    if (rows === undefined || (rows.length === 0 && !EVEN_EMPTY.has(name))) return [];
    return [[name, make(columnsOf(TABLES[name]), rows as readonly Readonly<Record<string, Cell>>[])]];
  });

/** The CSV files of a run by their names: UTF-8, missing values empty, seconds and milliseconds to 1 µs. */
export const csvFiles = (
  tables: ResultTables,
): Record<CsvFileName, string> & Partial<Record<`${TableName}.csv`, string>> =>
  Object.fromEntries(mapTables(tables, csvText).map(([name, text]) => [`${name}.csv`, text])) as Record<
    CsvFileName,
    string
  >;

/** The columns in their order, with the same figures as in the CSV files. */
const ordered = (columns: readonly string[], rows: readonly Readonly<Record<string, Cell>>[]): object[] =>
  rows.map((row) =>
    Object.fromEntries(
      columns.map((column) => {
        const value = row[column];
        return [column, typeof value === 'number' ? roundByUnit(column, value) : value];
      }),
    ),
  );

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
  ...(Object.fromEntries(mapTables(tables, ordered)) as unknown as ResultTables),
});

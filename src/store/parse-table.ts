import { CsvError, parse } from 'csv-parse/sync';
import { EXIT, KnownError } from '../model/error.js';
import type { CellKind } from './table-cells.js';
import { blankRow } from './blank-row.js';
import type { TableKinds } from './table-kinds.js';

interface Parsed {
  readonly record: readonly string[];
  /** `lines`: the line on which the record ends, from 1. */
  readonly info: { readonly lines: number };
}

/** What made a table unfit: the tables are made from the raw history, so that nothing is lost. */
const damaged = (message: string, folder: string, cause?: unknown): KnownError =>
  new KnownError(message, {
    remedy: `seqgap report ${folder} makes it again`,
    exitCode: EXIT.usage,
    cause,
  });

interface TableRecord {
  readonly cells: readonly string[];
  /** On which it begins. */
  readonly line: number;
}

/** Without a quote no cell holds a comma or a line end: five times as quick as the parser, and most tables are so. */
const splitPlain = (csv: string): TableRecord[] => {
  const lines = csv.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines.map((text, index) => ({ cells: text.split(','), line: index + 1 }));
};

const recordsOf = (path: string, folder: string, csv: string): TableRecord[] => {
  if (!csv.includes('"')) return splitPlain(csv);
  try {
    const parsed = parse(csv, { info: true, relax_column_count: true }) as unknown as Parsed[];
    return parsed.map(({ record }, index) => ({
      cells: record,
      line: index === 0 ? 1 : (parsed[index - 1]?.info.lines ?? index) + 1,
    }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? `:${error['lines']}` : '';
    throw damaged(`${path}${line}: not RFC 4180: ${error.message}`, folder, error);
  }
};

/**
 * An older header is the beginning of ours, a newer one begins with ours: columns are only added at the end. What an
 * older one lacks is empty, what a newer one adds is passed over.
 */
const requireHeader = (
  path: string,
  folder: string,
  found: readonly string[],
  columns: readonly string[],
): void => {
  const common = Math.min(found.length, columns.length);
  for (let index = 0; index < common; index += 1)
    if (found[index] !== columns[index])
      throw damaged(
        `${path}:1: column ${index + 1} is ${JSON.stringify(found[index])} instead of ${JSON.stringify(columns[index])}`,
        folder,
      );
};

export interface Table<Row> {
  readonly columns: readonly (keyof Row & string)[];
  readonly kinds: TableKinds<Row>;
}

/**
 * Reads one of a run's CSV files, every cell by the kind of its column. Throws KnownError with `file:line` and the
 * name of the column.
 *
 * @param path as errors name it
 * @param folder of the run
 */
export const parseTable = <Row>(
  path: string,
  folder: string,
  csv: string,
  { columns, kinds }: Table<Row>,
): Row[] => {
  const [header, ...records] = recordsOf(path, folder, csv);
  if (header === undefined) throw damaged(`${path} is empty`, folder);
  requireHeader(path, folder, header.cells, columns);
  const known = columns.map((column) => [column, kinds[column] as CellKind<unknown>] as const);
  const blank = blankRow(columns);
  return records.map(({ cells, line }) => {
    if (cells.length !== header.cells.length)
      throw damaged(`${path}:${line}: ${cells.length} cells instead of ${header.cells.length}`, folder);
    const row = { ...blank };
    for (const [index, [column, kind]] of known.entries()) {
      const cell = cells[index] ?? '';
      const value = kind.read(cell);
      if (value === undefined)
        throw damaged(
          index >= cells.length
            ? `${path} is of an older version: it has no column ${column}`
            : `${path}:${line}: ${column} is ${cell === '' ? 'empty' : `${JSON.stringify(cell)}, not ${kind.what}`}`,
          folder,
        );
      row[column] = value;
    }
    return row as Row;
  });
};

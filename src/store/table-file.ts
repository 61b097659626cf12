import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import { KnownError, usage } from '../model/error.js';
import { aftercareOf } from '../model/event.js';
import {
  blankRow,
  columnsOf,
  type Columns,
  type RowOf,
  type ResultTables,
  type RowKey,
  type StreamRow,
} from '../model/tables.js';
import { readText, writeAtomic } from './replace-file.js';

interface Parsed {
  readonly record: readonly string[];
  /** `lines`: the line on which the record ends, from 1. */
  readonly info: { readonly lines: number };
}

/** What made a table unfit: the tables are made from the raw history, so that nothing is lost. */
const damaged = (message: string, folder: string, cause?: unknown): KnownError =>
  usage(message, `seqgap report ${folder} makes it again`, cause);

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

/**
 * Reads one of a run's CSV files, every cell by the kind of its column. Throws KnownError with `file:line` and the
 * name of the column.
 *
 * @param path as errors name it
 * @param folder of the run
 */
export const parseTable = <Table extends Columns>(
  path: string,
  folder: string,
  csv: string,
  table: Table,
): RowOf<Table>[] => {
  const [header, ...records] = recordsOf(path, folder, csv);
  if (header === undefined) throw damaged(`${path} is empty`, folder);
  const columns = columnsOf(table);
  requireHeader(path, folder, header.cells, columns);
  const known = Object.entries(table);
  const blank = blankRow(columns);
  return records.map(({ cells, line }) => {
    if (cells.length !== header.cells.length)
      throw damaged(`${path}:${line}: ${cells.length} cells instead of ${header.cells.length}`, folder);
    const row: Record<string, unknown> = { ...blank };
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
    return row as unknown as RowOf<Table>;
  });
};

/** In the format of `sha256sum`, so that `sha256sum -c tables.sha256` checks a run without this program. */
export const SUMS_FILE = 'tables.sha256';

const sumOf = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** The text of `tables.sha256` for the CSV files among these. */
export const sumsOf = (files: Readonly<Record<string, string>>): string =>
  Object.entries(files)
    .filter(([name]) => name.endsWith('.csv'))
    .map(([name, text]) => `${sumOf(text)}  ${name}\n`)
    .join('');

const readSums = (folder: string): ReadonlyMap<string, string> => {
  const lines = [...(readText(join(folder, SUMS_FILE)) ?? '').matchAll(/^([0-9a-f]{64}) [ *](.+)$/gm)];
  return new Map(lines.map(([, sum = '', name = '']) => [name, sum]));
};

/** The first of these files that is not as it was written; null if all are, or nobody noted how they were. */
export const editedTable = (folder: string, files: Readonly<Record<string, string>>): string | null => {
  const sums = readSums(folder);
  const edited = Object.entries(files).find(
    ([name, text]) => (sums.get(name) ?? sumOf(text)) !== sumOf(text),
  );
  return edited?.[0] ?? null;
};

type Rows = Pick<ResultTables, 'trials' | 'streams'>;

const firstTwice = (keys: readonly string[]): string | null => {
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key)) return key;
    seen.add(key);
  }
  return null;
};

const placeOf = ({ trial, phase }: Pick<RowKey, 'trial' | 'phase'>): string =>
  `trial ${trial ?? '?'} ${phase ?? ''}`.trim();

const flowOf = (row: StreamRow): string =>
  [placeOf(row), row.stream, row.direction, row.family ?? ''].join(', ');

/** The three of them in order and none below 0; those that are not known are left out. */
const isInOrder = (bounds: readonly (number | null)[]): boolean => {
  const known = [0, ...bounds.filter((bound) => bound !== null)];
  return known.every((bound, index) => index === 0 || bound >= (known[index - 1] ?? 0));
};

const disorder = ({ trials, streams }: Rows): string | null => {
  const trial = trials.find(
    ({ outage_lo_s, outage_s, outage_hi_s }) => !isInOrder([outage_lo_s, outage_s, outage_hi_s]),
  );
  if (trial !== undefined) return `the outage of ${placeOf(trial)} is no interval`;
  const stream = streams.find(
    ({ longest_lo_s, longest_s, longest_hi_s }) => !isInOrder([longest_lo_s, longest_s, longest_hi_s]),
  );
  if (stream !== undefined) return `the outage of ${flowOf(stream)} is no interval`;
  const counted = streams.find(({ sent, received, lost }) => received > sent || lost > sent);
  return counted === undefined ? null : `${flowOf(counted)} has more answers or losses than probes`;
};

/**
 * What cannot be true of the tables of a run, in a clause; null: nothing. For runs without checksums, where a row that
 * somebody dropped, copied or changed would pass for a figure.
 *
 * @param crossing names of the scenario's streams, without the control streams
 */
export const untruth = (rows: Rows, crossing: readonly string[]): string | null => {
  const trialTwice = firstTwice(rows.trials.map(placeOf));
  if (trialTwice !== null) return `${trialTwice} is there twice`;
  const streamTwice = firstTwice(rows.streams.map(flowOf));
  if (streamTwice !== null) return `${streamTwice} is there twice`;
  const there = new Set(rows.streams.map((row) => `${placeOf(row)}\0${row.stream}`));
  for (const trial of rows.trials) {
    const lacking = crossing.find((stream) => !there.has(`${placeOf(trial)}\0${stream}`));
    if (lacking !== undefined) return `${placeOf(trial)} has no row of ${lacking}`;
  }
  const places = new Set(
    rows.trials.flatMap((row) => {
      const after = row.phase === null ? null : aftercareOf(row.phase);
      return [placeOf(row), ...(after === null ? [] : [placeOf({ ...row, phase: after })])];
    }),
  );
  const orphan = rows.streams.find((row) => !places.has(placeOf(row)));
  if (orphan !== undefined) return `${placeOf(orphan)} has rows of streams, but none of its own`;
  return disorder(rows);
};

/**
 * Writes finished files into a run's folder, each whole or not at all. They are not redacted here: they are made
 * from the stored history, which already is, and so come out the same when made again. Throws KnownError.
 */
export const writeTables = async (folder: string, files: Readonly<Record<string, string>>): Promise<void> => {
  for (const [name, text] of Object.entries(files)) await writeAtomic(join(folder, name), text);
};

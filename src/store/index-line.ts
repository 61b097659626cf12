import { crc32 } from 'node:zlib';
import type { RunFigures, RunSummary } from '../model/figures.js';
import type { StreamRow, TrialRow } from '../model/record.js';
import { STREAM_COLUMNS, TRIAL_COLUMNS } from '../report/columns.js';
import { blankRow } from './blank-row.js';

/**
 * A line of the index: a checksum and four pieces of JSON between tabs, which JSON itself never holds. The last piece
 * is by far the longest and only decoded when asked for; its rows are lists in the order of the columns.
 */
export interface IndexLine {
  /** The run's folder, from that of the index. */
  readonly folder: string;
  readonly fingerprint: string;
  readonly summary: RunSummary;
  /** Where the figures begin, in characters of the line. */
  readonly figuresAt: number;
}

/** Raised when the lines change; another set of columns makes an index of older ones worthless by itself. */
const VERSION = 2;

/** The first line. */
export const INDEX_HEADER = JSON.stringify({
  seqgap_index: VERSION,
  trials: TRIAL_COLUMNS,
  streams: STREAM_COLUMNS,
});

type StoredRow = readonly unknown[];

const pack = <Row extends object>(columns: readonly (keyof Row)[], rows: readonly Row[]): StoredRow[] =>
  rows.map((row) => columns.map((column) => row[column]));

const unpack = <Row>(columns: readonly (keyof Row)[], rows: readonly StoredRow[]): Row[] => {
  const blank = blankRow(columns);
  return rows.map((row) => {
    const unpacked = { ...blank };
    for (const [index, column] of columns.entries()) unpacked[column] = row[index];
    return unpacked as Row;
  });
};

/** With its checksum before it: a flipped digit is still JSON, and would be believed. */
export const sealed = (content: string): string => `${crc32(content).toString(16)}\t${content}`;

export const encodeLine = (folder: string, fingerprint: string, figures: RunFigures): string => {
  const { summary, trials, streams, sessions } = figures;
  const rows = { trials: pack(TRIAL_COLUMNS, trials), streams: pack(STREAM_COLUMNS, streams), sessions };
  return sealed([folder, fingerprint, summary, rows].map((piece) => JSON.stringify(piece)).join('\t'));
};

/** null: this is no line of an index, or a damaged one. */
export const decodeLine = (line: string): IndexLine | null => {
  const content = line.slice(line.indexOf('\t') + 1);
  if (sealed(content) !== line) return null;
  const [folder, fingerprint, summary, figures] = content.split('\t', 4);
  if (folder === undefined || fingerprint === undefined || summary === undefined || figures === undefined)
    return null;
  try {
    return {
      folder: JSON.parse(folder) as string,
      fingerprint: JSON.parse(fingerprint) as string,
      summary: JSON.parse(summary) as RunSummary,
      figuresAt: line.length - figures.length,
    };
  } catch {
    return null;
  }
};

/** null: what is there are no figures. */
export const decodeFigures = (text: string, summary: RunSummary): RunFigures | null => {
  try {
    const { trials, streams, sessions } = JSON.parse(text) as Pick<RunFigures, 'sessions'> & {
      readonly trials: readonly StoredRow[];
      readonly streams: readonly StoredRow[];
    };
    return {
      summary,
      trials: unpack<TrialRow>(TRIAL_COLUMNS, trials),
      streams: unpack<StreamRow>(STREAM_COLUMNS, streams),
      sessions,
    };
  } catch {
    return null;
  }
};

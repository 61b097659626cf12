import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { open, type FileHandle, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { RunFigures, RunSummary } from '../model/figures.js';
import { blankRow, columnsOf, STREAMS, TRIALS, type StreamRow, type TrialRow } from '../model/tables.js';
import { RUN_FILE } from '../store/names.js';
import { SUMS_FILE } from '../store/table-file.js';
import { READ_TABLES } from './read-figures.js';

/** In the folder of all results. It may be deleted at any time: the next command makes it again. */
export const INDEX_FILE = '.seqgap-index.jsonl';

/** A run as the index knows it; the figures stay in the file until they are asked for. */
export interface IndexEntry {
  readonly fingerprint: string;
  readonly summary: RunSummary;
  /** Where its line lies in the file, in octets. */
  readonly offset: number;
  readonly length: number;
  /** Where in the line the figures begin, in characters. */
  readonly figuresAt: number;
}

/** An index file that is open; its entries by the run's folder, as seen from that of the index. */
export class RunIndex {
  readonly entries: ReadonlyMap<string, IndexEntry>;
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle, entries: ReadonlyMap<string, IndexEntry>) {
    this.#handle = handle;
    this.entries = entries;
  }

  /** null: there is none, or none that is of use. Another process may replace the file: ours stays open. */
  static async open(root: string): Promise<RunIndex | null> {
    const handle = await open(join(root, INDEX_FILE), 'r').catch(() => null);
    if (handle === null) return null;
    try {
      const entries = await readEntries(handle);
      if (entries !== null) return new RunIndex(handle, entries);
    } catch {
      // An index that cannot be read is worth as much as none.
    }
    await handle.close();
    return null;
  }

  /** null: the line is damaged. */
  async figures(entry: IndexEntry): Promise<RunFigures | null> {
    const line = await this.line(entry);
    return line === null ? null : decodeFigures(line.slice(entry.figuresAt), entry.summary);
  }

  /** A line as it is; null if it cannot be read. */
  async line({ offset, length }: IndexEntry): Promise<string | null> {
    const buffer = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.#handle.read(buffer, 0, length, offset);
    return bytesRead === length ? buffer.toString('utf8') : null;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Line by line: none is kept but its beginning. */
const readEntries = async (handle: FileHandle): Promise<Map<string, IndexEntry> | null> => {
  const entries = new Map<string, IndexEntry>();
  let offset = 0;
  for await (const line of handle.readLines({ autoClose: false, start: 0 })) {
    const length = Buffer.byteLength(line);
    if (offset === 0) {
      if (line !== INDEX_HEADER) return null;
    } else {
      const decoded = decodeLine(line);
      if (decoded === null) return null;
      const { folder, fingerprint, summary, figuresAt } = decoded;
      entries.set(folder, { fingerprint, summary, offset, length, figuresAt });
    }
    offset += length + 1;
  }
  return offset === 0 ? null : entries;
};

const FILES = [RUN_FILE, ...READ_TABLES, SUMS_FILE];

/** The time of change beside that of modification: a copy or an editor may set the latter back. */
const markOf = (path: string): string => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? '-' : `${found.size} ${found.mtimeMs} ${found.ctimeMs}`;
};

/** Of the files that a run's figures come from: it differs whenever one of them was written. */
export const fingerprintOf = (run: string): string => FILES.map((name) => markOf(join(run, name))).join(', ');

/** What a writer that was killed left behind is taken away after this long. */
const ABANDONED_MS = 3600e3;

/** In characters: so much is written at once. */
const FULL = 1 << 18;

const removeAbandoned = async (root: string, now_ms: number): Promise<void> => {
  const drafts = (await readdir(root)).filter((name) => name.startsWith(INDEX_FILE) && name !== INDEX_FILE);
  for (const name of drafts) {
    const path = join(root, name);
    if (now_ms - (await stat(path)).mtimeMs > ABANDONED_MS) await rm(path, { force: true });
  }
};

/**
 * A new index being written, run by run. Writers do not see each other: each has a file of its own, the last one to
 * finish wins, and every one of them is right. None of its methods throws: there is no need for an index.
 */
export class IndexDraft {
  readonly #root: string;
  readonly #path: string;
  readonly #handle: FileHandle | null;
  #failed: boolean;
  #waiting = '';

  private constructor(root: string, path: string, handle: FileHandle | null) {
    this.#root = root;
    this.#path = path;
    this.#handle = handle;
    this.#failed = handle === null;
  }

  static async create(root: string): Promise<IndexDraft> {
    const path = join(root, `${INDEX_FILE}.${randomUUID()}.tmp`);
    const draft = new IndexDraft(root, path, await open(path, 'w').catch(() => null));
    await draft.addLine(INDEX_HEADER);
    return draft;
  }

  async add(folder: string, fingerprint: string, figures: RunFigures): Promise<void> {
    await this.addLine(encodeLine(folder, fingerprint, figures));
  }

  async addLine(line: string): Promise<void> {
    if (this.#failed) return;
    this.#waiting += `${line}\n`;
    if (this.#waiting.length > FULL) await this.#flush();
  }

  /** Puts it in the place of the former one; an index that could not be written whole is dropped. */
  async finish(now_ms: number): Promise<void> {
    if (this.#handle === null) return;
    await this.#flush();
    await this.#handle.close().catch(() => undefined);
    try {
      if (this.#failed) await rm(this.#path, { force: true });
      else await rename(this.#path, join(this.#root, INDEX_FILE));
      await removeAbandoned(this.#root, now_ms);
    } catch {
      await rm(this.#path, { force: true }).catch(() => undefined);
    }
  }

  async #flush(): Promise<void> {
    await this.#handle?.appendFile(this.#waiting).catch(() => {
      this.#failed = true;
    });
    this.#waiting = '';
  }
}

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
  trials: columnsOf(TRIALS),
  streams: columnsOf(STREAMS),
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
  const rows = {
    trials: pack(columnsOf(TRIALS), trials),
    streams: pack(columnsOf(STREAMS), streams),
    sessions,
  };
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
      trials: unpack<TrialRow>(columnsOf(TRIALS), trials),
      streams: unpack<StreamRow>(columnsOf(STREAMS), streams),
      sessions,
    };
  } catch {
    return null;
  }
};

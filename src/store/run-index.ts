import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunFigures, RunSummary } from '../model/figures.js';
import { decodeFigures, decodeLine, INDEX_HEADER } from './index-line.js';

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

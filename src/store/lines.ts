import { constants, createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { KnownError, messageOf, readErrorWords, usage, hasCode } from '../model/error.js';
import { COMPRESSED } from './names.js';
import { noFile } from './replace-file.js';

/** Large enough that a read costs little beside its rows, small enough to stay in the processor's cache. */
const CHUNK = 1 << 18;
const LINE_FEED = 10;

/** What became of reading a log to its end. */
export interface LogReading {
  /** Lines handed out, the header not counted. */
  readonly rows: number;
  /** What is wrong with the file though it could be read, named within its run; null if nothing is. */
  readonly warning: string | null;
}

/** How a log's lines are read. */
export interface LineFormat<Row> {
  /** The first line; null if the log has no header. */
  readonly header: string | null;
  /** Decodes the line `bytes[from, to)`; throws on a malformed one. The bytes are overwritten afterwards. */
  readonly decode: (bytes: Buffer, from: number, to: number) => Row;
  /** Files of older versions have this header, and rows to match. */
  readonly former?: Pick<LineFormat<Row>, 'header' | 'decode'>;
}

/** `trial-01/probes.csv`: reports of a run must depend neither on where it lies nor on whether it is compressed. */
const nameInRun = (path: string): string => join(basename(dirname(path)), basename(path));

/**
 * Reads a log, compressed or not, line by line with flat memory. A last line without its end was cut off when the
 * writer died: even if it looks whole, its last cell may not be, so it is left out and reported. Throws KnownError
 * with `file:line` for another header and for a malformed row.
 *
 * @param between is waited for after every part that was read
 */
export const eachLine = async <Row>(
  path: string,
  { header, decode, former }: LineFormat<Row>,
  onRow: (row: Row) => void,
  between: (() => Promise<void>) | null = null,
): Promise<LogReading> => {
  const source = await openLog(path);
  if (source === null) return { rows: 0, warning: `${nameInRun(path)} is missing` };
  let line = 0;
  let pending = 0;
  const buffer = Buffer.allocUnsafe(CHUNK);
  let decodeRow = decode;

  const readHeader = (expected: string, found: string): void => {
    if (former !== undefined && found === former.header) decodeRow = former.decode;
    else requireHeader(source.path, expected, found);
  };

  const decodeAt = (from: number, to: number): Row => {
    try {
      return decodeRow(buffer, from, to);
    } catch (error) {
      throw usage(
        `${source.path}:${line}: malformed row: ${messageOf(error)}`,
        'the file was changed or damaged after the run: restore it, or take the line out',
        error,
      );
    }
  };

  /** Hands out the whole lines of the buffer; returns where the rest begins. */
  const take = (end: number): number => {
    let from = 0;
    for (;;) {
      const to = buffer.indexOf(LINE_FEED, from);
      if (to === -1 || to >= end) return from;
      line += 1;
      if (line === 1 && header !== null) readHeader(header, buffer.toString('utf8', from, to));
      else onRow(decodeAt(from, to));
      from = to + 1;
    }
  };

  try {
    for (;;) {
      const bytesRead = await source.read(buffer, pending, CHUNK);
      if (bytesRead === 0) break;
      const end = pending + bytesRead;
      const rest = take(end);
      if (between !== null) await between();
      if (rest === 0 && end === CHUNK)
        throw usage(`${source.path}:${line + 1}: a line of more than ${CHUNK} octets`);
      buffer.copyWithin(0, rest, end);
      pending = end - rest;
    }
  } finally {
    await source.close();
  }
  const rows = Math.max(0, header === null ? line : line - 1);
  if (pending > 0)
    return { rows, warning: `${nameInRun(path)}:${line + 1}: the last line is cut off and was left out` };
  return { rows, warning: header !== null && line === 0 ? `${nameInRun(path)} is empty` : null };
};

const requireHeader = (path: string, expected: string, found: string): void => {
  if (found !== expected)
    throw usage(
      `${path}:1: the header row is "${found}" instead of "${expected}"`,
      'the file was changed, or written by another version of seqgap',
    );
};

/** The bytes of a log, plain or compressed. */
interface LogSource {
  /** The file that is read. */
  readonly path: string;
  /** Fills a part of `buffer[from, to)`, at least one byte; 0: there is no more. Throws KnownError. */
  read(buffer: Buffer, from: number, to: number): Promise<number>;
  close(): Promise<void>;
}

export const unreadable = (path: string, error: unknown): KnownError =>
  usage(`cannot read ${path}: ${readErrorWords(error)}`, undefined, error);

const openPlain = async (path: string): Promise<LogSource | null> => {
  try {
    // Not to wait for the other end of a pipe, which is no log of ours.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await handle.stat();
    if (!found.isFile()) {
      await handle.close();
      throw new Error(noFile(found));
    }
    return {
      path,
      read: async (buffer, from, to) => (await handle.read(buffer, from, to - from)).bytesRead,
      close: () => handle.close(),
    };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw unreadable(path, error);
  }
};

/** A plain log ends where its writer died; what took its place was written whole, so that a part of it is damage. */
export const damaged = (path: string, error: unknown): KnownError =>
  usage(`${path} is damaged: ${messageOf(error)}`, 'restore the file from a copy', error);

const openCompressed = async (path: string): Promise<LogSource | null> => {
  const handle = await openPlain(path);
  if (handle === null) return null;
  await handle.close();
  const gunzip = createGunzip({ chunkSize: 1 << 16 });
  // What goes wrong destroys the last stream with the error, which its reader gets.
  pipeline(createReadStream(path), gunzip, () => {});
  const chunks = gunzip[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
  let rest: Buffer = Buffer.alloc(0);
  return {
    path,
    read: async (buffer, from, to) => {
      try {
        while (rest.length === 0) {
          const next = await chunks.next();
          if (next.done === true) return 0;
          rest = next.value;
        }
      } catch (error) {
        throw damaged(path, error);
      }
      const taken = rest.copy(buffer, from, 0, to - from);
      rest = rest.subarray(taken);
      return taken;
    },
    close: async () => {
      gunzip.destroy();
      await Promise.resolve();
    },
  };
};

/** Opens a log, or its compressed form where that took its place; null: there is neither. Throws KnownError. */
const openLog = async (path: string): Promise<LogSource | null> =>
  (await openPlain(path)) ?? (await openCompressed(`${path}${COMPRESSED}`));

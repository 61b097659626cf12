import { constants, createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { pipeline } from 'node:stream';
import { EXIT, KnownError, messageOf } from '../model/error.js';
import { COMPRESSED } from './names.js';
import { noFile } from './read-text.js';
import { hasCode } from './write-error.js';

/** The bytes of a log, plain or compressed. */
export interface LogSource {
  /** The file that is read. */
  readonly path: string;
  /** Fills a part of `buffer[from, to)`, at least one byte; 0: there is no more. Throws KnownError. */
  read(buffer: Buffer, from: number, to: number): Promise<number>;
  close(): Promise<void>;
}

const unreadable = (path: string, error: unknown): KnownError =>
  new KnownError(`cannot read ${path}: ${messageOf(error)}`, { exitCode: EXIT.usage, cause: error });

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

/** A plain log ends where its writer died; a compressed one was written whole, so that a part of one is damage. */
const damaged = (path: string, error: unknown): KnownError =>
  new KnownError(`${path} is damaged: ${messageOf(error)}`, {
    remedy: 'restore the file from a copy',
    exitCode: EXIT.usage,
    cause: error,
  });

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
export const openLog = async (path: string): Promise<LogSource | null> =>
  (await openPlain(path)) ?? (await openCompressed(`${path}${COMPRESSED}`));

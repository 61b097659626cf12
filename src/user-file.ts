import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, readErrorWords, hasCode } from './model/error.js';

/*
 * Files that a user names may be anything: a directory, a device without end, a pipe that nobody writes to, a file of
 * /proc that never answers. They are read within bounds of size and time, and what cannot be read is said in words.
 */

/** Why a file could not be read, in words that go after its name. */
export class Unreadable extends Error {
  /** The system's code; null: it was readable, but is nothing to be read here. */
  readonly code: string | null;

  constructor(words: string, code: string | null, cause?: unknown) {
    super(words, { cause });
    this.name = 'Unreadable';
    this.code = code;
  }
}

/** A pipe that nobody writes to and a terminal are opened at once instead of waited for. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
const CHUNK = 64 * 1024;
const AGAIN_MS = 20;
/** Whoever writes into a pipe may ask a vault first. */
const PATIENCE_WITH_WRITER_MS = 60_000;

const inWords = (error: unknown): Unreadable => {
  if (error instanceof Unreadable) return error;
  return new Unreadable(readErrorWords(error), codeOf(error), error);
};

/** /dev/null of Linux (major 1, minor 3): the usual way to say that there is nothing, as for known hosts. */
const NULL_DEVICE = 0x103;

const refuse = (stat: Stats): void => {
  if (stat.isDirectory()) throw new Unreadable('is a directory', 'EISDIR');
  if (stat.isCharacterDevice() && stat.rdev === NULL_DEVICE) return;
  if (stat.isCharacterDevice() || stat.isBlockDevice()) throw new Unreadable('is a device, not a file', null);
};

const sayMost = (most: number): string =>
  most >= 1 << 20 ? `${Math.floor(most / (1 << 20))} MB` : `${Math.floor(most / 1024)} KB`;

class Collected {
  readonly #chunks: Buffer[] = [];
  readonly #most: number;
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#most)
      throw new Unreadable(`is larger than the ${sayMost(this.#most)} that are read`, null);
    this.#chunks.push(Buffer.from(chunk));
  }

  whole(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

export interface Reading {
  /** Octets; more are not read. */
  readonly most: number;
  /** How long a pipe that nobody writes to, or a file that does not answer, is waited for. */
  readonly patience_ms: number;
}

/** Keys, known hosts, authorities: none is a pipe, and the largest is that of all authorities of a host. */
export const SMALL_FILE: Reading = { most: 4 << 20, patience_ms: 1000 };

const readAll = async (file: FileHandle, { most, patience_ms }: Reading): Promise<Buffer> => {
  const stat = await file.stat();
  refuse(stat);
  const collected = new Collected(most);
  const chunk = Buffer.alloc(CHUNK);
  let waited = 0;
  let written = false;
  for (;;) {
    let size: number | null;
    try {
      size = (await file.read(chunk, 0, CHUNK)).bytesRead;
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') throw error;
      size = null;
      // Somebody holds the other end of a pipe: else it would have been at its end.
      written ||= stat.isFIFO();
    }
    if (size !== null && size > 0) {
      collected.add(chunk.subarray(0, size));
      written = true;
      waited = 0;
      continue;
    }
    if (size === 0 && (written || !stat.isFIFO())) return collected.whole();
    if (waited >= (written ? PATIENCE_WITH_WRITER_MS : patience_ms))
      throw new Unreadable(
        stat.isFIFO() ? 'is a pipe, and nobody writes to it' : 'does not answer when it is read',
        null,
      );
    await sleep(AGAIN_MS);
    waited += AGAIN_MS;
  }
};

/** A whole file; a pipe too. Throws `Unreadable`. */
export const readUserFile = async (path: string, reading: Reading): Promise<Buffer> => {
  let file: FileHandle | null = null;
  try {
    file = await open(path, FLAGS);
    return await readAll(file, reading);
  } catch (error) {
    throw inWords(error);
  } finally {
    await file?.close();
  }
};

/** A file that is there to be read again and again: no pipe. Throws `Unreadable`. */
export const readUserFileNow = (path: string, most: number): Buffer => {
  let file: number | null = null;
  try {
    file = openSync(path, FLAGS);
    const stat = fstatSync(file);
    refuse(stat);
    if (stat.isFIFO() || stat.isSocket())
      throw new Unreadable('is a pipe, and it is read more than once: a file is needed', null);
    const collected = new Collected(most);
    const chunk = Buffer.alloc(CHUNK);
    for (;;) {
      const size = readSync(file, chunk);
      if (size === 0) return collected.whole();
      collected.add(chunk.subarray(0, size));
    }
  } catch (error) {
    if (hasCode(error, 'EAGAIN')) throw new Unreadable('does not answer when it is read', 'EAGAIN', error);
    throw inWords(error);
  } finally {
    if (file !== null) closeSync(file);
  }
};

/** false: also where nothing is. */
export const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

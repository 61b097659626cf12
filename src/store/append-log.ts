import { open, type FileHandle } from 'node:fs/promises';
import type { KnownError } from '../model/error.js';
import { writeError } from './write-error.js';

/** Above this many characters waiting, `write` makes its caller wait. At 1,000 probes/s that is 10 s of rows. */
const HIGH_WATER = 1 << 20;

/** A caller that does not wait, on a disk that hangs, must not fill the memory: beyond this it is a write error. */
const MOST_WAITING = 1 << 26;

const DONE = Promise.resolve();

/**
 * A file that only grows. Writes go out in order, as soon as the disk takes them, many chunks in one call. The
 * first error ends it: it is handed to `onError` once, later writes are dropped, and what is on disk stays.
 */
export class AppendLog {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #onError: (error: KnownError) => void;
  #waiting: string[] = [];
  #waitingLength = 0;
  #flushing: Promise<void> | null = null;
  #failed = false;
  #closed = false;

  private constructor(path: string, handle: FileHandle, onError: (error: KnownError) => void) {
    this.#path = path;
    this.#handle = handle;
    this.#onError = onError;
  }

  /** Throws KnownError if the file exists or cannot be made. */
  static async create(
    path: string,
    header: string,
    onError: (error: KnownError) => void,
  ): Promise<AppendLog> {
    try {
      const log = new AppendLog(path, await open(path, 'wx'), onError);
      if (header !== '') void log.write(`${header}\n`);
      return log;
    } catch (error) {
      throw writeError(path, error);
    }
  }

  /** Takes the chunk at once; resolves when there is room for the next one. Never rejects. */
  write(chunk: string): Promise<void> {
    // What a killed agent had still to say comes after the end: it belongs to nothing any more.
    if (this.#failed || this.#closed || chunk === '') return DONE;
    this.#waiting.push(chunk);
    this.#waitingLength += chunk.length;
    if (this.#waitingLength > MOST_WAITING) {
      this.#fail(new Error('the disk does not keep up'));
      return DONE;
    }
    this.#flushing ??= this.#flush();
    return this.#waitingLength < HIGH_WATER ? DONE : this.#flushing;
  }

  /** Writes what waits, syncs and closes. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#flushing;
    try {
      if (!this.#failed) await this.#handle.datasync();
    } catch (error) {
      this.#fail(error);
    }
    await this.#handle.close().catch((error: unknown) => this.#fail(error));
  }

  async #flush(): Promise<void> {
    try {
      while (this.#waiting.length > 0 && !this.#failed) {
        const bytes = Buffer.from(this.#waiting.join(''), 'utf8');
        this.#waiting = [];
        this.#waitingLength = 0;
        await this.#writeWhole(bytes);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#flushing = null;
    }
  }

  /** A full disk takes a part first and refuses the rest: the part stays, as a torn last line. */
  async #writeWhole(bytes: Buffer): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done);
      done += bytesWritten;
    }
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#waiting = [];
    this.#waitingLength = 0;
    this.#onError(writeError(this.#path, error));
  }
}

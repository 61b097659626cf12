import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { KnownError } from '../model/error.js';
import type { TrialEvent } from '../model/event.js';
import { redactedJson } from '../model/json.js';
import { HEARTBEAT_COLUMNS, PROBE_COLUMNS } from '../model/probe.js';
import { EVENTS_FILE, HEARTBEATS_FILE, PROBES_FILE } from './names.js';
import { writeError } from './write-error.js';

/** The raw logs of one trial. None of its methods rejects: write errors go to the run's `failure`. */
export interface TrialWriter {
  readonly path: string;
  /** Whole encoded lines, each with its line end. Wait for it before handing in more: that bounds the memory. */
  probes(chunk: string): Promise<void>;
  /** As `probes`. */
  heartbeats(chunk: string): Promise<void>;
  /** Written with secrets redacted. */
  event(event: TrialEvent): void;
  /** Flushes and syncs all three files. */
  close(): Promise<void>;
}

/** Makes the trial's folder and its files with their header rows. Throws KnownError. */
export const openTrialWriter = async (
  path: string,
  onError: (error: KnownError) => void,
): Promise<TrialWriter> => {
  await mkdir(path).catch((error: unknown) => {
    throw writeError(path, error);
  });
  const probes = await AppendLog.create(join(path, PROBES_FILE), PROBE_COLUMNS.join(','), onError);
  const heartbeats = await AppendLog.create(
    join(path, HEARTBEATS_FILE),
    HEARTBEAT_COLUMNS.join(','),
    onError,
  );
  const events = await AppendLog.create(join(path, EVENTS_FILE), '', onError);
  return {
    path,
    probes: (chunk) => probes.write(chunk),
    heartbeats: (chunk) => heartbeats.write(chunk),
    event: (event) => void events.write(`${redactedJson(event)}\n`),
    close: async () => {
      await Promise.all([probes.close(), heartbeats.close(), events.close()]);
    },
  };
};

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

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { hasCode, readErrorWords, usage } from '../model/error.js';

const CHUNK = 1 << 18;
const LINE_FEED = 10;

/** A log that is being written, read on from where it was read last. */
export class Tail {
  readonly #path: string;
  readonly #onLine: (bytes: Buffer, from: number, to: number) => void;
  #position = 0;

  /** @param onLine is given each whole line, `bytes[from, to)`, which is overwritten afterwards */
  constructor(path: string, onLine: (bytes: Buffer, from: number, to: number) => void) {
    this.#path = path;
    this.#onLine = onLine;
  }

  /**
   * Hands out the whole lines that were written since; the last one waits for its end. A log that is not there has none.
   *
   * @returns whether there were any. Throws KnownError for what cannot be read, and what `onLine` throws.
   */
  async read(): Promise<boolean> {
    const handle = await this.#open();
    if (handle === null) return false;
    const before = this.#position;
    try {
      const buffer = Buffer.allocUnsafe(CHUNK);
      for (;;) {
        const { bytesRead } = await handle.read(buffer, 0, CHUNK, this.#position);
        const taken = this.#take(buffer, bytesRead);
        if (taken === 0 && bytesRead === CHUNK)
          throw usage(`${this.#path}: a line of more than ${CHUNK} octets`);
        this.#position += taken;
        if (bytesRead < CHUNK) return this.#position > before;
      }
    } finally {
      await handle.close();
    }
  }

  #take(buffer: Buffer, end: number): number {
    let from = 0;
    for (;;) {
      const to = buffer.subarray(0, end).indexOf(LINE_FEED, from);
      if (to === -1) return from;
      this.#onLine(buffer, from, to);
      from = to + 1;
    }
  }

  async #open() {
    try {
      // Not to wait for the other end of a pipe.
      const handle = await open(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
      if ((await handle.stat()).isFile()) return handle;
      await handle.close();
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return null;
      throw usage(`cannot read ${this.#path}: ${readErrorWords(error)}`, undefined, error);
    }
    throw usage(`cannot read ${this.#path}: it is no file`);
  }
}

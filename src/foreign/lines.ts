const LINE_FEED = 10;
const RETURN = 13;
/** No line of any known log comes near this; what is longer is garbage, and skipped. */
const LONGEST = 1 << 16;

/** Handed a line without its end. The bytes are only good during the call. */
export type OnLine = (bytes: Buffer, from: number, to: number) => void;

/**
 * Cuts chunks of bytes into lines with flat memory. Unlike a log of our own (src/store/lines.ts) these come from
 * pipes too, with any line end, and the last one may be whole without one (`isWhole` says so).
 */
export class LineSplitter {
  /** Up to the one that is handed over, with those that were not: empty ones, and those that were too long. */
  lines = 0;
  /** Lines that were too long to be of a log. */
  skipped = 0;
  /** The last line had no end and was not whole. */
  cut = false;
  readonly #onLine: OnLine;
  readonly #isWhole: (bytes: Buffer, from: number, to: number) => boolean;
  readonly #carry = Buffer.allocUnsafe(LONGEST);
  #carried = 0;
  #skipping = false;

  constructor(onLine: OnLine, isWhole: (bytes: Buffer, from: number, to: number) => boolean) {
    this.#onLine = onLine;
    this.#isWhole = isWhole;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (;;) {
      const to = chunk.indexOf(LINE_FEED, from);
      if (to === -1) break;
      if (this.#carried > 0 || this.#skipping) this.#join(chunk, from, to);
      else this.#hand(chunk, from, to);
      from = to + 1;
    }
    this.#keep(chunk, from, chunk.length);
  }

  /** No more chunks. */
  end(): void {
    this.cut = !this.#skipping && this.#carried > 0 && !this.#isWhole(this.#carry, 0, this.#carried);
    if (this.cut) this.#carried = 0;
    this.#finishLine();
  }

  #finishLine(): void {
    if (this.#skipping) {
      this.skipped += 1;
      this.lines += 1;
    } else if (this.#carried > 0) this.#hand(this.#carry, 0, this.#carried);
    this.#carried = 0;
    this.#skipping = false;
  }

  #hand(bytes: Buffer, from: number, to: number): void {
    this.lines += 1;
    const end = to > from && bytes[to - 1] === RETURN ? to - 1 : to;
    if (end > from) this.#onLine(bytes, from, end);
  }

  #join(chunk: Buffer, from: number, to: number): void {
    this.#keep(chunk, from, to);
    this.#finishLine();
  }

  #keep(chunk: Buffer, from: number, to: number): void {
    if (this.#skipping) return;
    if (this.#carried + to - from > LONGEST) {
      this.#skipping = true;
      return;
    }
    chunk.copy(this.#carry, this.#carried, from, to);
    this.#carried += to - from;
  }
}

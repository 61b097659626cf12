import { possible, type LogTimeReader } from './log-time.js';

const SPACE = 32;
const DOT = 46;
const ZERO = 48;
const OPEN = 91;
const CLOSE = 93;
/** More digits are no number of a probe or of milliseconds, and would not fit a double. */
const MOST_DIGITS = 15;
/** Looked up: a power costs more than the number it scales. */
const POWERS = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/** A number with so many digits behind its point, in units of so many nanoseconds: the nearest double. */
export const decimal_ns = (whole: number, fraction: number, digits: number, unit_ns: number): number =>
  digits === 0 ? whole * unit_ns : whole * unit_ns + (fraction * unit_ns) / (POWERS[digits] ?? 10 ** digits);

/**
 * Reads a line from its bytes, in place: a log has millions, and a string and a pattern per line cost several times as
 * much as what is made of it. One object, reused.
 */
export class ByteCursor {
  /** Digits of the number read last; 0: there was none, or none that any clock or counter shows. */
  digits = 0;
  /** Of the line's stamp; NaN: it has none. */
  at_ns = NaN;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;

  /** Begins the line; false if it begins with a bracket that is no stamp. Stamps go to `stamps` too. */
  begin(bytes: Buffer, from: number, to: number, stamps: LogTimeReader): boolean {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = to;
    this.at_ns = NaN;
    return bytes[from] !== OPEN || this.#stamp(stamps);
  }

  integer(): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#at;
    let value = 0;
    const from = at;
    for (; at < end; at += 1) {
      const digit = (bytes[at] as number) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    this.digits = at - from > MOST_DIGITS ? 0 : at - from;
    this.#at = at;
    return value;
  }

  /** A number of milliseconds, as nanoseconds. */
  milliseconds(): number {
    const whole = this.integer();
    if (this.#bytes[this.#at] !== DOT) return whole * 1e6;
    this.#at += 1;
    const fraction = this.integer();
    return decimal_ns(whole, fraction, this.digits, 1e6);
  }

  /** Is this the next? If so, passes it. */
  skip(word: Buffer): boolean {
    const bytes = this.#bytes;
    const at = this.#at;
    if (at + word.length > this.#end) return false;
    for (let index = 0; index < word.length; index += 1) if (bytes[at + index] !== word[index]) return false;
    this.#at = at + word.length;
    return true;
  }

  /** Goes on to behind the word, wherever it is; by hand: a native search costs more than the line is long. */
  skipPast(word: Buffer): boolean {
    const bytes = this.#bytes;
    const last = this.#end - word.length;
    for (let at = this.#at; at <= last; at += 1) {
      let index = 0;
      while (index < word.length && bytes[at + index] === word[index]) index += 1;
      if (index < word.length) continue;
      this.#at = at + word.length;
      return true;
    }
    return false;
  }

  skipSpaces(): void {
    while (this.#at < this.#end && this.#bytes[this.#at] === SPACE) this.#at += 1;
  }

  /** Up to the next space. */
  word(): string {
    const from = this.#at;
    while (this.#at < this.#end && this.#bytes[this.#at] !== SPACE) this.#at += 1;
    return this.#bytes.toString('latin1', from, this.#at);
  }

  /** `[1700000000.123456] ` */
  #stamp(stamps: LogTimeReader): boolean {
    this.#at += 1;
    const second = this.integer();
    if (this.digits < 9 || !possible(second) || this.#bytes[this.#at] !== DOT) return false;
    this.#at += 1;
    const fraction = this.integer();
    const { digits } = this;
    if (digits === 0 || digits > 9) return false;
    if (this.#bytes[this.#at] !== CLOSE || this.#bytes[this.#at + 1] !== SPACE) return false;
    this.#at += 2;
    stamps.see(second, fraction * (POWERS[9 - digits] as number), digits);
    this.at_ns = stamps.at_ns;
    return true;
  }
}

/**
 * Reads lines of comma-separated cells in place, from the bytes of a file: the raw logs hold millions of rows, and
 * `split` and `Number` per cell cost several times as much as the analysis of the row.
 */
const COMMA = 44;
const ZERO = 48;
/** Up to this many digits a double holds for certain; longer cells go through `Number`, as do fractions and signs. */
const EXACT_DIGITS = 15;
/** Names and causes are few; after so many different ones the first are forgotten. */
const MOST_WORDS = 64;

/** A text and its bytes, so that a cell can be recognised without making a string of it. */
export interface Word<Text extends string = string> {
  readonly text: Text;
  readonly bytes: Uint8Array;
}

export const word = <Text extends string>(text: Text): Word<Text> => ({
  text,
  bytes: new TextEncoder().encode(text),
});

/**
 * Most bytes of a log are digits, and reading one byte costs as much as reading four (measured: half the time per row).
 * Four characters are one number here, the first in its lowest byte. Digits are 0x30 to 0x39: the upper half of each
 * byte is 3, and stays 3 when 6 is added.
 */
export const areDigits = (four: number): boolean =>
  ((four & 0xf0f0f0f0) | (((four + 0x06060606) & 0xf0f0f0f0) >>> 4)) === 0x33333333;

/** The number that four digits say: first each pair (tens times 10 plus ones), then the two pairs. */
export const numberOf = (four: number): number => {
  const digits = four & 0x0f0f0f0f;
  const pairs = Math.imul(digits, 10) + (digits >>> 8);
  return (pairs & 0xff) * 100 + ((pairs >>> 16) & 0xff);
};

/** Where the reading of a line is; one cursor serves any number of lines, one after the other. */
export class CellCursor {
  #bytes: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  readonly #words: Word[] = [];
  #at = 0;
  #end = 0;

  /** Begins the line `bytes[from, to)`. */
  begin(bytes: Uint8Array, from: number, to: number): void {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.#at = from;
    this.#end = to;
  }

  /**
   * The next cell as a word, the same string object for the same bytes, so that a million rows share one `ping`; null if
   * it is empty. Throws when the row has no more cells.
   */
  word(): string | null {
    this.#requireCell();
    const at = this.#at;
    const end = this.#end;
    if (at === end || this.#bytes[at] === COMMA) {
      this.#at = at + 1;
      return null;
    }
    return this.#known(this.#words) ?? this.#newWord();
  }

  /** The next cell if it is one of these words, the likely ones first; else null, and nothing has been read. */
  oneOf<Text extends string>(words: readonly Word<Text>[]): Text | null {
    this.#requireCell();
    return this.#known(words);
  }

  /**
   * The next cell as a number; NaN if it is empty, and only then: with null, every number on its way would have to be
   * an object (measured: twice the time per row). Throws when it is not a number, or the row has no more cells.
   */
  number(): number {
    this.#requireCell();
    const bytes = this.#bytes;
    const view = this.#view;
    const from = this.#at;
    const end = this.#end;
    let at = from;
    let value = 0;
    for (; at + 4 <= end; at += 4) {
      const four = view.getInt32(at, true);
      if (!areDigits(four)) break;
      value = value * 10_000 + numberOf(four);
    }
    for (; at < end; at += 1) {
      const digit = (bytes[at] as number) - ZERO;
      if (digit < 0 || digit > 9) {
        if (digit !== COMMA - ZERO) return this.#unusual();
        break;
      }
      value = value * 10 + digit;
    }
    if (at - from > EXACT_DIGITS) return this.#unusual();
    this.#at = at + 1;
    return at === from ? NaN : value;
  }

  /** Throws unless every cell has been read. */
  finish(): void {
    if (this.#at !== this.#end + 1) throw new Error('more cells than columns');
  }

  #requireCell(): void {
    if (this.#at > this.#end) throw new Error('fewer cells than columns');
  }

  #known<Text extends string>(words: readonly Word<Text>[]): Text | null {
    const bytes = this.#bytes;
    const at = this.#at;
    const end = this.#end;
    for (let index = 0; index < words.length; index += 1) {
      const { bytes: own, text } = words[index] as Word<Text>;
      const to = at + own.length;
      if (to > end || (to < end && bytes[to] !== COMMA)) continue;
      let same = 0;
      while (same < own.length && own[same] === bytes[at + same]) same += 1;
      if (same < own.length) continue;
      this.#at = to + 1;
      return text;
    }
    return null;
  }

  #newWord(): string {
    const found = word(this.#rest());
    if (this.#words.length === MOST_WORDS) this.#words.length = 0;
    this.#words.push(found);
    return found.text;
  }

  /** A sign, a fraction, an exponent, or more digits than a double holds for certain. */
  #unusual(): number {
    const cell = this.#rest();
    const value = Number(cell);
    if (!Number.isFinite(value) || cell.trim() === '') throw new Error(`not a number: ${cell}`);
    return value;
  }

  /** The next cell as a new string. */
  #rest(): string {
    const bytes = this.#bytes;
    const from = this.#at;
    const end = this.#end;
    let to = from;
    while (to < end && bytes[to] !== COMMA) to += 1;
    this.#at = to + 1;
    return new TextDecoder().decode(bytes.subarray(from, to));
  }
}

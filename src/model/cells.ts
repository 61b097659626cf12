/**
 * Reads lines of comma-separated cells in place, from the bytes of a file: the raw logs hold millions of rows, and
 * `split` and `Number` per cell cost several times as much as the analysis of the row.
 */
const COMMA = 44;
const ZERO = 48;
/** Up to this many digits an int32 holds the number; the multiplication stays cheap. */
const INT_DIGITS = 9;
/** Up to this many a double holds it exactly; longer cells go through `Number`. */
const EXACT_DIGITS = 15;
const POWERS = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6];
/** Names and causes are few; a file with more different words than this gets plain strings. */
const MAX_WORDS = 512;

interface Word {
  readonly bytes: Uint8Array;
  readonly text: string;
}

const wordsByLength: Word[][] = [];
let wordCount = 0;

const sameBytes = (word: Uint8Array, bytes: Uint8Array, from: number): boolean => {
  for (let at = 0; at < word.length; at += 1) if (word[at] !== bytes[from + at]) return false;
  return true;
};

/** The same string object for the same bytes, so that a million rows share one `ping`. */
const intern = (bytes: Uint8Array, from: number, to: number): string => {
  const candidates = (wordsByLength[to - from] ??= []);
  for (const word of candidates) if (sameBytes(word.bytes, bytes, from)) return word.text;
  const copy = Uint8Array.prototype.slice.call(bytes, from, to);
  const text = new TextDecoder().decode(copy);
  if (wordCount < MAX_WORDS) {
    wordCount += 1;
    candidates.push({ bytes: copy, text });
  }
  return text;
};

/** Where the reading of a line is; one cursor serves any number of lines, one after the other. */
export class CellCursor {
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  private end = 0;

  /** Begins the line `bytes[from, to)`. */
  begin(bytes: Uint8Array, from: number, to: number): void {
    this.bytes = bytes;
    this.at = from;
    this.end = to;
  }

  /** The next cell as a word; null if it is empty. Throws when the row has no more cells. */
  word(): string | null {
    const { bytes, at: from, end } = this;
    if (from > end) throw new Error('fewer cells than columns');
    let at = from;
    while (at < end && bytes[at] !== COMMA) at += 1;
    this.at = at + 1;
    return at === from ? null : intern(bytes, from, at);
  }

  /** The next cell as a number; null if it is empty. Throws when it is not one, or the row has no more cells. */
  number(): number | null {
    const { bytes, at: from, end } = this;
    if (from > end) throw new Error('fewer cells than columns');
    let at = from;
    let high = 0;
    let low = 0;
    let plain = true;
    for (; at < end; at += 1) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) {
        if (digit === COMMA - ZERO) break;
        plain = false;
      } else if (at - from < INT_DIGITS) high = (high * 10 + digit) | 0;
      else low = (low * 10 + digit) | 0;
    }
    this.at = at + 1;
    const length = at - from;
    if (length === 0) return null;
    if (!plain || length > EXACT_DIGITS) return this.parse(from, at);
    return length <= INT_DIGITS ? high : high * (POWERS[length - INT_DIGITS] ?? 1) + low;
  }

  /** Throws unless every cell has been read. */
  finish(): void {
    if (this.at !== this.end + 1) throw new Error('more cells than columns');
  }

  private parse(from: number, to: number): number {
    const cell = new TextDecoder().decode(this.bytes.subarray(from, to));
    const value = Number(cell);
    if (!Number.isFinite(value) || cell.trim() === '') throw new Error(`not a number: ${cell}`);
    return value;
  }
}

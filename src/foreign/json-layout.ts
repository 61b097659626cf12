import { areDigits, numberOf } from '../model/cells.js';

const MINUS = 45;
const ZERO = 48;
/** So many digits a double holds for certain. */
const EXACT_DIGITS = 15;
/** Longer ones may be beyond a double. */
const MOST_DIGITS = 20;
/** Strings, and numbers between them. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
const INTEGER = /^-?(?:0|[1-9]\d*)$/;
const ASCII = /^[\t\n\r -~]*$/;
const OCTETS = 8;

/**
 * The text before a number, or the end: eight octets at a time as a double (none is NaN, for all are ASCII), and the last
 * eight. Of what is shorter each octet.
 */
interface Piece {
  readonly length: number;
  readonly eights: Float64Array;
  readonly last: number;
  readonly short: Uint8Array;
}

const pieceOf = (text: string): Piece => {
  const octets = Buffer.from(text);
  const { length } = octets;
  const begins = Array.from({ length: Math.ceil(length / OCTETS) - 1 }, (_, at) => OCTETS * at);
  return {
    length,
    eights: Float64Array.from(begins, (at) => octets.readDoubleLE(at)),
    last: length < OCTETS ? NaN : octets.readDoubleLE(length - OCTETS),
    short: length < OCTETS ? octets : octets.subarray(0, 0),
  };
};

/**
 * What an object in a JSON document is made of: text that stays, and whole numbers that change. Another object of the same
 * layout is what `JSON.parse` makes of it, but for the numbers, so that it needs no parsing.
 */
export class JsonLayout {
  /** Of the object read last, in the order of the text; NaN: it has more digits than a double. */
  readonly numbers: Float64Array;
  readonly #pieces: readonly Piece[];
  /** No such object is longer. */
  readonly #most: number;

  private constructor(pieces: readonly string[]) {
    this.#pieces = pieces.map(pieceOf);
    this.numbers = new Float64Array(pieces.length - 1);
    this.#most = pieces.join('').length + (MOST_DIGITS + 1) * pieces.length;
  }

  /**
   * @returns the layout of an object, and the object with each number replaced by its place among `numbers`; null: it has
   *   numbers that are not whole, or more than ASCII
   */
  static of(element: string): { readonly layout: JsonLayout; readonly numbered: string } | null {
    const pieces: string[] = [];
    let numbered = '';
    let from = 0;
    for (const { 0: token, index } of element.matchAll(TOKEN)) {
      if (token.startsWith('"')) continue;
      if (!INTEGER.test(token)) return null;
      const before = element.slice(from, index);
      numbered += `${before}${pieces.length}`;
      pieces.push(before);
      from = index + token.length;
    }
    const end = element.slice(from);
    if (!ASCII.test(element)) return null;
    return { layout: new JsonLayout([...pieces, end]), numbered: `${numbered}${end}` };
  }

  /** Where an object ends that begins there and is of this layout; -1: it is not, or may go on beyond the bytes. */
  read(view: DataView, from: number): number {
    if (from + this.#most > view.byteLength) return -1;
    const pieces = this.#pieces;
    const numbers = this.numbers;
    let at = from;
    for (let index = 0; ; index += 1) {
      const { length, eights, last, short } = pieces[index] as Piece;
      if (length < OCTETS) {
        for (let each = 0; each < length; each += 1) if (view.getUint8(at + each) !== short[each]) return -1;
      } else {
        if (view.getFloat64(at + length - OCTETS, true) !== last) return -1;
        for (let each = 0; each < eights.length; each += 1)
          if (view.getFloat64(at + OCTETS * each, true) !== eights[each]) return -1;
      }
      at += length;
      if (index === numbers.length) return at;
      const minus = view.getUint8(at) === MINUS;
      if (minus) at += 1;
      const first = at;
      let value = 0;
      const end = at + MOST_DIGITS;
      for (let four = view.getInt32(at, true); areDigits(four) && at < end; four = view.getInt32(at, true)) {
        value = value * 10_000 + numberOf(four);
        at += 4;
      }
      for (
        let digit = view.getUint8(at) - ZERO;
        digit >= 0 && digit <= 9 && at <= end;
        digit = view.getUint8(at) - ZERO
      ) {
        value = value * 10 + digit;
        at += 1;
      }
      const digits = at - first;
      // 007 is no number of JSON.
      if (digits === 0 || digits > MOST_DIGITS || (digits > 1 && view.getUint8(first) === ZERO)) return -1;
      numbers[index] = digits > EXACT_DIGITS ? NaN : minus ? -value : value;
    }
  }
}

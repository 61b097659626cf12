import { areDigits, numberOf } from '../model/cells.js';
import type { LogTimeReader } from './log-time.js';
import type { Place, TimePlaces } from './stamp.js';

const ZERO = 48;
/** More digits are no number of a probe, and might be seconds since 1970. */
const MOST_DIGITS = 9;
const isDigit = (octet: number | undefined): boolean =>
  octet !== undefined && octet >= ZERO && octet < ZERO + 10;

/**
 * What a line is made of: octets that stay, and digits at places that change. Another line of the same layout has as many
 * digits at each place. No pattern of the readers tells one digit from another, so that they find the same in both, but for
 * what those digits make.
 */
class LineLayout<Said> {
  /** Of the line read last, by place. */
  readonly numbers: Float64Array;
  readonly time: TimePlaces;
  readonly said: Said;
  readonly length: number;
  /** Four octets in each, the last four of the line in the last; of digits at a place only the upper half counts. */
  readonly #octets: Int32Array;
  readonly #masks: Int32Array;
  readonly #places: Int32Array;

  constructor(octets: Buffer, time: TimePlaces, places: readonly Place[], said: Said) {
    const all = [...time.places, ...places];
    this.time = time;
    this.said = said;
    this.length = octets.length;
    this.numbers = new Float64Array(all.length);
    this.#places = Int32Array.from(all.flatMap(({ from, to }) => [from, to]));
    const masks = Buffer.alloc(octets.length, 0xff);
    for (const { from, to } of all) masks.fill(0xf0, from, to);
    const words = Math.ceil(octets.length / 4);
    this.#masks = Int32Array.from({ length: words }, (_, index) => masks.readInt32LE(this.#begin(index)));
    this.#octets = this.#masks.map((mask, index) => octets.readInt32LE(this.#begin(index)) & mask);
  }

  /** Is it of this layout? If so, `numbers` are those of it. */
  read(view: DataView, from: number): boolean {
    const octets = this.#octets;
    const masks = this.#masks;
    const last = octets.length - 1;
    for (let index = 0; index < last; index += 1)
      if ((view.getInt32(from + 4 * index, true) & (masks[index] as number)) !== octets[index]) return false;
    const end = view.getInt32(from + this.length - 4, true);
    if ((end & (masks[last] as number)) !== octets[last]) return false;
    const places = this.#places;
    const numbers = this.numbers;
    for (let index = 0; index < numbers.length; index += 1) {
      const value = digitsOf(
        view,
        from + (places[2 * index] as number),
        from + (places[2 * index + 1] as number),
      );
      if (value < 0) return false;
      numbers[index] = value;
    }
    return true;
  }

  #begin(word: number): number {
    return Math.min(4 * word, this.length - 4);
  }
}

/** The number that digits say; -1: there is another character. */
const digitsOf = (view: DataView, from: number, to: number): number => {
  let value = 0;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    const four = view.getInt32(at, true);
    if (!areDigits(four)) return -1;
    value = value * 10_000 + numberOf(four);
  }
  for (; at < to; at += 1) {
    const digit = view.getUint8(at) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
};

/** A log has a few: a round trip of 0.345 ms and one of 1.23 ms are two. */
const MOST_LAYOUTS = 16;
/** To learn one costs as much as some twenty lines that are read by it. */
const COST = 20;
const MOST_CREDIT = COST * MOST_LAYOUTS;

/**
 * The lines of a log that are like earlier ones, and differ in some numbers only, as the replies do that it has millions of:
 * they are read from their bytes, without a string or a pattern. All others, and the first of each kind, are read by the
 * patterns of the format, which are the one truth.
 *
 * `Said` is what a line says; it knows how to take the numbers of another line.
 */
export class LineLayouts<Said extends { readonly take: (numbers: Float64Array, first: number) => void }> {
  readonly #stamps: LogTimeReader;
  readonly #layouts: LineLayout<Said>[] = [];
  #newest: LineLayout<Said> | null = null;
  #oldest = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(this.#bytes.buffer);
  /** What is earned by lines that were of a layout; for a log whose lines never are, none are learned any more. */
  #credit = MOST_CREDIT;

  constructor(stamps: LogTimeReader) {
    this.#stamps = stamps;
  }

  /** What a line says that is like an earlier one; its time is that of the stamps then. Null: it is not. */
  read(bytes: Buffer, from: number, to: number): Said | null {
    const found = this.#find(bytes, from, to - from);
    if (found === null) return null;
    this.#newest = found;
    if (this.#credit < MOST_CREDIT) this.#credit += 1;
    const { time, numbers, said } = found;
    this.#stamps.again(time, numbers);
    said.take(numbers, time.places.length);
    return said;
  }

  #find(bytes: Buffer, from: number, length: number): LineLayout<Said> | null {
    const newest = this.#newest;
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    const view = this.#view;
    if (newest !== null && newest.length === length && newest.read(view, from)) return newest;
    for (const layout of this.#layouts)
      if (layout !== newest && layout.length === length && layout.read(view, from)) return layout;
    return null;
  }

  /**
   * A line that was read by patterns, for what follows and is like it.
   *
   * @param text as they saw it
   * @param rest what of that the format was asked about, its end
   * @param say finds the places of the numbers in `rest`, and what is to be said of such a line; null: it cannot
   */
  learn(
    bytes: Buffer,
    from: number,
    to: number,
    text: string,
    rest: string,
    say: (rest: string) => { readonly places: readonly Place[]; readonly said: Said } | null,
  ): void {
    if (this.#credit < COST || to - from < 4 || !text.endsWith(rest)) return;
    this.#credit -= COST;
    const octets = Buffer.from(bytes.subarray(from, to));
    // Colours, and other code pages than UTF-8: characters stand elsewhere than their octets.
    if (!Buffer.from(text).equals(octets)) return;
    const time = this.#stamps.places(text);
    const found = time === null ? null : say(rest);
    if (time === null || found === null) return;
    const begin = text.length - rest.length;
    const at = (index: number): number => Buffer.byteLength(text.slice(0, index));
    const inBytes = (places: readonly Place[], shift: number): Place[] =>
      places.map((place) => ({ from: at(shift + place.from), to: at(shift + place.to) }));
    const ofTime = inBytes(time.places, 0);
    const ofSaid = inBytes(found.places, begin);
    if (![...ofTime, ...ofSaid].every((place) => isNumber(octets, place))) return;
    // A whole number each: with a digit beside it, it would be another.
    if (ofSaid.some((place) => isDigit(octets[place.from - 1]) || isDigit(octets[place.to]))) return;
    this.#add(new LineLayout(octets, { ...time, places: ofTime }, ofSaid, found.said));
  }

  #add(layout: LineLayout<Said>): void {
    if (this.#layouts.length < MOST_LAYOUTS) this.#layouts.push(layout);
    else {
      this.#layouts[this.#oldest] = layout;
      this.#oldest = (this.#oldest + 1) % MOST_LAYOUTS;
    }
  }
}

const isNumber = (octets: Buffer, { from, to }: Place): boolean =>
  to > from && to - from <= MOST_DIGITS && octets.subarray(from, to).every(isDigit);

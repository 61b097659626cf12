import type { ByteWriter } from 'hyparquet-writer';

/**
 * Integers as Parquet's DELTA_BINARY_PACKED holds them (Apache Parquet, Encodings.md): differences of neighbours, less the
 * smallest of each 128, in as many bits as the largest of each 32 needs. In doubles and 32-bit words, which here is twenty
 * times as quick as the 64-bit integers of the language (bench/README.md).
 */
const BLOCK = 128;
const MINIBLOCKS = 4;
const MINIBLOCK = BLOCK / MINIBLOCKS;

/** Numbers no further apart: then the difference of two differences is a whole double. As nanoseconds: 26 days. */
const WIDEST_RANGE = 2 ** 51;
/** Its zigzag is a whole double, too. */
const LARGEST = 2 ** 52;

/** Can `pack` hold the first `count` of these whole numbers? */
export const isPackable = (values: Float64Array, count: number): boolean => {
  let least = Infinity;
  let most = -Infinity;
  for (let index = 0; index < count; index += 1) {
    const value = values[index] as number;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (count === 0) return true;
  const areWhole = Number.isInteger(least) && Number.isInteger(most);
  return areWhole && least >= -LARGEST && most <= LARGEST && most - least <= WIDEST_RANGE;
};

/** Octets behind the packed ones that `unpack` may look at. */
export const PADDING = 8;

const bitsOf = (value: number): number =>
  value < 2 ** 32 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / 2 ** 32));

/** Zigzag, then seven bits an octet: of whole doubles, so not by shifts. */
const putVarint = (writer: ByteWriter, value: number): void => {
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  while (rest >= 128) {
    writer.appendUint8((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  writer.appendUint8(rest);
};

/** 32 values, so that they end with a whole word, whatever their width. */
const putMiniblock = (writer: ByteWriter, values: Float64Array, from: number, width: number): void => {
  let word = 0;
  let filled = 0;
  for (let index = from; index < from + MINIBLOCK; index += 1) {
    let rest = values[index] as number;
    let left = width;
    while (left > 0) {
      const taken = Math.min(left, 32 - filled);
      const scale = 2 ** taken;
      const low = rest % scale;
      word += low * 2 ** filled;
      rest = (rest - low) / scale;
      filled += taken;
      left -= taken;
      if (filled === 32) {
        writer.appendUint32(word);
        word = 0;
        filled = 0;
      }
    }
  }
};

const widthOf = (values: Float64Array, from: number): number => {
  let most = 0;
  for (let index = from; index < from + MINIBLOCK; index += 1)
    if ((values[index] as number) > most) most = values[index] as number;
  return bitsOf(most);
};

/** Writes the first `count` of the values, which must be packable. */
export const pack = (writer: ByteWriter, values: Float64Array, count: number): void => {
  writer.appendVarInt(BLOCK);
  writer.appendVarInt(MINIBLOCKS);
  writer.appendVarInt(count);
  putVarint(writer, count === 0 ? 0 : (values[0] as number));
  const above = new Float64Array(BLOCK);
  for (let from = 1; from < count; from += BLOCK) {
    const size = Math.min(BLOCK, count - from);
    let least = Infinity;
    for (let i = 0; i < size; i += 1) {
      const difference = (values[from + i] as number) - (values[from + i - 1] as number);
      above[i] = difference;
      if (difference < least) least = difference;
    }
    for (let i = 0; i < size; i += 1) above[i] = (above[i] as number) - least;
    above.fill(0, size);
    putVarint(writer, least);
    const widths = [0, 1, 2, 3].map((block) => widthOf(above, block * MINIBLOCK));
    for (const width of widths) writer.appendUint8(width);
    for (const [block, width] of widths.entries())
      if (width > 0) putMiniblock(writer, above, block * MINIBLOCK, width);
  }
};

/** Reads from `at` on; throws RangeError beyond the end. */
class Octets {
  at = 0;
  readonly view: DataView;

  constructor(view: DataView) {
    this.view = view;
  }

  octet(): number {
    const value = this.view.getUint8(this.at);
    this.at += 1;
    return value;
  }

  /** Unsigned; more than a double holds is damage. */
  number(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 63; scale *= 128) {
      const octet = this.octet();
      value += (octet % 128) * scale;
      if (octet < 128) return value;
    }
    throw new Error('a number of too many octets');
  }

  zigzag(): number {
    const value = this.number();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

/** Fills `into` from `from` to `to` with what lies at the octet `start` in so many bits each. */
type UnpackMiniblock = (
  view: DataView,
  start: number,
  width: number,
  least: number,
  into: Float64Array,
  from: number,
  to: number,
) => void;

const unpackNarrow: UnpackMiniblock = (view, start, width, least, into, from, to) => {
  const mask = 2 ** width - 1;
  let value = into[from - 1] as number;
  let bit = start * 8;
  for (let index = from; index < to; index += 1) {
    value += least + ((view.getUint32(bit >>> 3, true) >>> (bit & 7)) & mask);
    into[index] = value;
    bit += width;
  }
};

const unpackWide: UnpackMiniblock = (view, start, width, least, into, from, to) => {
  let value = into[from - 1] as number;
  let bit = start * 8;
  for (let index = from; index < to; index += 1) {
    const shift = bit & 7;
    const low = view.getUint32(bit >>> 3, true) >>> shift;
    const high = view.getUint32((bit >>> 3) + 4, true);
    const more = width - 32 + shift;
    const above = more > 0 ? low + (high % 2 ** more) * 2 ** (32 - shift) : low % 2 ** width;
    value += least + above;
    into[index] = value;
    bit += width;
  }
};

/** The narrowest that may lie in five octets. */
const WIDE = 26;
const WIDEST = 53;

/**
 * Fills the first `count` of `into`. Behind what was packed the view must have PADDING octets. Throws on what `pack` does not
 * write.
 */
export const unpack = (view: DataView, into: Float64Array, count: number): void => {
  const octets = new Octets(view);
  if (octets.number() !== BLOCK || octets.number() !== MINIBLOCKS || octets.number() !== count)
    throw new Error('packed otherwise');
  const first = octets.zigzag();
  if (count > 0) into[0] = first;
  for (let from = 1; from < count; from += BLOCK) {
    const least = octets.zigzag();
    const widths = [octets.octet(), octets.octet(), octets.octet(), octets.octet()];
    for (const [block, width] of widths.entries()) {
      const own = from + block * MINIBLOCK;
      const to = Math.min(own + MINIBLOCK, count);
      if (width > WIDEST) throw new Error(`packed in ${width} bits`);
      if (own < to) (width < WIDE ? unpackNarrow : unpackWide)(view, octets.at, width, least, into, own, to);
      octets.at += (MINIBLOCK / 8) * width;
    }
  }
};

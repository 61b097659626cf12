import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { parquetMetadata, type ColumnChunk, type FileMetaData, type RowGroup } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { writeRleBitPackedHybrid } from 'hyparquet-writer/src/encoding.js';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import { isPackable, pack, PADDING, unpack } from './packed-integers.js';

/**
 * Tables in the format of Apache Parquet (https://parquet.apache.org/docs/file-format/), of the parts that are needed here:
 * two kinds of columns, one page each in a row group, with its checksum. What stands around the pages is written and read
 * by hyparquet; the integers, which are nearly all there is, by ourselves.
 *
 * Format 1 (`seqgap.format` in the metadata): uncompressed, row groups of at most 131,072 rows, a data page V2 with CRC per
 * column chunk; words UTF8, dictionary (PLAIN; RLE_DICTIONARY); numbers INT64, DELTA_BINARY_PACKED, blocks of 128 in four,
 * PLAIN where a page's lie over 2^51 apart or beyond ±2^53; OPTIONAL where docs/results.md says "empty", else REQUIRED.
 * Probes are grouped by stream and flow in a row group, in order; heartbeats are as written.
 */
export interface Column {
  readonly name: string;
  readonly kind: 'word' | 'integer';
  /** Is it never empty? */
  readonly required: boolean;
  /** The only words it may hold; null: any. */
  readonly among: ReadonlySet<string> | null;
}

/** Some rows of a table by its columns, in their order among those of their kind. */
export interface Batch {
  /** NaN: empty. */
  readonly integers: readonly Float64Array[];
  readonly words: readonly (string | null)[][];
}

/** Rows that are in memory at once: some 20 MiB, and enough of each stream for its numbers to be packed well. */
export const ROWS_AT_ONCE = 1 << 17;

export const newBatch = (columns: readonly Column[]): Batch => ({
  integers: columns.filter(({ kind }) => kind === 'integer').map(() => new Float64Array(ROWS_AT_ONCE)),
  words: columns.filter(({ kind }) => kind === 'word').map(() => []),
});

const MAGIC = 0x31524150;
const FORMAT = '1';
const FORMAT_KEY = 'seqgap.format';

type Encoding = 'PLAIN' | 'RLE_DICTIONARY' | 'DELTA_BINARY_PACKED';

/** The values that are there, by their place in the order of rows. */
const filledOf = (values: Float64Array, order: Uint32Array): { at: Uint8Array; values: Float64Array } => {
  const at = new Uint8Array(order.length);
  const found = new Float64Array(order.length);
  let count = 0;
  for (let row = 0; row < order.length; row += 1) {
    const value = values[order[row] as number] as number;
    if (Number.isNaN(value)) continue;
    at[row] = 1;
    found[count] = value;
    count += 1;
  }
  return { at, values: found.subarray(0, count) };
};

const encodeIntegers = (values: Float64Array): { encoding: Encoding; bytes: Uint8Array } => {
  const writer = new ByteWriter(1 << 16);
  if (isPackable(values, values.length)) {
    pack(writer, values, values.length);
    return { encoding: 'DELTA_BINARY_PACKED', bytes: writer.getBytes() };
  }
  for (const value of values) {
    if (BigInt.asIntN(64, BigInt(value)) !== BigInt(value)) throw new RangeError(`${value} has no 64 bits`);
    writer.appendInt64(BigInt(value));
  }
  return { encoding: 'PLAIN', bytes: writer.getBytes() };
};

/** Writes a file, in calls that wait for the disk: nothing else goes on when a finished run is put away. */
export class ParquetWriter {
  readonly #file: number;
  readonly #columns: readonly Column[];
  readonly #writer = new ByteWriter(1 << 20);
  readonly #groups: RowGroup[] = [];

  /** Throws the system's error. */
  constructor(path: string, columns: readonly Column[]) {
    this.#file = openSync(path, 'w');
    this.#columns = columns;
    this.#writer.appendUint32(MAGIC);
  }

  /** Writes these rows of the batch, in this order. Throws RangeError for what is no integer of 64 bits. */
  write({ integers, words }: Batch, order: Uint32Array): void {
    const from = this.#writer.offset;
    let integer = 0;
    let word = 0;
    const columns = this.#columns.map((column) =>
      column.kind === 'integer'
        ? this.#integers(column, integers[integer++] as Float64Array, order)
        : this.#words(column, words[word++] as (string | null)[], order),
    );
    const size = BigInt(this.#writer.offset - from);
    this.#groups.push({ columns, total_byte_size: size, num_rows: BigInt(order.length) });
    this.#flush();
  }

  /** Ends the file and waits until it is on disk. Throws the system's error. */
  finish(): void {
    const num_rows = this.#groups.reduce((sum, group) => sum + group.num_rows, 0n);
    const metadata: Omit<FileMetaData, 'metadata_length'> = {
      version: 2,
      created_by: 'seqgap',
      schema: [
        { name: 'seqgap', num_children: this.#columns.length },
        ...this.#columns.map(({ name, kind, required }) => ({
          name,
          repetition_type: required ? ('REQUIRED' as const) : ('OPTIONAL' as const),
          ...(kind === 'integer'
            ? { type: 'INT64' as const }
            : { type: 'BYTE_ARRAY' as const, converted_type: 'UTF8' as const }),
        })),
      ],
      num_rows,
      row_groups: this.#groups,
      key_value_metadata: [{ key: FORMAT_KEY, value: FORMAT }],
    };
    writeMetadata(this.#writer, metadata as FileMetaData);
    this.#writer.appendUint32(MAGIC);
    this.#flush();
    fsyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }

  #flush(): void {
    const bytes = this.#writer.getBytes();
    for (let done = 0; done < bytes.length;) done += writeSync(this.#file, bytes, done);
    this.#writer.index = 0;
  }

  #integers(column: Column, all: Float64Array, order: Uint32Array): ColumnChunk {
    const { at, values } = filledOf(all, order);
    const { encoding, bytes } = encodeIntegers(values);
    return this.#chunk(column, at, values.length, encoding, bytes, null);
  }

  #words(column: Column, all: readonly (string | null)[], order: Uint32Array): ColumnChunk {
    const indices = new Map<string, number>();
    const at = new Uint8Array(order.length);
    const found: number[] = [];
    for (let row = 0; row < order.length; row += 1) {
      const text = all[order[row] as number] ?? null;
      if (text === null) continue;
      at[row] = 1;
      let index = indices.get(text);
      if (index === undefined) indices.set(text, (index = indices.size));
      found.push(index);
    }
    const dictionary = new ByteWriter();
    for (const text of indices.keys()) {
      const bytes = new TextEncoder().encode(text);
      dictionary.appendUint32(bytes.length);
      dictionary.appendBytes(bytes);
    }
    const width = widthOf(indices.size);
    const data = new ByteWriter();
    data.appendUint8(width);
    writeRleBitPackedHybrid(data, found, width);
    const words = { count: indices.size, bytes: dictionary.getBytes() };
    return this.#chunk(column, at, found.length, 'RLE_DICTIONARY', data.getBytes(), words);
  }

  #chunk(
    column: Column,
    at: Uint8Array,
    filled: number,
    encoding: Encoding,
    data: Uint8Array,
    dictionary: { readonly count: number; readonly bytes: Uint8Array } | null,
  ): ColumnChunk {
    const writer = this.#writer;
    const from = writer.offset;
    if (dictionary !== null) {
      writePageHeader(writer, {
        type: 'DICTIONARY_PAGE',
        uncompressed_page_size: dictionary.bytes.length,
        compressed_page_size: dictionary.bytes.length,
        crc: crc32(dictionary.bytes) | 0,
        dictionary_page_header: { num_values: dictionary.count, encoding: 'PLAIN' },
      });
      writer.appendBytes(dictionary.bytes);
    }
    const dataOffset = writer.offset;
    const levels = new ByteWriter();
    if (!column.required) writeRleBitPackedHybrid(levels, at, 1);
    else if (filled < at.length) throw new RangeError(`a row without ${column.name}`);
    const bytes = Buffer.concat([levels.getBytes(), data]);
    writePageHeader(writer, {
      type: 'DATA_PAGE_V2',
      uncompressed_page_size: bytes.length,
      compressed_page_size: bytes.length,
      crc: crc32(bytes) | 0,
      data_page_header_v2: {
        num_values: at.length,
        num_nulls: at.length - filled,
        num_rows: at.length,
        encoding,
        definition_levels_byte_length: levels.offset,
        repetition_levels_byte_length: 0,
        is_compressed: false,
      },
    });
    writer.appendBytes(bytes);
    const size = BigInt(writer.offset - from);
    return {
      file_offset: 0n,
      meta_data: {
        type: column.kind === 'integer' ? 'INT64' : 'BYTE_ARRAY',
        encodings: dictionary === null ? [encoding, 'RLE'] : ['PLAIN', encoding, 'RLE'],
        path_in_schema: [column.name],
        codec: 'UNCOMPRESSED',
        num_values: BigInt(at.length),
        total_uncompressed_size: size,
        total_compressed_size: size,
        data_page_offset: BigInt(dataOffset),
        ...(dictionary === null ? {} : { dictionary_page_offset: BigInt(from) }),
      },
    };
  }
}

const widthOf = (count: number): number => (count < 2 ? 0 : 32 - Math.clz32(count - 1));

/** More than any of ours: what a damaged file asks for must not be tried. */
const MOST_OCTETS = 1 << 28;

const numberOf = (value: bigint | number | undefined, most: number): number => {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > most)
    throw new Error('a place outside of the file');
  return number;
};

const readAt = async (file: FileHandle, at: number, length: number): Promise<Uint8Array> => {
  const bytes = new Uint8Array(length + PADDING);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) throw new Error('it ends too early');
    done += bytesRead;
  }
  return bytes;
};

const END = 8;

const readFooter = async (file: FileHandle, size: number): Promise<FileMetaData> => {
  if (size < 12) throw new Error('it is too short');
  const end = await readAt(file, size - END, END);
  const length = new DataView(end.buffer).getUint32(0, true) + END;
  if (length > Math.min(size, MOST_OCTETS) || new DataView(end.buffer).getUint32(4, true) !== MAGIC)
    throw new Error('it has no end');
  return parquetMetadata((await readAt(file, size - length, length)).subarray(0, length), {
    geoparquet: false,
  });
};

/** The pages of one column in a row group, of a file that may be damaged. */
class Pages {
  readonly #reader: { view: DataView; offset: number };
  readonly #end: number;

  constructor(bytes: Uint8Array, from: number, to: number) {
    this.#reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: from };
    this.#end = to;
  }

  /** The next page, checked. Its view goes on behind it. */
  next() {
    const header = parquetHeader(this.#reader);
    const from = this.#reader.offset;
    const size = numberOf(header.compressed_page_size, this.#end - from);
    const view = new DataView(this.#reader.view.buffer, this.#reader.view.byteOffset + from);
    if (
      header.crc === undefined ||
      crc32(new Uint8Array(view.buffer, view.byteOffset, size)) !== header.crc >>> 0
    )
      throw new Error('a checksum does not match');
    this.#reader.offset += size;
    return { header, view, size };
  }
}

const decoder = new TextDecoder();

const readDictionary = ({ header, view, size }: ReturnType<Pages['next']>): string[] => {
  const count = numberOf(header.dictionary_page_header?.num_values, size / 4);
  const words: string[] = [];
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const length = view.getUint32(at, true);
    at += 4;
    if (at + length > size) throw new Error('a word beyond its page');
    words.push(decoder.decode(new Uint8Array(view.buffer, view.byteOffset + at, length)));
    at += length;
  }
  return words;
};

interface DataPage {
  readonly encoding: string;
  readonly view: DataView;
  readonly size: number;
  /** By row, 1: there is a value; null: all have one. */
  readonly at: Uint8Array | null;
  readonly filled: number;
}

const readData = (
  { header, view, size }: ReturnType<Pages['next']>,
  rows: number,
  required: boolean,
): DataPage => {
  const page = header.data_page_header_v2;
  if (page === undefined || page.num_values !== rows || page.is_compressed !== false)
    throw new Error('a page that seqgap does not write');
  if (required && page.num_nulls !== 0) throw new Error('a column with gaps that has none');
  const levels = numberOf(page.definition_levels_byte_length, size);
  const filled = rows - numberOf(page.num_nulls, rows);
  const at = filled < rows ? new Uint8Array(rows) : null;
  if (at !== null) readRleBitPackedHybrid({ view, offset: 0 }, 1, at, levels);
  const values = new DataView(view.buffer, view.byteOffset + levels);
  return { encoding: page.encoding, view: values, size: size - levels, at, filled };
};

const NOT_AS_MANY = 'not as many values as it says';

/** Moves the values to their rows, from the last on; NaN elsewhere. */
const spread = (values: Float64Array, at: Uint8Array, filled: number): void => {
  let from = filled;
  for (let row = at.length - 1; row >= 0; row -= 1) {
    if (at[row] === 1) from -= 1;
    values[row] = at[row] === 1 ? (values[from] as number) : NaN;
  }
  if (from !== 0) throw new Error(NOT_AS_MANY);
};

const readIntegers = (pages: Pages, rows: number, { required }: Column, into: Float64Array): void => {
  const { encoding, view, size, at, filled: count } = readData(pages.next(), rows, required);
  if (encoding === 'DELTA_BINARY_PACKED') unpack(view, into, count);
  else if (encoding === 'PLAIN' && size === count * 8)
    for (let index = 0; index < count; index += 1) into[index] = Number(view.getBigInt64(index * 8, true));
  else throw new Error('a page that seqgap does not write');
  if (at !== null) spread(into, at, count);
};

const readWords = (
  pages: Pages,
  rows: number,
  { required, among }: Column,
  into: (string | null)[],
): void => {
  const words = readDictionary(pages.next());
  const unknown = words.find((each) => among?.has(each) === false);
  if (unknown !== undefined) throw new Error(`unknown word: ${unknown}`);
  const { encoding, view, size, at, filled: count } = readData(pages.next(), rows, required);
  const width = view.getUint8(0);
  if (encoding !== 'RLE_DICTIONARY' || width !== widthOf(words.length))
    throw new Error('a page that seqgap does not write');
  const indices = new Uint32Array(count);
  if (width > 0) readRleBitPackedHybrid({ view, offset: 1 }, width, indices, size - 1);
  let from = 0;
  for (let row = 0; row < rows; row += 1) {
    if (at !== null && at[row] === 0) {
      into[row] = null;
      continue;
    }
    const text = words[indices[from] as number];
    if (text === undefined) throw new Error('a word that is in no dictionary');
    into[row] = text;
    from += 1;
  }
  if (from !== count) throw new Error(NOT_AS_MANY);
};

const readGroup = async (
  file: FileHandle,
  group: RowGroup,
  columns: readonly Column[],
  batch: Batch,
): Promise<number> => {
  const rows = numberOf(group.num_rows, ROWS_AT_ONCE);
  let integer = 0;
  let word = 0;
  for (const column of columns) {
    const { name, kind } = column;
    const chunk = group.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === name)?.meta_data;
    if (chunk === undefined) throw new Error(`it has no column ${name}`);
    const from = numberOf(chunk.dictionary_page_offset ?? chunk.data_page_offset, Number.MAX_SAFE_INTEGER);
    const size = numberOf(chunk.total_compressed_size, MOST_OCTETS);
    const pages = new Pages(await readAt(file, from, size), 0, size);
    if (kind === 'integer') readIntegers(pages, rows, column, batch.integers[integer++] as Float64Array);
    else readWords(pages, rows, column, batch.words[word++] as (string | null)[]);
  }
  return rows;
};

/**
 * Reads a file by row groups, with flat memory: each is in the same batch, which is filled anew for the next. Throws an Error
 * that says what is wrong with the file, or the system's.
 */
export async function* readParquet(
  path: string,
  columns: readonly Column[],
): AsyncGenerator<{ readonly batch: Batch; readonly rows: number }, void> {
  await using file = await open(path, 'r');
  const footer = await readFooter(file, (await file.stat()).size);
  const format = footer.key_value_metadata?.find(({ key }) => key === FORMAT_KEY)?.value;
  if (format !== FORMAT) throw new Error(`it has format ${format ?? 'none'}; this seqgap reads ${FORMAT}`);
  const batch = newBatch(columns);
  let seen = 0n;
  for (const group of footer.row_groups) {
    const rows = await readGroup(file, group, columns, batch);
    seen += BigInt(rows);
    yield { batch, rows };
  }
  if (seen !== footer.num_rows) throw new Error('not as many rows as it says');
}

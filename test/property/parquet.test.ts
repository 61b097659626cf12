import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { afterAll, describe, expect, test } from 'vitest';
import { newBatch, ParquetWriter, readParquet, type Column } from '../../src/store/parquet.js';

const COLUMNS: readonly Column[] = [
  { name: 'word', kind: 'word', required: true, among: null },
  { name: 'number', kind: 'integer', required: true, among: null },
  { name: 'word or not', kind: 'word', required: false, among: null },
  { name: 'number or not', kind: 'integer', required: false, among: null },
];

const folder = mkdtempSync(join(tmpdir(), 'seqgap-parquet-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'table.parquet');

/** As instants are: near each other, of any size, and what only a broken clock says. */
const number = fc.oneof(
  fc.integer({ min: 0, max: 1000 }),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 }),
  fc.maxSafeInteger(),
  fc.maxSafeInteger().map((value) => (value % 2 ** 40) * 2 ** 20),
);
/** In a block all differences may be wide, so that some lie in nine octets. */
const spaced = fc.integer({ min: 0, max: 50 }).chain((bits) => fc.integer({ min: 0, max: 2 ** bits }));
const row = fc.tuple(
  fc.string({ unit: 'binary', maxLength: 5 }).map((text) => text.toWellFormed()),
  fc.oneof(number, spaced),
  fc.option(fc.constantFrom('a', 'b', '')),
  fc.option(fc.oneof(number, spaced)),
);
type Row = readonly [string, number, string | null, number | null];
const tables = fc.oneof(
  fc.array(fc.array(row, { minLength: 1, maxLength: 300, size: 'max' }), { maxLength: 3 }),
  fc
    .array(spaced, { minLength: 200, maxLength: 400, size: 'max' })
    .map((values): Row[][] => [values.map((value) => ['same', value, null, value])]),
);

const write = (groups: readonly (readonly Row[])[]): void => {
  const writer = new ParquetWriter(path, COLUMNS);
  for (const rows of groups) {
    const batch = newBatch(COLUMNS);
    for (const [at, [word, value, wordOrNot, valueOrNot]] of rows.entries()) {
      (batch.words[0] as (string | null)[])[at] = word;
      (batch.words[1] as (string | null)[])[at] = wordOrNot;
      (batch.integers[0] as Float64Array)[at] = value;
      (batch.integers[1] as Float64Array)[at] = valueOrNot ?? NaN;
    }
    writer.write(batch, Uint32Array.from(rows.keys()));
  }
  writer.finish();
  writer.close();
};

const readBack = async (): Promise<Row[]> => {
  const found: Row[] = [];
  for await (const { batch, rows } of readParquet(path, COLUMNS))
    for (let at = 0; at < rows; at += 1) {
      const value = batch.integers[1]?.[at] ?? NaN;
      found.push([
        batch.words[0]?.[at] ?? '',
        batch.integers[0]?.[at] ?? NaN,
        batch.words[1]?.[at] ?? null,
        Number.isNaN(value) ? null : value,
      ]);
    }
  return found;
};

describe('a table of columns', () => {
  test('gives back what was put into it, to us and to another reader', async () => {
    await fc.assert(
      fc.asyncProperty(tables, async (groups) => {
        write(groups);
        const rows = groups.flat();
        expect(await readBack()).toEqual(rows);
        const others = await parquetReadObjects({ file: await asyncBufferFromFile(path) });
        expect(others).toEqual(
          rows.map(([word, value, wordOrNot, valueOrNot]) => ({
            word,
            number: BigInt(value),
            'word or not': wordOrNot,
            'number or not': valueOrNot === null ? null : BigInt(valueOrNot),
          })),
        );
      }),
      // Numbers whose zigzag is no whole double.
      { examples: [[[[['', 2 ** 52 + 1, null, -(2 ** 52) - 1]]]], [[[['', 2 ** 52, null, -(2 ** 52)]]]]] },
    );
  });

  test('refuses what is no integer of 64 bits, and a row without what it must have', () => {
    expect(() => write([[['', 0.5, null, null]]])).toThrow(RangeError);
    expect(() => write([[['', 2 ** 64, null, null]]])).toThrow('has no 64 bits');
    expect(() => write([[['', NaN, null, null]]])).toThrow('a row without number');
  });
});

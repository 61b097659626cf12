import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter } from '../../../src/foreign/lines.js';

const split = (bytes: Buffer, size: number, isWhole = true): { lines: string[]; splitter: LineSplitter } => {
  const lines: string[] = [];
  const splitter = new LineSplitter(
    (line, from, to) => lines.push(line.toString('utf8', from, to)),
    () => isWhole,
  );
  for (let from = 0; from < bytes.length; from += size) splitter.push(bytes.subarray(from, from + size));
  splitter.end();
  return { lines, splitter };
};

test('lines do not depend on how the chunks fall, nor on the line end', () => {
  const line = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !/[\r\n]/.test(text));
  fc.assert(
    fc.property(
      fc.array(line),
      fc.constantFrom('\n', '\r\n'),
      fc.integer({ min: 1, max: 50 }),
      (lines, end, size) => {
        const bytes = Buffer.from(lines.map((text) => text + end).join(''));
        expect(split(bytes, size).lines).toEqual(lines.map((text) => Buffer.from(text).toString()));
      },
    ),
  );
});

test('empty lines are not handed out', () => {
  expect(split(Buffer.from('a\n\n\r\nb'), 100).lines).toEqual(['a', 'b']);
});

test('a last line without an end is handed out only if it is whole', () => {
  expect(split(Buffer.from('a\nb'), 100).lines).toEqual(['a', 'b']);
  const { lines, splitter } = split(Buffer.from('a\nb'), 100, false);
  expect(lines).toEqual(['a']);
  expect(splitter.cut).toBe(true);
});

test('a line of megabytes is skipped, the ones around it are kept', () => {
  const bytes = Buffer.from(`a\n${'z'.repeat(3_000_000)}\nb\n`);
  const { lines, splitter } = split(bytes, 1000);
  expect(lines).toEqual(['a', 'b']);
  expect(splitter.skipped).toBe(1);
});

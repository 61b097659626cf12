import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Tail } from '../../../src/store/tail.js';
import { scratch } from './scratch.js';

test('hands out each line once, when it is whole, also those longer than what is read at once', async () => {
  const path = join(await scratch(), 'events.jsonl');
  const lines: string[] = [];
  const tail = new Tail(path, (bytes, from, to) => lines.push(bytes.toString('utf8', from, to)));
  expect(await tail.read()).toBe(false);
  await writeFile(path, 'one\ntw');
  expect(await tail.read()).toBe(true);
  expect(await tail.read()).toBe(false);
  await appendFile(path, 'o\n\nthree');
  await tail.read();
  expect(lines).toEqual(['one', 'two', '']);
  const many = Array.from({ length: 100_000 }, (_, index) => `line ${index}`);
  await appendFile(path, `\n${many.join('\n')}\n`);
  await tail.read();
  expect(lines.slice(3)).toEqual(['three', ...many]);
});

test('refuses what is no file, and a line without end', async () => {
  const folder = await scratch();
  await mkdir(join(folder, 'probes.csv'));
  await expect(new Tail(join(folder, 'probes.csv'), () => {}).read()).rejects.toThrow('it is no file');
  await writeFile(join(folder, 'long'), 'x'.repeat(1 << 19));
  await expect(new Tail(join(folder, 'long'), () => {}).read()).rejects.toThrow('a line of more than');
});

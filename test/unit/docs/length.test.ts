import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { page } from './markdown.js';

/** Words that somebody has to read: the bars and rules of tables, and signs by themselves, are none. */
const wordsIn = (text: string): number =>
  text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;

const pages = readdirSync(join(import.meta.dirname, '../../../docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => [name, wordsIn(page(name))] as const);

test('a table has the words of its cells', () => {
  expect(wordsIn('| code | meaning |\n| ---: | ------- |\n| 64 | wrong usage … |\n')).toBe(5);
});

/*
 * What is said in one place is read. A page that needs more takes it from another one: from what help, a message or a
 * driver says by itself, from bench/, or from what stands twice.
 */
test('the documents have at most 35,000 words', () => {
  expect(pages.length).toBeGreaterThan(20);
  const all = pages.reduce((sum, [, words]) => sum + words, 0);
  expect(all, JSON.stringify(pages.toSorted(([, a], [, b]) => b - a).slice(0, 5))).toBeLessThanOrEqual(
    35_000,
  );
});

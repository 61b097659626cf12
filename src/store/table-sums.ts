import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readText } from './read-text.js';

/** In the format of `sha256sum`, so that `sha256sum -c tables.sha256` checks a run without this program. */
export const SUMS_FILE = 'tables.sha256';

const sumOf = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** The text of `tables.sha256` for the CSV files among these. */
export const sumsOf = (files: Readonly<Record<string, string>>): string =>
  Object.entries(files)
    .filter(([name]) => name.endsWith('.csv'))
    .map(([name, text]) => `${sumOf(text)}  ${name}\n`)
    .join('');

const readSums = (folder: string): ReadonlyMap<string, string> => {
  const lines = [...(readText(join(folder, SUMS_FILE)) ?? '').matchAll(/^([0-9a-f]{64}) [ *](.+)$/gm)];
  return new Map(lines.map(([, sum = '', name = '']) => [name, sum]));
};

/** The first of these files that is not as it was written; null if all are, or nobody noted how they were. */
export const editedTable = (folder: string, files: Readonly<Record<string, string>>): string | null => {
  const sums = readSums(folder);
  const edited = Object.entries(files).find(
    ([name, text]) => (sums.get(name) ?? sumOf(text)) !== sumOf(text),
  );
  return edited?.[0] ?? null;
};

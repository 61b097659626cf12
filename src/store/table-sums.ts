import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from './write-error.js';

/** In the format of `sha256sum`, so that `sha256sum -c tables.sha256` checks a run without this program. */
export const SUMS_FILE = 'tables.sha256';

const sumOf = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** The text of `tables.sha256` for the CSV files among these. */
export const sumsOf = (files: Readonly<Record<string, string>>): string =>
  Object.entries(files)
    .filter(([name]) => name.endsWith('.csv'))
    .map(([name, text]) => `${sumOf(text)}  ${name}\n`)
    .join('');

const readSums = async (folder: string): Promise<ReadonlyMap<string, string>> => {
  try {
    const text = await readFile(join(folder, SUMS_FILE), 'utf8');
    const lines = [...text.matchAll(/^([0-9a-f]{64}) [ *](.+)$/gm)];
    return new Map(lines.map(([, sum = '', name = '']) => [name, sum]));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return new Map();
    throw error;
  }
};

/** The first of these files that is not as it was written; null if all are, or nobody noted how they were. */
export const editedTable = async (
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<string | null> => {
  const sums = await readSums(folder);
  const edited = Object.entries(files).find(
    ([name, text]) => (sums.get(name) ?? sumOf(text)) !== sumOf(text),
  );
  return edited?.[0] ?? null;
};

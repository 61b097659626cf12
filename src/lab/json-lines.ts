import { readFile } from 'node:fs/promises';

/** Reads a file of JSON lines; a last line still being written is left out. Empty if there is none. */
export const readJsonLines = async <Line>(path: string): Promise<Line[]> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
};

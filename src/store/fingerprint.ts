import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { READ_TABLES } from './figures.js';
import { RUN_FILE } from './names.js';
import { SUMS_FILE } from './table-sums.js';

const FILES = [RUN_FILE, ...READ_TABLES, SUMS_FILE];

/** The time of change beside that of modification: a copy or an editor may set the latter back. */
const markOf = (path: string): Promise<string> =>
  stat(path).then(
    ({ size, mtimeMs, ctimeMs }) => `${size} ${mtimeMs} ${ctimeMs}`,
    () => '-',
  );

/** Of the files that a run's figures come from: it differs whenever one of them was written. */
export const fingerprintOf = async (run: string): Promise<string> =>
  (await Promise.all(FILES.map((name) => markOf(join(run, name))))).join(', ');

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { READ_TABLES } from './figures.js';
import { RUN_FILE } from './names.js';
import { SUMS_FILE } from './table-sums.js';

const FILES = [RUN_FILE, ...READ_TABLES, SUMS_FILE];

/** The time of change beside that of modification: a copy or an editor may set the latter back. */
const markOf = (path: string): string => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? '-' : `${found.size} ${found.mtimeMs} ${found.ctimeMs}`;
};

/** Of the files that a run's figures come from: it differs whenever one of them was written. */
export const fingerprintOf = (run: string): string => FILES.map((name) => markOf(join(run, name))).join(', ');

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const upward = (folder: string): string => {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error('the package.json of seqgap is missing: copy the whole package');
  return upward(above);
};

/** The folder of this package, wherever in it this code is: in src/, or bundled in dist/. */
export const PACKAGE = upward(dirname(fileURLToPath(import.meta.url)));

/** The program itself, as it was built. Node runs it as it is, so also tests of src/ start it. */
export const PROGRAM = join(PACKAGE, 'dist', 'cli.js');

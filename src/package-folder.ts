import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const upward = (folder: string): string =>
  existsSync(join(folder, 'package.json')) ? folder : upward(dirname(folder));

/** The folder of this package, wherever in it this code is: in src/, or bundled in dist/. */
export const PACKAGE = upward(dirname(fileURLToPath(import.meta.url)));

/** The program itself, as it was built. Node runs it as it is, so also tests of src/ start it. */
export const PROGRAM = join(PACKAGE, 'dist', 'cli.js');

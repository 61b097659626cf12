import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE } from '../package-folder.js';

/** The tool's own version, from package.json. */
export const toolVersion = (): string => {
  const text = readFileSync(join(PACKAGE, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
};

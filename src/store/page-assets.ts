import { EXIT, KnownError } from '../model/error.js';
import type { PageAssets } from '../report/html/page.js';
import { readText } from './read-text.js';
import { join } from 'node:path';
import { PACKAGE } from '../package-folder.js';

/** Made by the build from src/report/html/client. */
const FILE = join(PACKAGE, 'dist', 'report', 'html', 'assets.json');

let read: PageAssets | null = null;

/** Script and style that a report embeds. Throws KnownError where the program was not built whole. */
export const pageAssets = (): PageAssets => {
  if (read !== null) return read;
  const text = readText(FILE);
  if (text === null)
    throw new KnownError(`${FILE} is missing`, {
      remedy: 'npm run build makes it; an installed package has it',
      exitCode: EXIT.bug,
    });
  read = JSON.parse(text) as PageAssets;
  return read;
};

import { join } from 'node:path';
import { writeAtomic } from './atomic.js';

/**
 * Writes finished files into a run's folder, each whole or not at all. They are not redacted here: they are made
 * from the stored history, which already is, and so come out the same when made again. Throws KnownError.
 */
export const writeTables = async (folder: string, files: Readonly<Record<string, string>>): Promise<void> => {
  for (const [name, text] of Object.entries(files)) await writeAtomic(join(folder, name), text);
};

import { readFileSync } from 'node:fs';
import { EXIT, KnownError, messageOf } from '../model/error.js';
import { hasCode } from './write-error.js';

/**
 * A small file, whole. Not asynchronous: of a thousand runs these are thousands of files that nothing is done beside,
 * and by way of the thread pool each costs several times its reading. null: there is no such file. Throws KnownError.
 */
export const readText = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw new KnownError(`cannot read ${path}: ${messageOf(error)}`, { exitCode: EXIT.usage, cause: error });
  }
};

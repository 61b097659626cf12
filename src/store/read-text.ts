import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { EXIT, KnownError, messageOf } from '../model/error.js';
import { hasCode } from './write-error.js';

/** Tables of the longest runs have some megabytes. */
const LARGEST = 1 << 28;

/** What is in the place of a file. */
export const noFile = (found: Stats): string => (found.isDirectory() ? 'it is a folder' : 'it is no file');

/** Not to wait for the other end of a pipe, nor for the end of a device that has none. */
const readFile = (path: string): string => {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = fstatSync(file);
    if (!found.isFile()) throw new Error(noFile(found));
    if (found.size > LARGEST) throw new Error(`it has ${found.size} octets, more than ${LARGEST}`);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
};

/**
 * A small file, whole. Not asynchronous: of a thousand runs these are thousands of files that nothing is done beside,
 * and by way of the thread pool each costs several times its reading. null: there is no such file. Throws KnownError.
 */
export const readText = (path: string): string | null => {
  try {
    return readFile(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw new KnownError(`cannot read ${path}: ${messageOf(error)}`, { exitCode: EXIT.usage, cause: error });
  }
};

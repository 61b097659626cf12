import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { open, rename, rm, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readErrorWords, usage, hasCode } from '../model/error.js';
import { writeError } from './write-error.js';

/** Makes a rename durable; file systems that cannot sync a folder are left as they are. */
export const syncFolder = async (folder: string): Promise<void> => {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Some network file systems refuse to sync a folder; the file itself is synced.
  }
};

/** A name for the draft of a file; no other process uses it. */
export const draftOf = (path: string): string => `${path}.${process.pid}.tmp`;

/**
 * Replaces a file whole or not at all, also when the power fails: a host that crashes finds the old one or the new
 * one. Rejects with the system's error; the old file then stays.
 */
export const replaceFile = async (path: string, text: string | Uint8Array, mode = 0o666): Promise<void> => {
  const draft = draftOf(path);
  try {
    const handle = await open(draft, 'w', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
};

/** Replaces a file whole or not at all, also when the power fails. Throws KnownError; the old file then stays. */
export const writeAtomic = async (path: string, text: string | Uint8Array): Promise<void> => {
  try {
    await replaceFile(path, text);
  } catch (error) {
    throw writeError(path, error);
  }
};

/** Points a symbolic link elsewhere in one step, so that a reader never finds it missing. Throws KnownError. */
export const linkAtomic = async (target: string, path: string): Promise<void> => {
  const draft = draftOf(path);
  try {
    await rm(draft, { force: true });
    await symlink(target, draft);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw writeError(path, error);
  }
};

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
    throw usage(`cannot read ${path}: ${readErrorWords(error)}`, undefined, error);
  }
};

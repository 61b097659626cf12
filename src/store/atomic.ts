import { open, rename, rm, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
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

const temporary = (path: string): string => `${path}.${process.pid}.tmp`;

/** Replaces a file whole or not at all, also when the power fails. Throws KnownError; the old file then stays. */
export const writeAtomic = async (path: string, text: string): Promise<void> => {
  const draft = temporary(path);
  try {
    const handle = await open(draft, 'w');
    try {
      await handle.writeFile(text, 'utf8');
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw writeError(path, error);
  }
  await syncFolder(dirname(path));
};

/** Points a symbolic link elsewhere in one step, so that a reader never finds it missing. Throws KnownError. */
export const linkAtomic = async (target: string, path: string): Promise<void> => {
  const draft = temporary(path);
  try {
    await rm(draft, { force: true });
    await symlink(target, draft);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw writeError(path, error);
  }
};

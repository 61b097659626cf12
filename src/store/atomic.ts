import { rename, rm, symlink } from 'node:fs/promises';
import { draftOf, replaceFile } from '../replace-file.js';
import { writeError } from './write-error.js';

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

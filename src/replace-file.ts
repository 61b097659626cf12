import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

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

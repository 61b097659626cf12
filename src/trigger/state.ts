import { open, mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { LAB_DIR } from '../lab/place.js';
import type { Scenario } from '../model/plan.js';

/**
 * Where this host remembers its pairs: per user, and one place for all sessions of a user (XDG Base Directory
 * Specification: state; not XDG_RUNTIME_DIR, which a login has and cron has not). What is known of a lab is in the lab
 * and goes with it: the next one has the same addresses and is another pair.
 */
export const stateFolder = ({ lab }: Pick<Scenario, 'lab'>): string =>
  lab === null
    ? join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'seqgap')
    : join(LAB_DIR, 'state');

/** Replaces a file whole or not at all, and durably: a host that crashes finds the old one or the new one. */
export const writeState = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  try {
    const handle = await open(draft, 'w', 0o600);
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

/** Some network file systems cannot sync a folder; the file is synced. */
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync().catch(() => undefined);
  } finally {
    await handle.close();
  }
};

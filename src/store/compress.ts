import { hasCode } from '../model/error.js';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { syncFolder } from './replace-file.js';
import { COMPRESSED, HEARTBEATS_FILE, PROBES_FILE, trialOf } from './names.js';
import { writeError } from './write-error.js';

/** What a compression came to, in octets. */
export interface Compression {
  readonly before: number;
  readonly after: number;
}

const sizeOf = async (path: string): Promise<number | null> => {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
};

const sync = async (path: string): Promise<void> => {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** The compressed file is whole and on disk under its name before the plain one goes: one of them is always there. */
const compressLog = async (folder: string, name: string): Promise<Compression> => {
  const plain = join(folder, name);
  const before = await sizeOf(plain);
  if (before === null) return { before: 0, after: 0 };
  const whole = `${plain}${COMPRESSED}`;
  const draft = `${whole}.tmp`;
  try {
    await pipeline(createReadStream(plain), createGzip(), createWriteStream(draft));
    await sync(draft);
    await rename(draft, whole);
    await syncFolder(folder);
    await rm(plain);
    return { before, after: (await sizeOf(whole)) ?? 0 };
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw writeError(whole, error);
  }
};

/**
 * Compresses probes.csv and heartbeats.csv of every trial of a finished run (gzip); whatever reads a run reads both
 * forms. Throws KnownError, and leaves what could not be compressed as it was.
 */
export const compressRaw = async (run: string): Promise<Compression> => {
  let before = 0;
  let after = 0;
  for (const trial of (await readdir(run)).filter((name) => trialOf(name) !== null))
    for (const name of [PROBES_FILE, HEARTBEATS_FILE]) {
      const done = await compressLog(join(run, trial), name);
      before += done.before;
      after += done.after;
    }
  return { before, after };
};

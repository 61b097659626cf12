import { createHash } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { KnownError, messageOf } from '../model/error.js';
import type { Clock } from '../model/time.js';
import type { PairKeys } from './pair-keys.js';

const ownerSchema = z.object({
  pid: z.int(),
  /** Start of the process in clock ticks since boot (proc(5), /proc/PID/stat field 22); null where unknown. */
  start: z.string().nullable(),
  since: z.string(),
  nodes: z.array(z.string()),
});

type Owner = z.output<typeof ownerSchema>;

export interface PairLock {
  /** None for a scenario without nodes, which has nothing to lock. */
  readonly paths: readonly string[];
  /** Locks the pair by what was learned of it since, too. Throws KnownError if another run holds it. */
  extend(): Promise<void>;
  /** Gives the pair free. Does nothing the second time. */
  release(): Promise<void>;
}

/** Start of a living process; null if there is none of that id, or only a zombie. */
const startOf = async (pid: number): Promise<string | null> => {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    // Field 2, the name in brackets, may itself hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
};

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

/** A later process with the same id has another start. Without /proc only the id can be asked for. */
const isAlive = async ({ pid, start }: Owner): Promise<boolean> =>
  start === null ? exists(pid) : (await startOf(pid)) === start;

const read = async (path: string): Promise<{ text: string; owner: Owner | null } | null> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return null;
  }
  try {
    return { text, owner: ownerSchema.parse(JSON.parse(text)) };
  } catch {
    // Damaged: nobody can be asked whether it is held.
    return { text, owner: null };
  }
};

/** Links a complete file into place: the lock is never seen half-written. False if it exists. */
const create = async (path: string, content: string): Promise<boolean> => {
  const draft = `${path}.${process.pid}.${createHash('sha256').update(content).digest('hex').slice(0, 8)}`;
  await writeFile(draft, content, { mode: 0o600 });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
};

/**
 * Takes the lock; gives the living owner if there is one. A dead owner's lock is replaced under a lock of its own,
 * named after what is replaced: of several that find it stale only one can, and the others then find a living owner.
 */
const take = async (path: string, content: string): Promise<Owner | null> => {
  for (;;) {
    if (await create(path, content)) return null;
    const found = await read(path);
    if (found === null) continue;
    if (found.owner !== null && (await isAlive(found.owner))) return found.owner;
    const guard = `${path}.${createHash('sha256').update(found.text).digest('hex').slice(0, 8)}`;
    const other = await take(guard, content);
    if (other !== null) return other;
    try {
      if ((await read(path))?.text !== found.text) continue;
      const draft = `${guard}.new`;
      await writeFile(draft, content, { mode: 0o600 });
      await rename(draft, path);
      return null;
    } finally {
      await rm(guard, { force: true });
    }
  }
};

/**
 * One run at a time per pair, whichever of its keys that run knows it by. The lock of a process that is gone, or whose
 * id another process has now, is taken over. A scenario without nodes is not locked at all: nothing says which pair it
 * is about, so two such runs at once are for the person who starts them to avoid. Throws KnownError if another run
 * holds the lock, or if the folder cannot be written.
 */
export const lockPair = async (keys: PairKeys, clock: Clock): Promise<PairLock> => {
  const owner: Owner = {
    pid: process.pid,
    start: await startOf(process.pid),
    since: new Date(clock.wall()).toISOString(),
    nodes: [...keys.nodes],
  };
  const content = `${JSON.stringify(owner)}\n`;
  const folder = join(keys.folder, 'locks');
  const paths: string[] = [];
  const lock: PairLock = {
    paths,
    extend: async () => {
      for (const key of keys.known()) {
        const path = join(folder, `${key}.lock`);
        if (paths.includes(path)) continue;
        const holder = await holderOf(path, content);
        if (holder !== null)
          throw new KnownError(
            `another run holds the pair ${holder.nodes.join(', ')} (pid ${holder.pid}, since ${holder.since})`,
            { remedy: 'wait for it to end, or stop it' },
          );
        paths.push(path);
      }
    },
    release: async () => {
      for (const path of paths) if ((await read(path))?.text === content) await rm(path, { force: true });
    },
  };
  await lock.extend();
  return lock;
};

/** Takes the lock, or gives who has it. */
const holderOf = async (path: string, content: string): Promise<Owner | null> => {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return await take(path, content);
  } catch (error) {
    throw new KnownError(`cannot lock the pair: ${messageOf(error)}`, {
      remedy: `make ${dirname(path)} writable, or set XDG_STATE_HOME`,
      cause: error,
    });
  }
};

import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { KnownError, messageOf, hasCode } from '../../model/error.js';
import { jsonOf } from '../../model/json.js';
import { fromMs, type Clock } from '../../model/time.js';
import { holderSchema, holderWords, lifeOf, thisProcess } from './holder.js';
import type { PairKeys } from './pair-keys.js';

const ownerSchema = holderSchema.extend({
  since: z.string(),
  nodes: z.array(z.string()),
  /** Makes each lock another one, also of one process in one millisecond. */
  nonce: z.string().default(''),
});

type Owner = z.output<typeof ownerSchema>;

/** Another run, or a restore, has the pair. */
export class PairHeld extends KnownError {}

export interface PairLock {
  /** None for a scenario without nodes, which has nothing to lock. */
  readonly paths: readonly string[];
  /**
   * Locks the pair by what was learned of it since, too, and looks whether it is still held: one that stood still for
   * longer than `SILENT_MS` may have lost it. Throws KnownError where another run holds it.
   */
  extend(): Promise<void>;
  /** Gives the pair free. Does nothing the second time. */
  release(): Promise<void>;
}

/** A held lock gives a sign of life so often: its file is touched. */
const BEAT_MS = 1000;
/** Nobody who holds a lock is silent for so long, by the clock of the one who listens. */
const SILENT_MS = 30_000;

export interface LockOptions {
  /** Ends the listening. */
  readonly signal?: AbortSignal;
  /** Tells a person that it takes a while, and why. */
  readonly say?: (text: string) => void;
  /** For tests. */
  readonly silent_ms?: number;
}

interface Found {
  readonly text: string;
  /** null: damaged. */
  readonly owner: Owner | null;
  /** Changes with every sign of life. */
  readonly beat: string;
}

/**
 * By an open file: over NFS that asks the server (close-to-open consistency), where a look by the name may be answered
 * from a cache. ctime, not mtime: the clock of the file's own host sets it, whatever the holder's says.
 */
const read = async (path: string): Promise<Found | null> => {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
  try {
    const { ino, ctimeNs } = await handle.stat({ bigint: true });
    const text = await handle.readFile('utf8');
    const parsed = ownerSchema.safeParse(jsonOf(text));
    return { text, owner: parsed.success ? parsed.data : null, beat: `${ino} ${ctimeNs}` };
  } finally {
    await handle.close();
  }
};

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);

/** A complete file, which nobody else knows of yet. */
const draft = async (path: string, content: string): Promise<FileHandle> => {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
};

/**
 * Puts a complete file into place, so that the lock is never seen half-written. An answer of an NFS server may get
 * lost, and what is asked again then fails: only what stands there tells.
 */
const putInPlace = async (
  path: string,
  content: string,
  into: (from: string, to: string) => Promise<void>,
): Promise<FileHandle | null> => {
  const from = `${path}.${process.pid}.${hashOf(content)}`;
  const handle = await draft(from, content);
  try {
    await into(from, path).catch(async (error: unknown) => {
      if ((await read(path))?.text !== content) throw error;
    });
    return handle;
  } catch (error) {
    await handle.close();
    if (hasCode(error, 'EEXIST')) return null;
    throw error;
  } finally {
    await rm(from, { force: true });
  }
};

/** All that one lock is taken with. */
interface Taking extends LockOptions {
  readonly content: string;
  readonly clock: Clock;
}

/** Listens until there is a sign of life, or for as long as nobody who lives is silent. */
const isSilent = async (
  path: string,
  found: Found,
  { clock, signal, say, silent_ms }: Taking,
): Promise<boolean> => {
  const limit = silent_ms ?? SILENT_MS;
  const end = clock.monotonic() + fromMs(limit);
  const holder = found.owner === null ? 'its owner cannot be read' : await holderWords(found.owner);
  say?.(
    `the pair is locked (${holder}): waiting up to ${Math.ceil(limit / 1000)} s for a sign of life of who locked it`,
  );
  while (clock.monotonic() < end) {
    try {
      await sleep(Math.min(BEAT_MS / 2, limit / 4), undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      throw new KnownError('interrupted while listening whether the run that locked the pair still lives', {
        cause: error,
      });
    }
    const now = await read(path);
    if (now?.text !== found.text || now.beat !== found.beat) return false;
  }
  return true;
};

const isAlive = async (path: string, found: Found, taking: Taking): Promise<boolean> => {
  const life = found.owner === null ? 'unknown' : await lifeOf(found.owner);
  return life === 'unknown' ? !(await isSilent(path, found, taking)) : life === 'alive';
};

type Taken = { readonly handle: FileHandle } | { readonly holder: Owner | null };

/**
 * Takes the lock; gives the living owner if there is one. A dead owner's lock is replaced under a lock of its own,
 * named after what is replaced: of several that find it stale only one can, and the others then find a living owner.
 */
const take = async (path: string, taking: Taking): Promise<Taken> => {
  const { content } = taking;
  for (;;) {
    const created = await putInPlace(path, content, link);
    if (created !== null) return { handle: created };
    const found = await read(path);
    if (found === null) continue;
    if (await isAlive(path, found, taking)) {
      // Who has released it meanwhile holds nothing.
      if ((await read(path))?.text !== found.text) continue;
      return { holder: found.owner };
    }
    const guard = `${path}.${hashOf(found.text)}`;
    const guarding = await take(guard, taking);
    if ('holder' in guarding) return guarding;
    try {
      if ((await read(path))?.text !== found.text) continue;
      const replaced = await putInPlace(path, content, rename);
      if (replaced !== null) return { handle: replaced };
    } finally {
      await guarding.handle.close();
      await rm(guard, { force: true });
    }
  }
};

/** Takes the lock, or gives who has it. */
const takeIn = async (path: string, taking: Taking): Promise<Taken> => {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return await take(path, taking);
  } catch (error) {
    if (error instanceof KnownError) throw error;
    throw new KnownError(`cannot lock the pair: ${messageOf(error)}`, {
      remedy: `make ${dirname(path)} writable, or set XDG_STATE_HOME`,
      cause: error,
    });
  }
};

/** Signs of life of the files that are held: by handle, since a name may be another's by now. */
const beating = (handles: readonly FileHandle[], clock: Clock): NodeJS.Timeout => {
  let underway = false;
  const beat = async (): Promise<void> => {
    if (underway) return;
    underway = true;
    const now = clock.wall() / 1000;
    for (const handle of handles) await handle.utimes(now, now).catch(() => undefined);
    underway = false;
  };
  return setInterval(() => void beat(), BEAT_MS).unref();
};

/**
 * One run at a time per pair, whichever of its keys that run knows it by, also where containers or hosts share the
 * folder. The lock of a process that is gone, or whose id another process has now, is taken over at once; that of one
 * whose life cannot be told from here when it has been silent for `SILENT_MS`. A scenario without nodes is not locked
 * at all: nothing says which pair it is about, so two such runs at once are for the person who starts them to avoid.
 * Throws PairHeld if another run holds the lock, KnownError if the folder cannot be written.
 */
export const lockPair = async (
  keys: PairKeys,
  clock: Clock,
  options: LockOptions = {},
): Promise<PairLock> => {
  const owner: Owner = {
    ...(await thisProcess()),
    since: new Date(clock.wall()).toISOString(),
    nodes: [...keys.nodes],
    nonce: randomUUID(),
  };
  const content = `${JSON.stringify(owner)}\n`;
  const taking: Taking = { ...options, content, clock };
  const folder = join(keys.folder, 'locks');
  const paths: string[] = [];
  const handles: FileHandle[] = [];
  const timer = beating(handles, clock);
  const lock: PairLock = {
    paths,
    extend: async () => {
      for (const key of keys.known()) {
        const path = join(folder, `${key}.lock`);
        if (paths.includes(path)) await requireOwn(path, content);
        else {
          const taken = await takeIn(path, taking);
          if ('holder' in taken) throw await heldBy(taken.holder);
          paths.push(path);
          handles.push(taken.handle);
        }
      }
    },
    release: async () => {
      clearInterval(timer);
      for (const path of paths)
        if ((await readFile(path, 'utf8').catch(() => null)) === content) await rm(path, { force: true });
      for (const handle of handles.splice(0)) await handle.close();
    },
  };
  try {
    await lock.extend();
  } catch (error) {
    await lock.release();
    throw error;
  }
  return lock;
};

/**
 * Who holds pairs on this host now, in words, one for each: `fw-a, fw-b (pid 12, since …)`. One whose life cannot be told
 * from here is among them. Throws KnownError where the locks cannot be looked at.
 */
export const heldPairs = async (state: string): Promise<string[]> => {
  const folder = join(state, 'locks');
  const held = new Set<string>();
  try {
    for (const name of (await readdir(folder)).filter((each) => each.endsWith('.lock'))) {
      const owner = (await read(join(folder, name)))?.owner ?? null;
      if (owner !== null && (await lifeOf(owner)) !== 'gone')
        held.add(`${owner.nodes.join(', ')} (${await holderWords(owner)}, since ${owner.since})`);
    }
  } catch (error) {
    if (!hasCode(error, 'ENOENT'))
      throw new KnownError(`cannot look for locks of runs in ${folder}: ${messageOf(error)}`, {
        remedy: 'make it readable; whether a run is going on is not known',
        cause: error,
      });
  }
  return [...held];
};

const heldBy = async (owner: Owner | null): Promise<PairHeld> =>
  new PairHeld(
    owner === null
      ? 'another run holds the pair (its lock is damaged, but there are signs of life)'
      : `another run holds the pair ${owner.nodes.join(', ')} (${await holderWords(owner)}, since ${owner.since})`,
    { remedy: 'wait for it to end, or stop it' },
  );

/** Throws KnownError where the lock is another's by now: nothing may be done to the pair any more. */
const requireOwn = async (path: string, content: string): Promise<void> => {
  const found = await read(path).catch(() => null);
  if (found?.text === content) return;
  throw found === null
    ? new KnownError(`the lock of the pair is gone or cannot be read: ${path}`, {
        remedy: 'leave the files in that folder alone while a run is going on; nothing was triggered',
      })
    : await heldBy(found.owner);
};

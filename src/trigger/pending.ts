import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { KnownError, messageOf } from '../model/error.js';
import type { Clock } from '../model/time.js';
import type { PairKeys } from './pair-keys.js';
import { writeState } from './state.js';

const markSchema = z.object({
  format: z.literal(1),
  /** Absolute path of the folder of the run. */
  run: z.string(),
  nodes: z.array(z.string()),
  since_utc: z.string(),
  /** All that the run knew the pair by: each has this mark. */
  keys: z.array(z.string()),
});

type Mark = z.output<typeof markSchema>;

/** A pair that a run has changed and not put back. */
export interface Pending {
  /** The mark's own file. */
  readonly path: string;
  /** The run's folder. */
  readonly run: string;
}

const pathOf = ({ folder }: PairKeys, key: string): string => join(folder, 'pending', `${key}.json`);

const unusable = (what: string, path: string, error: unknown): KnownError =>
  new KnownError(`cannot ${what} in ${path}: ${messageOf(error)}`, {
    remedy: 'make it readable and writable, or look whether both nodes are as they should be and remove it',
    cause: error,
  });

const CANNOT_TELL = 'tell whether an earlier run has put the pair back, by its mark';

/** Throws KnownError for one that cannot be read: which run it is about, nobody knows. */
const readMark = async (path: string): Promise<Mark | null> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw unusable(CANNOT_TELL, path, error);
  }
  try {
    return markSchema.parse(JSON.parse(text));
  } catch (error) {
    throw unusable(CANNOT_TELL, path, new Error('it is damaged', { cause: error }));
  }
};

/** Which runs have changed the pair and not put it back. Throws KnownError where a mark cannot be read. */
export const pendingOf = async (keys: PairKeys): Promise<Pending[]> => {
  const marks = await Promise.all(
    keys.known().map(async (key): Promise<Pending[]> => {
      const path = pathOf(keys, key);
      const mark = await readMark(path);
      return mark === null ? [] : [{ path, run: mark.run }];
    }),
  );
  return marks.flat();
};

/** Throws KnownError. */
export const removePending = async ({ path }: Pending): Promise<void> => {
  try {
    await rm(path, { force: true });
  } catch (error) {
    throw unusable('remove the mark of a run that has put the pair back', path, error);
  }
};

/** What says, beside the undo journal, that a run has changed a pair: the next run on it looks here. */
export interface PairMark {
  /** On disk when it returns. Throws KnownError: then the pair must not be changed. */
  set(): Promise<void>;
  /** The pair is as it was. A mark that cannot be removed is left to the next run, which finds nothing to undo. */
  clear(): Promise<void>;
}

/** @param run absolute path of the folder of the run. */
export const markOf = (keys: PairKeys, run: string, clock: Clock): PairMark => ({
  set: async () => {
    const mark: Mark = {
      format: 1,
      run,
      nodes: [...keys.nodes],
      since_utc: new Date(clock.wall()).toISOString(),
      keys: [...keys.known()],
    };
    for (const key of keys.known()) {
      const path = pathOf(keys, key);
      try {
        await writeState(path, `${JSON.stringify(mark)}\n`);
      } catch (error) {
        throw new KnownError(`cannot mark the pair as changed in ${path}: ${messageOf(error)}`, {
          remedy:
            'make it writable, or set XDG_STATE_HOME; nothing is changed without a mark for the next run',
          cause: error,
        });
      }
    }
  },
  clear: async () => {
    const read = (key: string): Promise<Mark | null> => readMark(pathOf(keys, key)).catch(() => null);
    const own = async (key: string): Promise<Mark[]> => {
      const mark = await read(key);
      return mark?.run === run ? [mark] : [];
    };
    const marks = (await Promise.all(keys.known().map(own))).flat();
    for (const key of new Set(marks.flatMap((mark) => mark.keys)))
      if ((await read(key))?.run === run) await rm(pathOf(keys, key), { force: true }).catch(() => undefined);
  },
});

import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { KnownError, messageOf, hasCode } from '../../model/error.js';
import type { Clock } from '../../model/time.js';
import { type PairKeys, stateSetting, writeState } from './pair-keys.js';
import { quoteWord } from '../transport/quote.js';
import { journalHeaderSchema, recordedSchema, type JournalHeader, type Recorded } from './undo-lines.js';

const markSchema = z.object({
  format: z.literal(1),
  /** Absolute path of the folder of the run. */
  run: z.string(),
  nodes: z.array(z.string()),
  since_utc: z.string(),
  /** All that the run knew the pair by: each has this mark. */
  keys: z.array(z.string()),
  /** As in the run's undo journal; null in marks of older versions, and where it cannot be read. */
  journal: journalHeaderSchema.nullable().catch(null).default(null),
  /** A copy of what is still to be undone: results may be moved or deleted. null in marks of older versions. */
  open: z.array(recordedSchema).nullable().catch(null).default(null),
});

type Mark = z.output<typeof markSchema>;

/** A pair that a run has changed and not put back. */
export interface Pending extends Omit<Mark, 'format'> {
  /** The mark's own file. */
  readonly path: string;
}

const FOLDER = 'pending';
const pathIn = (folder: string, key: string): string => join(folder, FOLDER, `${key}.json`);

const unusable = (what: string, path: string, error: unknown): KnownError =>
  new KnownError(`cannot ${what} in ${path}: ${messageOf(error)}`, {
    remedy: 'make it readable and writable, or look whether both nodes are as they should be and remove it',
    cause: error,
  });

const CANNOT_TELL = 'tell whether an earlier run has put the pair back, by its mark';

const isMissing = (error: unknown): boolean => hasCode(error, 'ENOENT');

/** Throws KnownError for one that cannot be read: which run it is about, nobody knows. */
const readMark = async (path: string): Promise<Pending | null> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw unusable(CANNOT_TELL, path, error);
  }
  try {
    return { path, ...markSchema.parse(JSON.parse(text)) };
  } catch (error) {
    throw unusable(CANNOT_TELL, path, new Error('it is damaged', { cause: error }));
  }
};

/** Which runs have changed the pair and not put it back. Throws KnownError where a mark cannot be read. */
export const pendingOf = async (keys: PairKeys): Promise<Pending[]> => {
  const marks = await Promise.all(keys.known().map((key) => readMark(pathIn(keys.folder, key))));
  return marks.filter((mark) => mark !== null);
};

/** A mark of which nobody knows the run. */
export interface DamagedMark {
  readonly path: string;
  readonly error: KnownError;
}

export interface AllPending {
  readonly marks: readonly Pending[];
  readonly damaged: readonly DamagedMark[];
}

/** All marks in a state folder, the oldest first. Throws KnownError where it cannot be looked into. */
export const allPending = async (folder: string): Promise<AllPending> => {
  const marks: Pending[] = [];
  const damaged: DamagedMark[] = [];
  for (const name of await marksIn(join(folder, FOLDER))) {
    const path = join(folder, FOLDER, name);
    try {
      const mark = await readMark(path);
      if (mark !== null) marks.push(mark);
    } catch (error) {
      if (!(error instanceof KnownError)) throw error;
      damaged.push({ path, error });
    }
  }
  return { marks: marks.toSorted((a, b) => (a.since_utc < b.since_utc ? -1 : 1)), damaged };
};

const marksIn = async (folder: string): Promise<string[]> => {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw new KnownError(`cannot look for marks of runs in ${folder}: ${messageOf(error)}`, {
      remedy: 'make it readable; whether a pair is to be put back is not known',
      cause: error,
    });
  }
};

/** Throws KnownError. */
export const removePending = async ({ path }: Pick<Pending, 'path'>): Promise<void> => {
  try {
    await rm(path, { force: true });
  } catch (error) {
    throw unusable('remove the mark of a run that has put the pair back', path, error);
  }
};

/** Which run: by its journal's id, which goes with it wherever its folder is moved, or by where its folder was. */
export interface MarkedRun {
  /** Absolute path of its folder. */
  readonly run: string;
  readonly journal: Pick<JournalHeader, 'id' | 'run'> | null;
}

export const isSameRun = (mark: MarkedRun, other: MarkedRun): boolean =>
  mark.journal !== null && other.journal !== null
    ? mark.journal.id === other.journal.id
    : mark.run === other.run;

/** What says, beside the undo journal, that a run has changed a pair: the next run on it looks here. */
export interface PairMark {
  /** On disk when it returns. Throws KnownError: then the pair must not be changed. @param open what is to be undone. */
  set(open: readonly Recorded[]): Promise<void>;
  /** The pair is as it was. A mark that cannot be removed is left to the next run, which finds nothing to undo. */
  clear(): Promise<void>;
}

/** Without nodes nobody else can ask about the pair; but what is pending on this host is to be found. */
const namesOf = (keys: PairKeys, { journal }: { readonly journal: JournalHeader | null }): string[] =>
  keys.known().length > 0 ? [...keys.known()] : journal === null ? [] : [`run-${journal.id}`];

export const markOf = (
  keys: PairKeys,
  run: MarkedRun & { readonly journal: JournalHeader | null },
  clock: Clock,
): PairMark => {
  const own = async (name: string): Promise<Pending[]> => {
    const mark = await readMark(pathIn(keys.folder, name)).catch(() => null);
    return mark !== null && isSameRun(mark, run) ? [mark] : [];
  };
  /** With those that the run's marks name: who puts the pair back may not have asked who the nodes are. */
  const allNames = async (): Promise<string[]> => {
    const names = namesOf(keys, run);
    const marks = (await Promise.all(names.map(own))).flat();
    return [...new Set([...names, ...marks.flatMap((mark) => mark.keys)])];
  };
  return {
    set: async (open) => {
      const names = await allNames();
      const mark: Mark = {
        format: 1,
        run: run.run,
        nodes: [...keys.nodes],
        since_utc: new Date(clock.wall()).toISOString(),
        keys: names,
        journal: run.journal,
        open: [...open],
      };
      for (const name of names) {
        const path = pathIn(keys.folder, name);
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
      for (const name of await allNames())
        for (const { path } of await own(name)) await rm(path, { force: true }).catch(() => undefined);
    },
  };
};

/** The command that puts a pair back, with all that it needs, to be pasted into a shell. */
export const restoreLine = (run: string | null, drivers: readonly string[]): string =>
  [
    ...stateSetting(),
    'seqgap restore',
    ...(run === null ? [] : [quoteWord(run)]),
    ...drivers.map((folder) => `--drivers ${quoteWord(folder)}`),
  ].join(' ');

/** How a run is called: as its folder was. */
export const runName = ({ run, journal }: MarkedRun): string => journal?.run ?? basename(run);

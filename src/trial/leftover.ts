import { existsSync } from 'node:fs';
import { stat, readlink, realpath } from 'node:fs/promises';
import { join, basename, dirname, resolve } from 'node:path';
import { findRuns, runAt } from '../history/find-runs.js';
import { KnownError, hasCode, messageOf, usage } from '../model/error.js';
import { UNDO_FILE, LATEST_LINK, RUN_FILE } from '../store/names.js';
import { isSameRun, runName, type MarkedRun, type Pending } from '../trigger/act/pending.js';
import {
  openIn,
  readUndoLines,
  type JournalHeader,
  type Recorded,
  type UndoLines,
} from '../trigger/act/undo-lines.js';

/** What a run may have left behind: by its journal, and by the marks that say that it has changed a pair. */
export interface Leftover {
  /** As its folder was called. */
  readonly name: string;
  /** null: it is gone, and only the marks know of it. */
  readonly folder: string | null;
  /** null: gone, or `problem` says why it cannot be read. */
  readonly lines: UndoLines | null;
  readonly problem: string | null;
  readonly header: JournalHeader | null;
  readonly marks: readonly Pending[];
  /** Latest first. */
  readonly open: readonly Recorded[];
  readonly unreadable: readonly string[];
}

const readLines = async (folder: string | null): Promise<Pick<Leftover, 'lines' | 'problem'>> => {
  if (folder === null) return { lines: null, problem: null };
  try {
    return { lines: await readUndoLines(join(folder, UNDO_FILE)), problem: null };
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return { lines: null, problem: error.message };
  }
};

/** What cannot be looked at is there. */
const isThere = (folder: string): Promise<boolean> =>
  stat(folder).then(
    () => true,
    (error: unknown) => !hasCode(error, 'ENOENT', 'ENOTDIR'),
  );

/**
 * What is left by a run: of a folder, or of a mark, which may have lost its folder. A journal of another run in the
 * place of one that was deleted is none of its.
 *
 * @param folder where its journal should be; null: not known
 * @param all marks on this host, among which are those of the run
 */
export const leftoverOf = async (
  folder: string | null,
  all: readonly Pending[],
  mark: Pending | null = null,
): Promise<Leftover> => {
  const found = await readLines(folder);
  const isOwn =
    folder !== null &&
    (mark === null ||
      found.lines === null ||
      isSameRun(mark, { run: folder, journal: found.lines.header ?? mark.journal }));
  const { lines, problem } = isOwn ? found : { lines: null, problem: null };
  const own: MarkedRun = mark ?? { run: folder ?? '', journal: lines?.header ?? null };
  const marks = all.filter((each) => isSameRun(each, own));
  const header = lines?.header ?? marks.find(({ journal }) => journal !== null)?.journal ?? null;
  return {
    name: runName({ run: own.run, journal: header }),
    folder: isOwn && (await isThere(folder)) ? folder : null,
    lines,
    problem,
    header,
    marks,
    open: openIn(
      lines,
      marks.flatMap(({ open }) => open ?? []),
    ),
    unreadable: lines?.unreadable ?? [],
  };
};

/** Where a link points to, also to nothing; else the path itself, in full. null: nothing is there. */
const pointedAt = async (path: string): Promise<string | null> => {
  try {
    return await realpath(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR'))
      throw new KnownError(`cannot look at ${path}: ${messageOf(error)}`, { cause: error });
    const target = await readlink(path).catch(() => null);
    return target === null ? null : resolve(dirname(path), target);
  }
};

/** `latest` of a scenario, where it is; else its newest run. */
const newestIn = async (folder: string): Promise<string | null> => {
  const latest = await pointedAt(join(folder, LATEST_LINK));
  return latest ?? (await findRuns(folder)).at(-1) ?? null;
};

/** By itself `latest` is the newest of all scenarios. */
const latestOf = async (out: string): Promise<string | null> => {
  const scenarios = new Set((await findRuns(out)).map((run) => dirname(run)));
  const latest = await Promise.all([...scenarios].map((folder) => pointedAt(join(folder, LATEST_LINK))));
  const there = latest.filter((run) => run !== null);
  return there.toSorted((a, b) => (basename(a) < basename(b) ? -1 : 1)).at(-1) ?? null;
};

/** The folder of a run that a path means, or would mean if it were still there; null: none. */
const folderAt = async (path: string): Promise<string | null> => {
  const found = await pointedAt(path);
  if (found === null || !existsSync(found)) return found;
  if ([RUN_FILE, UNDO_FILE].includes(basename(found))) return dirname(found);
  if ((await runAt(found)) !== null || existsSync(join(found, UNDO_FILE))) return found;
  return newestIn(found);
};

/**
 * What is left by the run that a word of the command line means: a run's folder, one that a mark remembers although it
 * is gone, or a run by the name that `list` shows.
 *
 * @param out the folder of all results
 * @param marks all of this host
 * @throws KnownError where nothing or several are meant
 */
export const leftoverNamed = async (
  run: string,
  out: string,
  marks: readonly Pending[],
): Promise<Leftover> => {
  const path = (await folderAt(run)) ?? resolve(run);
  const byPath = marks.find((mark) => mark.run === path);
  if (existsSync(path) || byPath !== undefined) return leftoverOf(path, marks, byPath);
  const byName = marks.filter((mark) => runName(mark) === run || mark.journal?.id === run);
  const [mark] = byName;
  if (mark !== undefined && byName.every((each) => isSameRun(each, mark)))
    return leftoverOf(mark.run, marks, mark);
  const named = (await findRuns(out)).filter((folder) => basename(folder) === run);
  const found = run === LATEST_LINK ? await latestOf(out) : named.length === 1 ? (named[0] ?? null) : null;
  if (found !== null) return leftoverOf(await realpath(found), marks);
  const several = [...named, ...byName.map((each) => each.run)];
  throw usage(
    several.length > 1 ? `several runs are called ${run}` : `there is no run ${run}`,
    several.length > 1
      ? `name one of ${several.join(', ')}`
      : 'name its folder, or leave it out to restore whatever is pending on this host',
  );
};

/** Is it certain that nothing is left to be undone? Without the journal by the copy in a mark alone. */
export const isUndone = ({ lines, marks, open, unreadable }: Leftover): boolean =>
  open.length === 0 &&
  unreadable.length === 0 &&
  (lines !== null || marks.some((mark) => mark.open !== null));

import { existsSync } from 'node:fs';
import { readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { KnownError, messageOf, usage, hasCode } from '../model/error.js';
import { findRuns, runAt } from '../history/find-runs.js';
import { LATEST_LINK, RUN_FILE, UNDO_FILE } from '../store/names.js';
import { isSameRun, runName, type Pending } from '../trigger/act/pending.js';
import { leftoverOf, type Leftover } from './leftover.js';

/** Where a link points to, also to nothing; else the path itself, in full. null: nothing is there. */
const placeOf = async (path: string): Promise<string | null> => {
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
  const latest = await placeOf(join(folder, LATEST_LINK));
  return latest ?? (await findRuns(folder)).at(-1) ?? null;
};

/** By itself `latest` is the newest of all scenarios. */
const latestOf = async (out: string): Promise<string | null> => {
  const scenarios = new Set((await findRuns(out)).map((run) => dirname(run)));
  const latest = await Promise.all([...scenarios].map((folder) => placeOf(join(folder, LATEST_LINK))));
  const there = latest.filter((run) => run !== null);
  return there.toSorted((a, b) => (basename(a) < basename(b) ? -1 : 1)).at(-1) ?? null;
};

/** The folder of a run that a path means, or would mean if it were still there; null: none. */
const folderAt = async (path: string): Promise<string | null> => {
  const place = await placeOf(path);
  if (place === null || !existsSync(place)) return place;
  if ([RUN_FILE, UNDO_FILE].includes(basename(place))) return dirname(place);
  if ((await runAt(place)) !== null || existsSync(join(place, UNDO_FILE))) return place;
  return newestIn(place);
};

/**
 * What a word of the command line means: a run's folder, one that a mark remembers although it is gone, or a run by the
 * name that `list` shows.
 *
 * @param out the folder of all results
 * @param marks all of this host
 * @throws KnownError where nothing or several are meant
 */
export const meantRun = async (run: string, out: string, marks: readonly Pending[]): Promise<Leftover> => {
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

import { isFolder } from '../user-file.js';
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { usage } from '../model/error.js';
import { LATEST_LINK, RUN_FILE } from '../store/names.js';
import { readRun, type StoredRun } from '../store/stored-run.js';

const isFile = async (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

/** Links are not followed, so that `latest` does not count twice; hidden folders hold nothing to show. */
const folders = async (path: string): Promise<readonly string[]> => {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => join(path, entry.name))
    .sort();
};

const withRecord = async (paths: readonly string[]): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const path of paths) if (await isFile(join(path, RUN_FILE))) found.push(path);
  return found;
};

/** `20260131T235959Z-9.0`: what `createRun` names a folder. */
const RUN_NAME = /^\d{8}T\d{6}Z-/;

/** Of a folder. */
const looksLikeRun = async (path: string): Promise<boolean> =>
  RUN_NAME.test(basename(path)) || isFile(join(path, RUN_FILE));

/**
 * The runs below a folder, oldest first by their names: of `results/`, of `results/<scenario>/`, or the folder itself
 * if it is a run. A folder that is named like a run and has no run.json broke off at its very beginning: it is among
 * them, not to be passed over in silence.
 */
export const findRuns = async (path: string): Promise<readonly string[]> => {
  if ((await isFolder(path)) && (await looksLikeRun(path))) return [path];
  const found: string[] = [];
  for (const child of await folders(path))
    if (await looksLikeRun(child)) found.push(child);
    else
      for (const grandchild of await folders(child))
        if (await looksLikeRun(grandchild)) found.push(grandchild);
  return found.toSorted((a, b) => (basename(a) < basename(b) ? -1 : 1));
};

const resolveLink = async (link: string): Promise<string> => {
  const target = await readlink(link);
  return isAbsolute(target) ? target : join(dirname(link), target);
};

/** The folder of the run that a path means by itself: a run, its run.json or a link to it; null: it is none. */
export const runAt = async (path: string): Promise<string | null> => {
  if (basename(path) === RUN_FILE && (await isFile(path))) return dirname(path);
  if (!(await isFolder(path)) || !(await looksLikeRun(path))) return null;
  // `latest` stands for another name; with a slash at its end the link itself would not be seen.
  const plain = path.replace(/(?<=[^/])\/+$/, '');
  return (await lstat(plain)).isSymbolicLink() ? resolveLink(plain) : plain;
};

/** What a person means by the path: a run, its run.json, `latest`, or the newest run of a scenario. */
const locate = async (path: string): Promise<string> => {
  if (basename(path) === RUN_FILE && (await isFile(path))) return dirname(path);
  if (await isFile(join(path, RUN_FILE))) return path;
  if (await isFile(join(path, LATEST_LINK, RUN_FILE))) return join(path, LATEST_LINK);
  const newest = (await withRecord(await folders(path))).at(-1);
  if (newest !== undefined) return newest;
  throw usage(
    `no run in ${path}`,
    `name a folder that holds ${RUN_FILE}, or one of a scenario, as in results/<scenario>/latest`,
  );
};

/** Opens a run folder, a `latest` link, or the newest run of results/<scenario>. Throws KnownError. */
export const openRun = async (path: string): Promise<StoredRun> => readRun(await locate(path));

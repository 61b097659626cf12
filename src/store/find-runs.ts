import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EXIT, KnownError } from '../model/error.js';
import { LATEST_LINK, RUN_FILE } from './names.js';
import { readRun, type StoredRun } from './stored-run.js';

const isFile = async (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

const folders = async (path: string): Promise<readonly string[]> => {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(path, entry.name))
    .sort();
};

const withRecord = async (paths: readonly string[]): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const path of paths) if (await isFile(join(path, RUN_FILE))) found.push(path);
  return found;
};

/**
 * The runs below a folder, oldest first: of `results/`, of `results/<scenario>/`, or the folder itself if it is a
 * run. Links are not followed, so that `latest` does not count twice.
 */
export const findRuns = async (path: string): Promise<readonly string[]> => {
  if (await isFile(join(path, RUN_FILE))) return [path];
  const children = await folders(path);
  const grandchildren = await Promise.all(children.map(folders));
  const runs = await withRecord([...children, ...grandchildren.flat()]);
  return runs.toSorted((a, b) => (basename(a) < basename(b) ? -1 : 1));
};

/** What a person means by the path: a run, its run.json, `latest`, or the newest run of a scenario. */
const locate = async (path: string): Promise<string> => {
  if (basename(path) === RUN_FILE && (await isFile(path))) return dirname(path);
  if (await isFile(join(path, RUN_FILE))) return path;
  if (await isFile(join(path, LATEST_LINK, RUN_FILE))) return join(path, LATEST_LINK);
  const newest = (await withRecord(await folders(path))).at(-1);
  if (newest !== undefined) return newest;
  throw new KnownError(`no run in ${path}`, {
    remedy: `name a folder that holds ${RUN_FILE}, or one of a scenario, as in results/<scenario>/latest`,
    exitCode: EXIT.usage,
  });
};

/** Opens a run folder, a `latest` link, or the newest run of results/<scenario>. Throws KnownError. */
export const openRun = async (path: string): Promise<StoredRun> => readRun(await locate(path));

import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';

/** Which files are offered; folders always are, to go on from there. */
export type Wanted = 'file' | 'folder' | 'scenario' | 'driver' | 'run';

const expand = (path: string): string => (path.startsWith('~/') ? join(homedir(), path.slice(2)) : path);

/** What cannot be read has nothing to offer. */
const entriesOf = (folder: string): Promise<Dirent[]> =>
  readdir(folder, { withFileTypes: true }).catch(() => []);

const isFolder = async (folder: string, entry: Dirent): Promise<boolean> =>
  entry.isDirectory() || (entry.isSymbolicLink() && (await entriesOf(join(folder, entry.name))).length > 0);

const fits = (wanted: Wanted, name: string): boolean =>
  wanted === 'file' || ((wanted === 'scenario' || wanted === 'driver') && /\.ya?ml$/.test(name));

/** A run is a folder by what is in it, and the end of its path. */
const isRun = async (folder: string): Promise<boolean> =>
  (await entriesOf(folder)).some(({ name }) => name === 'run.json');

/** The paths that begin with `current`: a folder to go on from ends in `/`. */
export const pathsFrom = async (current: string, wanted: Wanted): Promise<string[]> => {
  const cut = current.lastIndexOf('/') + 1;
  const above = current.slice(0, cut);
  const begin = current.slice(cut);
  const folder = above === '' ? '.' : expand(above);
  const found: string[] = [];
  for (const entry of await entriesOf(folder)) {
    const { name } = entry;
    if (!name.startsWith(begin) || (name.startsWith('.') && !begin.startsWith('.'))) continue;
    if (name === 'node_modules') continue;
    const isDirectory = await isFolder(folder, entry);
    if (isDirectory && wanted === 'run' && (await isRun(join(folder, name)))) found.push(above + name);
    else if (isDirectory) found.push(`${above}${name}/`);
    else if (fits(wanted, name)) found.push(above + name);
  }
  return found.sort();
};

/** The scenarios that have runs: the folders in the folder of all results. */
export const scenariosIn = async (results: string): Promise<string[]> =>
  (await entriesOf(expand(results)))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();

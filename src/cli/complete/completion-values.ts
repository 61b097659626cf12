import type { Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE } from '../../package-folder.js';
import { labNames } from '../init/lab-scenario.js';
import { isOfLab } from '../init/choices.js';

/** One word that may stand where the cursor is. */
export interface Candidate {
  readonly value: string;
  readonly about: string;
}

export const bare = (values: readonly string[]): Candidate[] => values.map((value) => ({ value, about: '' }));

/** What an argument or the value of an option is, beyond its choices. */
type Kind = Wanted | 'platform' | 'power' | 'driver-name' | 'lab' | 'result' | 'text';

/** By `command argument` or `command --option`, and for every command by `--option` alone. */
const KINDS: Readonly<Record<string, Kind>> = {
  'run scenario': 'scenario',
  'check scenario': 'scenario',
  'doctor --scenario': 'scenario',
  'report run': 'run',
  'explain run': 'run',
  'explain --log': 'file',
  'explain --activity': 'file',
  'explain --pcap': 'file',
  'twin run': 'run',
  'twin --log': 'file',
  'twin --activity': 'file',
  'twin --pcap': 'file',
  'twin --out': 'file',
  'restore run': 'run',
  'gate run': 'run',
  'gate --baseline': 'run',
  'compare base': 'run',
  'compare candidate': 'run',
  'analyze file': 'file',
  'list folder': 'folder',
  'serve results': 'folder',
  'trend scenario': 'result',
  'drivers show name': 'driver-name',
  'drivers test names': 'driver-name',
  'drivers try name': 'driver-name',
  'mark --run': 'run',
  'watch stop --run': 'run',
  'drivers try --key': 'file',
  'drivers try --known-hosts': 'file',
  'drivers try --ca': 'file',
  'drivers try --to': 'file',
  'init platform': 'platform',
  'init --power': 'power',
  'init --lab': 'lab',
  'init --login': 'file',
  'init --out': 'file',
  'calibrate --out': 'file',
  '--junit': 'file',
  '--html': 'file',
  '--scenario': 'result',
  '--drivers': 'folder',
  '--out': 'folder',
};

const FOLDER = join(PACKAGE, 'drivers');

/** By the text alone: to read a driver as one takes longer than a person waits for a word. */
const drivers = async (wanted: 'platform' | 'power' | 'driver-name'): Promise<Candidate[]> => {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.yaml')).sort();
  const all = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(FOLDER, name), 'utf8');
      const value = name.slice(0, -'.yaml'.length);
      const hasRole = /^role:/m.test(text);
      return { value, about: /^title: (.*)$/m.exec(text)?.[1] ?? '', hasRole };
    }),
  );
  return all
    .filter(
      ({ value, hasRole }) =>
        wanted === 'driver-name' || (!isOfLab(value) && hasRole === (wanted === 'platform')),
    )
    .map(({ value, about }) => ({ value, about }));
};

/** `word`: the name of an argument, or an option with its dashes. */
export const valuesOf = async (
  command: string,
  word: string,
  current: string,
  results: string,
): Promise<Candidate[]> => {
  const kind = KINDS[`${command} ${word}`] ?? KINDS[word] ?? 'text';
  switch (kind) {
    case 'text':
      return [];
    case 'platform':
      return [...(await drivers(kind)), { value: 'manual', about: 'no driver' }];
    case 'power':
      return drivers(kind);
    case 'driver-name':
      return [...(await drivers(kind)), ...(current === '' ? [] : bare(await pathsFrom(current, 'driver')))];
    case 'lab':
      return bare(await labNames());
    case 'result':
      return bare(await scenariosIn(results));
    case 'file':
    case 'folder':
    case 'scenario':
    case 'driver':
    case 'run':
      return bare(await pathsFrom(current, kind));
  }
};

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

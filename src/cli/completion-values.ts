import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isOfLab } from '../init/offer.js';
import { labNames } from '../init/lab-scenario.js';
import { pathsFrom, scenariosIn, type Wanted } from './completion-paths.js';
import { PACKAGE } from '../package-folder.js';

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
  'restore run': 'run',
  'gate run': 'run',
  'gate --baseline': 'run',
  'compare base': 'run',
  'compare candidate': 'run',
  'analyze file': 'file',
  'list folder': 'folder',
  'trend scenario': 'result',
  'drivers show name': 'driver-name',
  'drivers test names': 'driver-name',
  'init platform': 'platform',
  'init --power': 'power',
  'init --lab': 'lab',
  'init --login': 'file',
  'init --out': 'file',
  'calibrate --out': 'file',
  '--junit': 'file',
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

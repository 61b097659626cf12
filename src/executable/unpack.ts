import {
  accessSync,
  constants,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { hasCode, messageOf } from '../model/error.js';

/** A file of the package, in the order of the contents. */
export interface PackedFile {
  /** Below the package's folder. */
  readonly path: string;
  readonly octets: number;
}

export interface Packed {
  /** Of the folder; another one for other contents. */
  readonly name: string;
  readonly files: readonly PackedFile[];
  /** All files, one behind the other. */
  readonly contents: () => Uint8Array;
}

/** Names the folder for it, and nothing else is tried. */
export const UNPACK_IN = 'SEQGAP_UNPACK_IN';

/** Where the package may be unpacked, best first. */
export const unpackPlaces = (env: NodeJS.ProcessEnv, uid: number): string[] => {
  const asked = env[UNPACK_IN];
  if (asked) return [asked];
  const cache = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  return [
    ...(uid === 0 ? ['/var/cache/seqgap'] : []),
    join(cache, 'seqgap'),
    join(tmpdir(), `seqgap-${uid}`),
  ];
};

/** The nearest of the folders above that there is. */
const existing = (path: string): string => {
  try {
    lstatSync(path);
    return path;
  } catch {
    return dirname(path) === path ? path : existing(dirname(path));
  }
};

/** What is run from there is run as this user: nobody else may have made it or may write to it. */
const requirePrivate = (place: string, uid: number): void => {
  const above = statSync(existing(dirname(place)));
  if (above.uid !== uid && above.uid !== 0) throw new Error('the folder above it is another user’s');
  mkdirSync(place, { recursive: true, mode: 0o700 });
  const own = lstatSync(place);
  if (!own.isDirectory()) throw new Error('it is no folder');
  if (own.uid !== uid) throw new Error('it is another user’s');
  if ((own.mode & 0o022) !== 0) throw new Error('others may write to it');
};

const isWhole = ({ files }: Packed, folder: string): boolean =>
  files.every(({ path, octets }) => statSync(join(folder, path), { throwIfNoEntry: false })?.size === octets);

const write = ({ files, contents }: Packed, folder: string): void => {
  const all = contents();
  let from = 0;
  for (const { path, octets } of files) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    // What the dynamic linker maps has to be executable where it lies.
    writeFileSync(file, all.subarray(from, from + octets), { mode: path.endsWith('.node') ? 0o700 : 0o600 });
    from += octets;
  }
};

/**
 * Puts what was unpacked where it is looked for. Of several first starts one is quicker, and the program runs from there
 * already: what is whole is never touched.
 */
const place = (packed: Packed, fresh: string, folder: string): void => {
  try {
    renameSync(fresh, folder);
    return;
  } catch (error) {
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  }
  if (isWhole(packed, folder)) return;
  const damaged = `${fresh}.damaged`;
  renameSync(folder, damaged);
  rmSync(damaged, { recursive: true, force: true });
  renameSync(fresh, folder);
};

/** A folder that is there is whole, unless the host broke down or somebody cleaned up: then it is made anew. */
const unpackTo = (packed: Packed, at: string, uid: number): string => {
  requirePrivate(at, uid);
  const folder = join(at, packed.name);
  if (isWhole(packed, folder)) return folder;
  const fresh = `${folder}.${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  try {
    write(packed, fresh);
    place(packed, fresh, folder);
  } catch (error) {
    if (!isWhole(packed, folder)) throw error;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
};

const isExecutable = ({ files }: Packed, folder: string): boolean => {
  try {
    for (const { path } of files) if (path.endsWith('.node')) accessSync(join(folder, path), constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/**
 * The package's folder, unpacked by this start or by an earlier one. A place from which nothing may be executed (mounted
 * noexec) is taken only if there is no better one: the native engine is missing then.
 * @throws Error with every place and why it is none
 */
export const unpack = (packed: Packed, places: readonly string[], uid: number): string => {
  const refused: string[] = [];
  let second: string | null = null;
  for (const place of places) {
    try {
      const folder = unpackTo(packed, place, uid);
      if (isExecutable(packed, folder)) return folder;
      second ??= folder;
    } catch (error) {
      refused.push(`${place}: ${messageOf(error)}`);
    }
  }
  if (second !== null) return second;
  throw new Error(`nowhere to unpack what this file holds\n  ${refused.join('\n  ')}`);
};

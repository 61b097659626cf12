import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { EXIT, KnownError, messageOf } from '../model/error.js';
import type { Scenario } from '../model/plan.js';
import { readDriver } from './driver-file.js';
import { unknownName } from '../yaml/problem.js';
import type { Driver } from './schema.js';
import { PACKAGE } from '../package-folder.js';

/** The drivers that come with the program. */
const BUILT_IN = join(PACKAGE, 'drivers');

const filesIn = async (folder: string): Promise<string[]> => {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => name.endsWith('.yaml'))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    throw new KnownError(`cannot read the driver folder ${folder}: ${messageOf(error)}`, {
      remedy: 'check --drivers',
      exitCode: EXIT.usage,
      cause: error,
    });
  }
};

const readAll = async (folder: string): Promise<Driver[]> =>
  Promise.all((await filesIn(folder)).map(readDriver));

/** They do not change while the program runs, and there are many. */
let builtIn: Promise<Driver[]> | null = null;

/**
 * Reads the built-in drivers and then those in `folders`; a later one of the same name replaces an earlier one.
 * Throws KnownError (usage) for a folder or file that cannot be read.
 */
export const loadDrivers = async (folders: readonly string[] = []): Promise<Map<string, Driver>> => {
  builtIn ??= readAll(BUILT_IN);
  const lists = await Promise.all([builtIn, ...folders.map(readAll)]);
  return new Map(lists.flat().map((driver) => [driver.name, driver]));
};

const nameOf = (path: string): string => basename(path, '.yaml');

/**
 * Reads those drivers that a scenario names, and no other: a driver has the name of its file. All of them where one
 * is missing, so that the nearest name can be told. Throws KnownError (usage) as `loadDrivers`.
 */
export const driversOf = async (
  { nodes, observe }: Pick<Scenario, 'nodes' | 'observe'>,
  folders: readonly string[],
): Promise<Map<string, Driver>> => {
  const wanted = new Set([
    ...nodes.flatMap(({ driver, power }) => [driver, ...(power === null ? [] : [power.driver])]),
    ...observe.flatMap(({ source }) => (source.kind === 'driver' ? [source.driver] : [])),
  ]);
  const lists = await Promise.all([BUILT_IN, ...folders].map(filesIn));
  const files = new Map(lists.flat().map((path) => [nameOf(path), path]));
  if ([...wanted].some((name) => !files.has(name))) return loadDrivers(folders);
  const paths = [...wanted].flatMap((name) => files.get(name) ?? []);
  const drivers = await Promise.all(paths.map(readDriver));
  return new Map(drivers.map((driver) => [driver.name, driver]));
};

/** Throws KnownError (usage) with the nearest name for an unknown one. `where`: who asks, as in `node fw-a`. */
export const findDriver = (drivers: ReadonlyMap<string, Driver>, name: string, where: string): Driver => {
  const driver = drivers.get(name);
  if (driver !== undefined) return driver;
  throw new KnownError(`${where}: ${unknownName(name, 'a driver', [...drivers.keys()])}`, {
    exitCode: EXIT.usage,
  });
};

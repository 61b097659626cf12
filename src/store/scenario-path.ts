import { isAbsolute, relative, resolve, sep } from 'node:path';

const isBelow = (folder: string, path: string): boolean => {
  const way = relative(folder, path);
  return !isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`);
};

/**
 * A scenario's path as run.json names it: from the run's folder where both are below the working folder, so that they
 * can be copied elsewhere together; else in full.
 */
export const scenarioPathIn = (run: string, file: string, working = process.cwd()): string =>
  [run, file].every((path) => isBelow(working, path)) ? relative(run, file) : resolve(file);

/** The inverse: where the scenario of a stored run is. */
export const scenarioPathFrom = (run: string, recorded: string): string => resolve(run, recorded);

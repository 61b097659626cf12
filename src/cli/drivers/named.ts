import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { findDriver, loadDrivers, readDriver } from '../../trigger/driver/driver-file.js';
import type { Driver } from '../../trigger/driver/schema.js';

/** What all commands about drivers have. */
export interface Common {
  readonly drivers: string[];
  readonly json: boolean;
}

export const driversOption = (yargs: Argv) =>
  yargs
    .option('drivers', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'More folders with drivers',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print a record' });

/** A path is read as it is, also outside the folders of drivers. */
export const isPath = (word: string): boolean => word.includes('/') || word.endsWith('.yaml');

/** Drivers by name or by file; all of them where none is named. */
export const named = async (words: readonly string[], folders: readonly string[]): Promise<Driver[]> => {
  const drivers = words.length === 0 || !words.every(isPath) ? await loadDrivers(folders) : new Map();
  if (words.length === 0) return [...drivers.values()] as Driver[];
  return Promise.all(
    words.map(async (word) =>
      isPath(word) ? readDriver(resolve(word)) : findDriver(drivers, word, 'drivers'),
    ),
  );
};

import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { LAB_DIR } from '../lab/place.js';
import type { Scenario } from '../model/plan.js';
import { replaceFile } from '../store/replace-file.js';
import { quoteWord } from './quote.js';

/**
 * Where this host remembers its pairs: per user, and one place for all sessions of a user (XDG Base Directory
 * Specification: state; not XDG_RUNTIME_DIR, which a login has and cron has not). What is known of a lab is in the lab
 * and goes with it: the next one has the same addresses and is another pair.
 */
export const stateFolder = ({ lab }: Pick<Scenario, 'lab'>): string =>
  lab === null ? hostState() : labState();

const usualHome = (): string => join(homedir(), '.local', 'state');

/** Of the pairs that this host reaches. */
export const hostState = (): string => join(process.env.XDG_STATE_HOME || usualHome(), 'seqgap');

/** Of the pair of a lab, as it is seen inside. */
export const labState = (): string => join(LAB_DIR, 'state');

/** What a command has to be given so that it finds the same folder: `XDG_STATE_HOME=…`, or nothing. */
export const stateSetting = (): string[] => {
  const home = process.env.XDG_STATE_HOME ?? '';
  return home === '' || home === usualHome() ? [] : [`XDG_STATE_HOME=${quoteWord(home)}`];
};

/** Replaces a file of that folder; only its user may read it. Rejects with the system's error. */
export const writeState = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await replaceFile(path, text, 0o600);
};

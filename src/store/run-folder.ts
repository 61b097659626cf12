import { access, mkdir, rmdir } from 'node:fs/promises';
import { basename, dirname, join, isAbsolute, relative, resolve, sep } from 'node:path';
import { KnownError, usage, hasCode } from '../model/error.js';
import { redactedJson } from '../model/json.js';
import type { RunRecord } from '../model/run.js';
import { redact } from '../model/secret.js';
import { HISTORY_FOLDER, historyName, LATEST_LINK, RUN_FILE, trialFolder } from './names.js';
import { linkAtomic, writeAtomic } from './replace-file.js';
import { openTrialWriter, type TrialWriter } from './trial-writer.js';
import { writeError, WriteFailure } from './write-error.js';

export interface NewRun {
  /** The folder of all results. */
  readonly out: string;
  readonly scenarioName: string;
  readonly version: string;
  /** `folderStamp` of the start. */
  readonly stamp: string;
}

/** A run being written. */
export interface RunFolder {
  /** Folder name, as in the `run` column. */
  readonly run: string;
  readonly path: string;
  /** run.json, replaced whole. Throws KnownError and leaves the former record as it was. */
  writeRecord(record: RunRecord): Promise<void>;
  /** Points `latest` here, the first time it is called. Throws KnownError. */
  pointLatest(): Promise<void>;
  /** Throws KnownError if the trial's files cannot be made; write errors after that go to `failure`. */
  openTrial(trial: number): Promise<TrialWriter>;
  /** Keeps what a node wrote down by itself, with secrets redacted. Throws KnownError. */
  writeHistory(trial: number, node: string, text: string): Promise<void>;
  /** The first write error of the raw logs; pending while all is well, never rejects. */
  readonly failure: Promise<KnownError>;
  /** The same, for a look in passing. */
  failed(): KnownError | null;
}

const SAFE_NAME = /^[\p{L}\p{N}_][\p{L}\p{N}._+-]*$/u;

const requireName = (what: string, name: string): void => {
  if (!SAFE_NAME.test(name))
    throw usage(
      `${what} cannot be a folder name: ${JSON.stringify(name)}`,
      'use letters, digits, ".", "_", "+" and "-" only',
    );
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * `mkdir -p`. Not Node's own `recursive`: on a full disk that reports ENOENT for ENOSPC (Node 20.20).
 */
const makeParents = async (path: string): Promise<void> => {
  try {
    if (!(await exists(dirname(path)))) await makeParents(dirname(path));
    await mkdir(path);
  } catch (error) {
    if (error instanceof KnownError) throw error;
    if (!hasCode(error, 'EEXIST')) throw writeError(path, error);
  }
};

/** Makes the folder; where it exists already (two runs in one second), `-2`, `-3`, … is appended. */
const makeFolder = async (parent: string, name: string): Promise<string> => {
  for (let attempt = 1; ; attempt += 1) {
    const path = join(parent, attempt === 1 ? name : `${name}-${attempt}`);
    try {
      await mkdir(path);
      return path;
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw writeError(path, error);
    }
  }
};

/** Points `latest` here, where the file system knows symbolic links; without one, readers take the newest run. */
const pointLatest = async (parent: string, run: string): Promise<void> => {
  try {
    await linkAtomic(run, join(parent, LATEST_LINK));
  } catch (error) {
    if (!hasCode((error as KnownError).cause, 'EPERM', 'ENOTSUP', 'ENOSYS')) throw error;
  }
};

/** Makes results/<scenario>/<stamp>-<version>/; never an existing folder. Throws KnownError. */
export const createRun = async ({ out, scenarioName, version, stamp }: NewRun): Promise<RunFolder> => {
  requireName('the scenario name', scenarioName);
  requireName('the version', version);
  const parent = join(out, scenarioName);
  await makeParents(parent);
  const path = await makeFolder(parent, `${stamp}-${version}`);
  const run = basename(path);
  const failure = new WriteFailure();
  let linked = false;
  return {
    run,
    path,
    writeRecord: (record) => writeAtomic(join(path, RUN_FILE), `${redactedJson(record, 2)}\n`),
    pointLatest: async () => {
      if (linked) return;
      linked = true;
      await pointLatest(parent, run);
    },
    openTrial: (trial) => openTrialWriter(join(path, trialFolder(trial)), (error) => failure.report(error)),
    writeHistory: async (trial, node, text) => {
      const histories = join(path, HISTORY_FOLDER);
      await makeParents(histories);
      try {
        await writeAtomic(join(histories, historyName(trial, node)), redact(text));
      } catch (error) {
        // Only where nothing is in it: what could not be kept leaves no folder that says something was.
        await rmdir(histories).catch(() => undefined);
        throw error;
      }
    },
    failure: failure.first,
    failed: () => failure.error,
  };
};

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

import { isFolder } from '../user-file.js';
import { KnownError, messageOf } from '../model/error.js';
import { type RunRecord, targetSchema, type Target } from '../model/run.js';
import type { Clock } from '../model/time.js';
import { loadScenario } from '../scenario/load.js';
import { redactedJson } from '../model/json.js';
import { scenarioPathFrom } from '../store/run-folder.js';
import { readRun, type StoredRun } from '../store/stored-run.js';
import type { Trigger } from '../trigger/trigger.js';
import { openTrigger } from '../trigger/open-trigger.js';
import { driversOf } from '../trigger/driver/driver-file.js';
import type { Person } from '../trigger/act/person.js';
import type { Leftover } from './leftover.js';

/** Who was acted on, and by what, from whichever file says it. */
export interface Known {
  /** null: no file does. */
  readonly target: Target | null;
  readonly record: RunRecord | null;
  /** null: not known. */
  readonly hasTrials: boolean | null;
  /** Why run.json is not read; empty: it is. */
  readonly problem: string;
}

const storedOf = async (folder: string | null): Promise<StoredRun | string> => {
  if (folder === null) return 'its folder is gone';
  try {
    return await readRun(folder);
  } catch (error) {
    return messageOf(error);
  }
};

/** The journal's own header comes first: run.json may be damaged, or be that of a newer version. */
export const knownOf = async ({ folder, header }: Leftover): Promise<Known> => {
  const stored = await storedOf(folder);
  const own = targetSchema.safeParse(header?.target);
  if (typeof stored === 'string')
    return { target: own.success ? own.data : null, record: null, hasTrials: null, problem: stored };
  const { record } = stored;
  return {
    target: own.success ? own.data : record.scenario,
    record,
    hasTrials: stored.trials().length > 0,
    problem: '',
  };
};

/** As far as it says what is done to whom: how often it may be done is no matter for its undo. */
const essence = ({ nodes, trigger }: Pick<Target, 'nodes' | 'trigger'>): string => {
  const { guard: _, window: __, ...done } = trigger;
  return redactedJson({ nodes, trigger: done });
};

/** What was redacted has to be read again, from where it is kept. */
const isWhole = (target: Target): boolean => !essence(target).includes('***');

/**
 * Commands in the journal are redacted, so they are made anew: from what the journal and run.json say of nodes and
 * trigger, or, where that held secrets, from the scenario. That must still be the scenario of the run: an undo for
 * another pair is worse than none. Throws KnownError.
 */
const resolved = async (
  target: Target,
  { folder, header }: Leftover,
  record: RunRecord | null,
): Promise<Pick<Target, 'nodes' | 'trigger'>> => {
  if (isWhole(target)) return target;
  const paths = new Set([
    ...(record === null || folder === null ? [] : [scenarioPathFrom(folder, record.scenario_file)]),
    ...(header === null ? [] : [header.scenario_file]),
  ]);
  const problems: string[] = [];
  for (const path of paths) {
    try {
      const { scenario } = await loadScenario(path);
      if (essence(scenario) === essence(target)) return scenario;
      problems.push(`${path} has other nodes or another trigger than the run had`);
    } catch (error) {
      if (!(error instanceof KnownError)) throw error;
      problems.push(error.message);
    }
  }
  throw new KnownError(`the scenario is needed for its secrets: ${problems.join('; ')}`);
};

/** Folders of the run that are gone are passed over: a driver that is missing then has a message of its own. */
const driverFolders = async ({ header }: Leftover, given: readonly string[]): Promise<string[]> => {
  const own: string[] = [];
  for (const folder of header?.drivers ?? []) if (await isFolder(folder)) own.push(folder);
  return [...own, ...given];
};

/** Ready to undo what a run has left. Contacts nothing. Throws KnownError where what is needed for it is not there. */
export const undoTrigger = async (
  left: Leftover,
  { target, record, problem }: Known,
  { drivers, clock, input, ask }: Person & { readonly drivers: readonly string[]; readonly clock: Clock },
): Promise<{ readonly trigger: Trigger; readonly target: Target }> => {
  if (target === null)
    throw new KnownError(`nothing says which nodes and which trigger the run had: ${problem}`);
  const { nodes, trigger } = await resolved(target, left, record);
  // What is not needed to undo must not be able to keep it from being done.
  const trial = { ...target.trial, failback: 'none' as const };
  const scenario = { nodes, trigger, trial, lab: target.lab, observe: [], controlArm: null };
  const found = await driversOf(scenario, await driverFolders(left, drivers));
  return { trigger: openTrigger(scenario, { drivers: found, clock, input, ask }), target };
};

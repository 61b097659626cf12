import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT, KnownError, messageOf } from '../model/error.js';
import { redactedJson } from '../model/json.js';
import { type RunRecord, targetSchema, type Target } from '../model/run.js';
import type { Clock } from '../model/time.js';
import { loadScenario } from '../scenario/load.js';
import { UNDO_FILE } from '../store/names.js';
import { scenarioPathFrom } from '../store/run-folder.js';
import { readRun, type StoredRun } from '../store/stored-run.js';
import { lifeOf } from '../trigger/act/holder.js';
import { UndoJournal } from '../trigger/act/journal.js';
import { lockPair, PairHeld, type PairLock } from '../trigger/act/lock.js';
import { PairKeys } from '../trigger/act/pair-keys.js';
import {
  allPending,
  isSameRun,
  markOf,
  pendingOf,
  removePending,
  restoreLine,
  runName,
  type MarkedRun,
  type Pending,
} from '../trigger/act/pending.js';
import type { Person } from '../trigger/act/person.js';
import { byHand } from '../trigger/act/undo.js';
import { driversOf } from '../trigger/driver/driver-file.js';
import { openTrigger } from '../trigger/open-trigger.js';
import type { Trigger } from '../trigger/trigger.js';
import { isFolder } from '../user-file.js';
import { Interrupted, sleep } from './interrupt.js';
import { isUndone, leftoverOf, type Leftover } from './leftover.js';
import { restorePair } from './restore.js';

export interface RestoreOptions extends Person {
  /** Where this host, or the lab that this process is in, remembers its pairs. */
  readonly state: string;
  /** More folders with drivers than the run had, absolute. */
  readonly drivers: readonly string[];
  readonly clock: Clock;
  /** Ends the waiting for another run; what is being undone is undone to its end. */
  readonly signal: AbortSignal;
  /** Asks the person beside it; false where nobody can answer. */
  readonly confirm: (question: string) => Promise<boolean>;
  /** What became of the pair. */
  readonly say: (text: string) => void;
  /** What is waited for, and what else should be known. */
  readonly note: (text: string) => void;
}

/** Who was acted on, and by what, from whichever file says it. */
interface Known {
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
const undoTrigger = async (
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

/** What a person must do instead. */
const handSteps = ({ open, unreadable }: Leftover): string => {
  const steps = [...open.map(byHand), ...unreadable.map((place) => `what ${place} lists`)];
  return steps.length === 0
    ? 'look whether both nodes are as they should be'
    : `do by hand ${steps.join(' · ')}`;
};

const notRestored = (message: string, remedy: string, cause?: unknown): KnownError =>
  new KnownError(message, { remedy, exitCode: EXIT.notRestored, cause });

/** How long a process that was just killed may take to be gone. */
const DYING_MS = 1000;
const BETWEEN_LOOKS_MS = 100;

/** Throws PairHeld where the run, or another one on its pair, is still going on. */
const lockFor = async (keys: PairKeys, { clock, signal, note }: RestoreOptions): Promise<PairLock> => {
  const end = clock.monotonic() + DYING_MS * 1e6;
  for (;;) {
    try {
      return await lockPair(keys, clock, { signal, say: note });
    } catch (error) {
      if (!(error instanceof PairHeld)) throw error;
      if (clock.monotonic() > end)
        throw new PairHeld(`${error.message}: nothing was done`, {
          remedy: 'a run puts its pair back when it ends: wait for it, or stop it (Ctrl-C, kill)',
        });
    }
    await sleep(BETWEEN_LOOKS_MS, signal);
  }
};

/** A run without nodes has no lock; its journal says which process it is. Throws PairHeld. */
const requireEnded = async ({ header, name }: Leftover, { record }: Known): Promise<void> => {
  const isOver = record !== null && record.status !== 'running';
  if (header === null || isOver || (await lifeOf(header.holder)) !== 'alive') return;
  throw new PairHeld(`the run ${name} is still going on (pid ${header.holder.pid}): nothing was done`, {
    remedy: 'it puts back what it changed when it ends: wait for it, or stop it (Ctrl-C, kill)',
  });
};

/** What proves that a run left nothing behind, in words. Throws KnownError (exit 3) where nothing does. */
const whyNothing = (left: Leftover, { record, hasTrials, problem }: Known): string => {
  const { lines, marks, header } = left;
  if (lines !== null && lines.entries.length > 0) return 'everything was taken back';
  if (lines !== null && header !== null && lines.header !== null) return 'the run changed nothing';
  if (lines === null && marks.some(({ open }) => open !== null)) return 'everything was taken back';
  // From here on it is a journal without a line, of an older version, or none.
  if (record?.kind === 'watch') return 'nothing is changed by a watch';
  if (record?.restored === true) return 'the run says that it has put the pair back';
  if (record !== null && (hasTrials === false || lines !== null)) return 'the run changed nothing';
  const why =
    lines === null
      ? (left.problem ?? 'its undo journal is not there')
      : `its undo journal is empty, and ${problem}`;
  throw notRestored(`not known whether anything is to be undone: ${why}`, handSteps(left));
};

const othersOf = (marks: readonly Pending[], own: MarkedRun): Pending[] => {
  const others = marks.filter((mark) => !isSameRun(mark, own));
  return others.filter((mark, index) => others.findIndex((each) => isSameRun(each, mark)) === index);
};

const sayOther = (mark: Pending): string =>
  `${runName(mark)} (${mark.nodes.join(', ') || 'no nodes'}): ${restoreLine(mark.run, mark.journal?.drivers ?? [])}`;

/** Whatever is true of this run: another one may have left the pair changed. Throws KnownError (exit 3). */
const requireNoOther = async (left: Leftover, keys: PairKeys, options: RestoreOptions): Promise<void> => {
  const own: MarkedRun = { run: left.folder ?? left.marks[0]?.run ?? '', journal: left.header };
  const onPair = othersOf(await pendingOf(keys), own);
  if (onPair.length > 0)
    throw notRestored(
      `the pair is not as it was: another run has changed it and not put it back: ${onPair.map(runName).join(', ')}`,
      `seqgap restore, or ${onPair.map(sayOther).join(' · ')}`,
    );
  const { marks } = await allPending(options.state);
  for (const mark of othersOf(marks, own)) options.note(`note: not restored on this host: ${sayOther(mark)}`);
};

const undoAll = async (left: Leftover, known: Known, options: RestoreOptions): Promise<void> => {
  const { clock, say, note } = options;
  const { folder, lines, problem, header, marks, open } = left;
  const { trigger, target } = await undoTrigger(left, known, options);
  try {
    trigger.keys.also(marks.flatMap(({ keys }) => keys));
    const run = folder === null ? (marks[0]?.run ?? '') : await realpath(folder);
    const mark = markOf(trigger.keys, { run, journal: header }, clock);
    const path = folder === null || lines === null ? null : join(folder, UNDO_FILE);
    const journal = await UndoJournal.reopen({ path, mark, copy: open });
    try {
      const why = problem ?? journal.problem;
      if (why !== null) note(`note: ${why}; what is undone now stands in its mark alone`);
      await restorePair({ trigger, journal, within: target.trial.restore_ns }, (node, detail, ok) =>
        say(`${ok ? 'undone' : 'NOT undone'}: ${node}: ${detail}`),
      );
    } finally {
      await journal.close();
    }
    say(
      target.nodes.length > 0
        ? 'the pair is healthy'
        : 'whether the pair is healthy is not known: its scenario names no nodes to ask',
    );
  } finally {
    await trigger.close();
  }
};

/** Relative paths in commands are those of the run. A folder that is gone is gone for them, too. */
const inFolderOf = async (header: Leftover['header'], work: () => Promise<void>): Promise<void> => {
  const before = process.cwd();
  try {
    if (header !== null) process.chdir(header.working);
  } catch {
    // What needs it will say so.
  }
  try {
    await work();
  } finally {
    process.chdir(before);
  }
};

/** Nothing says any more what was done: a person has to look. Throws KnownError (exit 3). */
const forget = async ({ name, marks }: Leftover, { confirm, say }: RestoreOptions): Promise<void> => {
  const what = `the run ${name} has changed the pair, and what would undo it is not there any more`;
  if (!(await confirm(`${what}. Did you look at both nodes, and are they as they should be?`)))
    throw notRestored(
      what,
      `look whether both nodes are as they should be, then remove ${marks.map(({ path }) => path).join(', ')}`,
    );
  for (const mark of marks) await removePending(mark);
  say(`the mark of the run ${name} is removed, since both nodes are said to be as they should be`);
};

const restoreHeld = async (
  left: Leftover,
  known: Known,
  keys: PairKeys,
  options: RestoreOptions,
): Promise<void> => {
  if (left.open.length === 0 && left.unreadable.length === 0) {
    if (!isUndone(left) && left.marks.length > 0) return forget(left, options);
    const why = whyNothing(left, known);
    for (const mark of left.marks) await removePending(mark);
    await requireNoOther(left, keys, options);
    options.say(`nothing to undo: ${why}`);
    return;
  }
  await inFolderOf(left.header, () => undoAll(left, known, options));
  await requireNoOther(left, keys, options);
};

/** Whatever keeps the undo from being carried out: a person has to know what to do. */
const orByHand = (left: Leftover, error: unknown): unknown => {
  if (error instanceof PairHeld || error instanceof Interrupted) return error;
  if (error instanceof KnownError && error.exitCode === EXIT.notRestored) return error;
  const remedy = error instanceof KnownError && error.remedy !== null ? ` (${error.remedy})` : '';
  return notRestored(
    `not restored: ${messageOf(error)}${remedy}`,
    `mend that and try again, or ${handSteps(left)}`,
    error,
  );
};

/**
 * Puts back what a run that was killed has changed; does no harm where nothing is left. The pair is held meanwhile.
 *
 * @param found what is left; read again when the pair is held
 * @throws PairHeld where the run is still going on; KnownError (exit 3) with what a person must do where the pair is
 * not as it was, or nobody knows
 */
export const restoreRun = async (found: Leftover, options: RestoreOptions): Promise<void> => {
  let left = found;
  try {
    const known = await knownOf(left);
    const { nodes, lab } = known.target ?? { nodes: [], lab: null };
    const keys = new PairKeys({ nodes, lab }, options.state);
    keys.also(left.marks.flatMap((mark) => mark.keys));
    if (nodes.length === 0) await requireEnded(left, known);
    const lock = await lockFor(keys, options);
    try {
      const { marks } = await allPending(options.state);
      left = await leftoverOf(left.folder, marks, left.marks[0]);
      await restoreHeld(left, known, keys, options);
    } finally {
      await lock.release();
    }
  } catch (error) {
    throw orByHand(left, error);
  }
};

import { access, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { systemClock } from '../clock.js';
import { runInLab } from '../lab/enter.js';
import { findKept } from '../lab/kept.js';
import { insideLab } from '../lab/start.js';
import { EXIT, KnownError, messageOf } from '../model/error.js';
import type { Scenario } from '../model/plan.js';
import { loadScenario } from '../scenario/load.js';
import { openRun } from '../store/find-runs.js';
import { redactedJson } from '../model/json.js';
import { UNDO_FILE } from '../store/names.js';
import { scenarioPathFrom } from '../store/scenario-path.js';
import type { StoredRun } from '../store/stored-run.js';
import { restorePair } from '../trial/restore.js';
import { openTrigger } from '../trigger/control.js';
import { driversOf } from '../trigger/driver.js';
import { UndoJournal } from '../trigger/journal.js';
import { lockPair } from '../trigger/lock.js';
import { markOf } from '../trigger/pending.js';
import { byHand } from '../trigger/undo.js';
import { stderr, stdout } from '../terminal.js';

interface RestoreArguments {
  run: string;
  drivers: string[];
}

const say = (text: string): void => stdout.write(`${text}\n`);

/** The scenario as it is written to run.json, as far as it says what is done to whom. */
const target = ({ nodes, trigger }: Pick<Scenario, 'nodes' | 'trigger'>): string => {
  // When and how often it may be done is no matter for its undo, and older runs did not know of it.
  const { guard: _, window: __, ...done } = trigger;
  return redactedJson({ nodes, trigger: done });
};

/**
 * Commands in the journal are redacted, so they are made anew from the scenario and its drivers. It must still be the
 * scenario of the run: an undo for another pair is worse than none.
 */
const undoAll = async (stored: StoredRun, file: string, folders: readonly string[]): Promise<void> => {
  const path = scenarioPathFrom(stored.path, stored.record.scenario_file);
  const { scenario } = await loadScenario(path);
  if (target(scenario) !== target(stored.record.scenario))
    throw new KnownError(`${path} has other nodes or another trigger than the run had`);
  const trigger = openTrigger(scenario, {
    drivers: await driversOf(scenario, folders),
    clock: systemClock,
    input: process.stdin,
    output: stderr,
  });
  const { keys } = trigger;
  const lock = await lockPair(keys, systemClock);
  try {
    const mark = markOf(keys, await realpath(stored.path), systemClock);
    const journal = await UndoJournal.open(file, mark);
    try {
      const within = scenario.trial.restore_ns;
      await restorePair({ trigger, journal, clock: systemClock, within }, (node, detail, ok) =>
        say(`${ok ? 'undone' : 'NOT undone'}: ${node}: ${detail}`),
      );
      say('the pair is healthy');
    } finally {
      await trigger.close();
      await journal.close();
    }
  } finally {
    await lock.release();
  }
};

/** A journal as it lies on disk: what is still to be undone, and what cannot be read. */
const readJournal = async (file: string): Promise<UndoJournal> => {
  const journal = await UndoJournal.open(file);
  await journal.close();
  return journal;
};

/** What a killed run left behind on a lab went with the lab, unless `seqgap lab up` keeps it. */
const restore = async ({ run, drivers }: RestoreArguments): Promise<void> => {
  const stored = await openRun(run);
  const file = join(stored.path, UNDO_FILE);
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  const { lab } = stored.record.scenario;
  if (!exists || (lab !== null && insideLab() === null && findKept() === null)) {
    say(exists ? 'nothing to undo: the lab of this run is gone' : 'nothing to undo: the run changed nothing');
    return;
  }
  if (lab !== null && insideLab() === null) {
    const code = await runInLab(lab, [
      'restore',
      stored.path,
      ...drivers.flatMap((each) => ['--drivers', each]),
    ]);
    process.exitCode = code;
    return;
  }
  const journal = await readJournal(file);
  const pending = journal.pending();
  if (pending.length === 0 && journal.unreadable().length === 0) {
    say('nothing to undo: everything was taken back');
    return;
  }
  try {
    await undoAll(stored, file, drivers);
  } catch (error) {
    if (error instanceof KnownError && error.exitCode === EXIT.notRestored) throw error;
    const steps = [...pending.map(byHand), ...journal.unreadable().map((place) => `what ${place} lists`)];
    throw new KnownError(`not restored: ${messageOf(error)}`, {
      remedy: `mend that and try again, or do by hand ${steps.join(' · ')}`,
      exitCode: EXIT.notRestored,
      cause: error,
    });
  }
};

export const restoreCommand: CommandModule<object, RestoreArguments> = {
  command: 'restore <run>',
  describe: 'Carry out the undo of a run that was killed; does no harm if there is nothing to undo',
  builder: (yargs) =>
    yargs
      .positional('run', { type: 'string', demandOption: true, describe: "The run's folder, or `latest`" })
      .option('drivers', { type: 'string', array: true, default: [], describe: 'More folders with drivers' })
      .example('$0 restore results/fw/latest', 'After kill -9, a crash of this host, or a closed laptop'),
  handler: restore,
};

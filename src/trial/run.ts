import { randomUUID } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { hostname, release, cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { EXIT, KnownError, messageOf } from '../model/error.js';
import { neededVantages, type Scenario } from '../model/plan.js';
import type { RunRecord } from '../model/run.js';
import { redact } from '../model/secret.js';
import { ns, toMs, type Clock } from '../model/time.js';
import { createRun, type RunFolder, scenarioPathIn } from '../store/run-folder.js';
import { whenAborted } from '../deadline.js';
import { redactedJson } from '../model/json.js';
import { folderStamp, UNDO_FILE } from '../store/names.js';
import { possibleActions, type Trigger } from '../trigger/trigger.js';
import { thisProcess } from '../trigger/act/holder.js';
import { UndoJournal } from '../trigger/act/journal.js';
import { lockPair, type PairLock } from '../trigger/act/lock.js';
import { markOf, type PairMark } from '../trigger/act/pending.js';
import { journalHeaderSchema, type JournalHeader } from '../trigger/act/undo-lines.js';
import { UNWATCHED, Watchdog } from '../watchdog/watchdog.js';
import type { Marks } from './marks.js';
import { Interrupted, sleep } from './interrupt.js';
import { allTrials } from './control-arm.js';
import { pushAll, type PushedVantages } from '../probe/push/push.js';
import type { ProgressListener } from './progress.js';
import { Trial } from './trial.js';

/**
 * When a run may make its next trial. Runs of several versions take turns in a campaign, so that a drift of the
 * environment is shared by all of them (docs/method.md, "Comparing with few repeats").
 */
export interface Turns {
  /** Resolves when it is this run's turn. Rejects with `Interrupted` when there will be none any more. */
  take(): Promise<void>;
  /** The trial is made and the host quiet again: another run may go on. */
  pass(): Promise<void>;
}

export interface RunOptions {
  readonly scenario: Scenario;
  readonly scenarioFile: string;
  readonly toolVersion: string;
  /** The folder of all results. */
  readonly out: string;
  readonly trigger: Trigger;
  /** More folders with drivers: whoever else restores the pair needs them too. */
  readonly drivers: readonly string[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly listener: ProgressListener;
  /** What people mark meanwhile. */
  readonly marks: Marks;
  readonly turns: Turns;
  /** How good the host is as an instrument; asked when it is this run's turn. */
  readonly examineHost: () => Promise<Pick<RunRecord, 'self_test' | 'calibration'>>;
  /** Called when the folder of the run is made. */
  readonly begun: (folder: RunFolder) => Promise<void>;
  /** Called after each trial with its number, when its raw history is on disk. */
  readonly trialDone: (folder: RunFolder, trial: number) => Promise<void>;
}

export interface RunEnd {
  readonly folder: RunFolder;
  /** What ended the run early; null if every trial was made. */
  readonly error: Error | null;
}

const utc = (wall_ms: number): string => new Date(wall_ms).toISOString();

/** Makes every trial of a scenario. What is measured is on disk as it is measured; errors are part of the result. */
export const runScenario = async (options: RunOptions): Promise<RunEnd> => {
  const { scenario, clock } = options;
  // The test of the host and the first trial are one turn.
  await options.turns.take();
  const { keys } = options.trigger;
  const lock = await lockPair(keys, clock, {
    signal: options.signal,
    say: (text) => options.listener.line(text),
  });
  try {
    const startedWall = clock.wall();
    const started = utc(startedWall);
    const folder = await createRun({
      out: options.out,
      scenarioName: scenario.name,
      version: scenario.version,
      stamp: folderStamp(startedWall),
    });
    let record: RunRecord = {
      format: 1,
      run: folder.run,
      tool: { name: 'seqgap', version: options.toolVersion, node: process.versions.node },
      host: { name: hostname(), kernel: release(), cpus: cpus().length },
      ...(await options.examineHost()),
      version: scenario.version,
      labels: scenario.labels,
      scenario_file: scenarioPathIn(folder.path, options.scenarioFile),
      scenario,
      started_utc: started,
      ended_utc: null,
      status: 'running',
      error: null,
      restored: null,
      trials_planned: allTrials(scenario),
      trials_done: 0,
    };
    await folder.writeRecord(record);
    await options.begun(folder);
    const header = await headerOf(options, folder.run);
    const path = await realpath(folder.path);
    let watchdog: Watchdog | null = null;
    const mark = watched(markOf(keys, { run: path, journal: header }, clock), () => watchdog);
    const journal = await UndoJournal.open(join(folder.path, UNDO_FILE), { mark, header });
    if (leavesBehind(options))
      watchdog = new Watchdog({
        folder: path,
        drivers: options.drivers,
        line: (text) => options.listener.line(text),
      });
    let isTouched = false;
    const touching = {
      ...options,
      trigger: announced(options.trigger, async () => {
        isTouched = true;
        await folder.pointLatest();
      }),
    };
    const error = await makeTrials(touching, folder, { journal, lock }, watchdog, async (done) => {
      record = { ...record, trials_done: done };
      await folder.writeRecord(record);
    });
    // What is pending still, and was not told to anybody, is left to the watchdog: it acts when this process ends.
    if (journal.pending().length === 0 || isNotRestored(error)) await watchdog?.end();
    record = {
      ...record,
      ended_utc: utc(clock.wall()),
      status: error === null ? 'complete' : error instanceof Interrupted ? 'interrupted' : 'failed',
      error: error === null ? null : redact(messageOf(error)),
      // A run that was refused knows nothing of the pair: another one may have left it as it is.
      restored: isTouched || isNotRestored(error) ? isRestored(journal, error) : null,
    };
    await journal.close();
    const unwritten = await errorOf(folder.writeRecord(record));
    return { folder, error: error ?? unwritten };
  } finally {
    await lock.release();
  }
};

/** So that the journal can be carried out whatever becomes of run.json and the scenario. */
const headerOf = async (
  { scenario, scenarioFile, toolVersion, drivers }: RunOptions,
  run: string,
): Promise<JournalHeader> => {
  const { nodes, trigger, lab, trial } = scenario;
  const header: JournalHeader = {
    format: 1,
    id: randomUUID(),
    run,
    tool: toolVersion,
    scenario_file: resolve(scenarioFile),
    working: process.cwd(),
    drivers: drivers.map((folder) => resolve(folder)),
    target: { lab, nodes, trigger, trial },
    holder: await thisProcess(),
  };
  return journalHeaderSchema.parse(JSON.parse(redactedJson(header)));
};

/** `latest` is the newest run that did something to the pair: from just before its first action on. */
const announced = (trigger: Trigger, before: () => Promise<void>): Trigger => ({
  ...trigger,
  act: async (planned, options) => {
    await before();
    return trigger.act(planned, options);
  },
});

const isRestored = (journal: UndoJournal, error: Error | null): boolean =>
  journal.pending().length === 0 && !isNotRestored(error);

/** Is there anything in the scenario that would have to be undone? */
const leavesBehind = ({ scenario, trigger }: RunOptions): boolean =>
  possibleActions(scenario).some(({ node, action }) => trigger.plan(node, action).undo.length > 0);

/** The pair is marked as changed only when somebody else, too, can put it back. */
const watched = (mark: PairMark, watchdog: () => Watchdog | null): PairMark => ({
  set: async (open) => {
    await watchdog()?.ready();
    await mark.set(open);
  },
  clear: () => mark.clear(),
});

const isNotRestored = (error: Error | null): boolean =>
  error instanceof KnownError && error.exitCode === EXIT.notRestored;

const errorOf = (work: Promise<unknown>): Promise<Error | null> =>
  work.then(
    () => null,
    (error: unknown) => (error instanceof Error ? error : new Error(messageOf(error))),
  );

/** @returns what ended the trials early, or null. */
const makeTrials = async (
  options: RunOptions,
  folder: RunFolder,
  held: { readonly journal: UndoJournal; readonly lock: PairLock },
  watchdog: Watchdog | null,
  done: (trials: number) => Promise<void>,
): Promise<Error | null> => {
  const { clock, random, signal, listener, marks, trigger, turns, trialDone } = options;
  const broken = new AbortController();
  // A full disk ends the run like a Ctrl-C: restored, with what was written until then. So does a run without a watchdog.
  void folder.failure.then(() => broken.abort());
  void watchdog?.failed.then(() => broken.abort());
  const either = AbortSignal.any([signal, broken.signal]);
  let pushed: PushedVantages | null = null;
  try {
    pushed = await pushVantages(options, either);
    whenAborted(pushed.failed, () => broken.abort());
    const scenario = { ...options.scenario, vantages: pushed.vantages };
    for (let trial = 1; trial <= allTrials(scenario); trial++) {
      const writer = await folder.openTrial(trial);
      const common = { scenario, trial, writer, trigger, ...held, clock, random, signal: either };
      const keepHistory = (node: string, text: string): Promise<void> =>
        folder.writeHistory(trial, node, text);
      const failed = await errorOf(
        new Trial({ ...common, listener, keepHistory, marks, watchdog: watchdog ?? UNWATCHED }).run(),
      );
      watchdog?.rest();
      const unwritten = await errorOf(done(trial).then(() => trialDone(folder, trial)));
      // What became of the pair comes first: an error in telling about it must not hide it.
      if (failed !== null || unwritten !== null) throw failed ?? unwritten;
      await turns.pass();
      if (trial === allTrials(scenario)) break;
      await sleep(toMs(ns(scenario.trial.coolDown_ns)), either);
      await turns.take();
    }
    return folder.failed();
  } catch (error) {
    // Whatever a trial says of probes that nobody answered any more.
    const unanswered = pushed?.failure() ?? null;
    if (unanswered !== null && !(error instanceof Error && isNotRestored(error))) return unanswered;
    const why = folder.failed() ?? watchdog?.failure() ?? null;
    if (why !== null && error instanceof Interrupted) return why;
    return error instanceof Error ? error : new Error(messageOf(error));
  } finally {
    await pushed?.remove();
  }
};

/** Before the first trial: what cannot be copied to a vantage stops the run with nothing touched. */
const pushVantages = async (
  { scenario, clock, listener }: RunOptions,
  signal: AbortSignal,
): Promise<PushedVantages> => {
  try {
    return await pushAll(neededVantages(scenario), { signal, clock, say: (text) => listener.line(text) });
  } catch (error) {
    if (signal.aborted) throw new Interrupted();
    throw error;
  }
};

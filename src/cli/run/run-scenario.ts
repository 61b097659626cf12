import { quoteCalibration } from '../calibrate/file.js';
import { hostSelfTest } from '../doctor/self-test.js';
import { existsSync } from 'node:fs';
import { copyFile, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { systemClock } from '../../clock.js';
import { analyseTrial, writeReports } from '../../evaluate/analyse.js';
import { insideLab, startLab, type LabHandle } from '../../lab/start.js';
import { type ExitCode, KnownError, messageOf } from '../../model/error.js';
import { redactedJson } from '../../model/json.js';
import type { LabPlan } from '../../model/lab-plan.js';
import type { Scenario } from '../../model/plan.js';
import { exitCodeOf } from '../../report/run/headline.js';
import { trialSection } from '../../report/run/phases.js';
import { runDocument } from '../../report/run/run-data.js';
import { terminalReport } from '../../report/run/run-report.js';
import { compressRaw } from '../../store/compress.js';
import { readRun } from '../../store/stored-run.js';
import { stderr, stdout, hasColor, say, type Stop, toolVersion, widthOf } from '../../terminal.js';
import { Interrupted } from '../../trial/interrupt.js';
import { Marks } from '../../trial/marks.js';
import { runScenario, type RunEnd, type Turns } from '../../trial/run.js';
import type { Trigger } from '../../trigger/trigger.js';
import { analyseExplained } from '../explain/explained.js';
import { triggerOf } from './dry-run.js';
import { ALONE, type RunTurns } from './turns.js';
import { markOnly, openDesk, type Desk } from '../ongoing/desk.js';
import { liveView, trialLine } from './live-view.js';
import type { RunArguments } from './run-arguments.js';

/** The witness's account and that of the lab's control plane, beside the figures that they are compared with. */
const TRUTH_FILE = 'truth.jsonl';
const TRANSITIONS_FILE = 'transitions.jsonl';

/** One run of one scenario, and how it is embedded. */
export interface ScenarioRun {
  readonly scenario: Scenario;
  readonly file: string;
  readonly args: RunArguments;
  readonly stop: Stop;
  readonly turns: RunTurns;
}

/** Lines of several runs that take turns are told apart by their version. */
const prefixOf = ({ scenario, turns }: ScenarioRun): string =>
  turns === ALONE ? '' : `${scenario.version}  `;

/** Where marks come from; without it the run goes on, and nobody can set any. */
const deskOf = async (
  { name }: Scenario,
  path: string,
  marks: Marks,
  line: (text: string) => void,
): Promise<Desk | null> => {
  try {
    return await openDesk(
      {
        kind: 'run',
        what: name,
        run: await realpath(path),
        since_utc: new Date(systemClock.wall()).toISOString(),
        background: false,
      },
      { answer: (request) => markOnly(marks, request) },
    );
  } catch (error) {
    line(`note: no marks can be set: ${messageOf(error)}`);
    return null;
  }
};

const measure = async (run: ScenarioRun): Promise<RunEnd> => {
  const { scenario, file, args, stop } = run;
  if (stop.signal.aborted) throw new Interrupted();
  const controls = new Set(scenario.streams.filter(({ control }) => control).map(({ name }) => name));
  const view = liveView(`${prefixOf(run)}${scenario.name}`, controls, stderr);
  let trigger: Trigger;
  try {
    trigger = await triggerOf(scenario, args.drivers, (question) => view.ask(question));
  } catch (error) {
    view.done();
    throw error;
  }
  const before = stop.say;
  const marks = new Marks(systemClock);
  let desk: Desk | null = null;
  const turns: Turns = {
    take: async () => {
      await run.turns.take();
      stop.phase = 'untouched';
      stop.say = (text) => view.line(text);
    },
    pass: () => {
      view.rest();
      stop.phase = 'untouched';
      stop.say = before;
      return run.turns.pass();
    },
  };
  try {
    return await runScenario({
      scenario,
      scenarioFile: resolve(file),
      toolVersion: toolVersion(),
      out: args.out,
      trigger,
      drivers: args.drivers,
      clock: systemClock,
      examineHost: async () => ({
        self_test: await hostSelfTest(systemClock),
        calibration: await quoteCalibration(),
      }),
      random: Math.random,
      signal: stop.signal,
      listener: {
        ...view,
        progress: (progress) => {
          stop.phase = progress.touched ? 'touched' : 'untouched';
          view.progress(progress);
        },
      },
      marks,
      begun: async ({ path }) => {
        desk = await deskOf(scenario, path, marks, (text) => view.line(text));
      },
      turns,
      trialDone: async (folder, trial) => {
        const stored = await readRun(folder.path);
        const tables = await analyseTrial(stored, trial);
        view.line(`${prefixOf(run)}${trialLine(scenario, trial, tables)}`);
        for (const line of trialSection(tables, trial, widthOf(stderr))) view.line(line);
      },
    });
  } finally {
    await (desk as Desk | null)?.close();
    view.done();
    stop.phase = 'reporting';
    stop.say = before;
    await trigger.close();
  }
};

/** Analyses what is on disk, writes the reports, prints the result. @returns the exit code. */
const conclude = async (end: RunEnd, json: boolean): Promise<ExitCode> => {
  try {
    return await printResult(end, json);
  } catch (error) {
    // A report that cannot be made is less than a pair that is not restored, or than what broke the run off.
    throw end.error === null || end.error instanceof Interrupted ? error : end.error;
  }
};

const printResult = async ({ folder, error }: RunEnd, json: boolean): Promise<ExitCode> => {
  const stored = await readRun(folder.path);
  const input = await analyseExplained(stored);
  await writeReports(folder.path, input);
  await compressFinished(folder.path);
  (json ? stdout.writeDocument : stdout.write)(
    json
      ? `${redactedJson(runDocument(input), 2)}\n`
      : terminalReport(input, { columns: widthOf(stdout), color: hasColor(stdout), folder: folder.path }),
  );
  if (error instanceof Interrupted) {
    const pair = stored.record.restored === null ? 'was not touched' : 'is restored';
    say(`${error.message}: the pair ${pair}, the results cover what was measured`);
  } else if (error !== null) throw error;
  return exitCodeOf(input);
};

/** Makes all trials of a scenario and prints the result. @returns the exit code. */
const runHere = async (run: ScenarioRun): Promise<readonly [RunEnd, ExitCode]> => {
  const end = await measure(run);
  await run.turns.end(end.error !== null);
  return [end, await conclude(end, run.args.json)];
};

/** The witness costs most of a core, which belongs to the run whose turn it is. */
const witnessInTurn = (turns: RunTurns, lab: LabHandle): RunTurns => ({
  ...turns,
  take: async () => {
    await lab.witness(false);
    await turns.take();
    await lab.witness(true);
  },
  pass: async () => {
    await lab.witness(false);
    await turns.pass();
  },
});

/** The same in a lab: in one built for it, if it is not one that is kept. Must be called inside the lab. */
const runInside = async (run: ScenarioRun, plan: LabPlan): Promise<ExitCode> => {
  const { witness } = run.args;
  const onStep = (text: string): void => say(`${prefixOf(run)}lab: ${text}`);
  const lab = await startLab(plan, { witness, onStep });
  try {
    const inTurn = witness && run.turns !== ALONE;
    const turns = inTurn ? witnessInTurn(run.turns, lab) : run.turns;
    const [end, code] = await runHere({ ...run, turns });
    if (witness && existsSync(lab.truthFile))
      await copyFile(lab.truthFile, join(end.folder.path, TRUTH_FILE));
    if (existsSync(lab.transitionsFile))
      await copyFile(lab.transitionsFile, join(end.folder.path, TRANSITIONS_FILE));
    return code;
  } finally {
    await lab.stop();
  }
};

/** Runs a scenario in this process, which must be inside the lab if it has one. @returns the exit code. */
export const runByItself = async (run: ScenarioRun): Promise<ExitCode> => {
  const { lab } = run.scenario;
  return lab === null ? (await runHere(run))[1] : runInside(run, lab);
};

export const needsLab = ({ lab }: Scenario): boolean => lab !== null && insideLab() === null;

/** Compresses the raw logs of a run whose reports are written. That it cannot be done is worth a note, no more. */
export const compressFinished = async (folder: string): Promise<void> => {
  try {
    await compressRaw(folder);
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    say(`note: raw logs are left uncompressed: ${error.message}`);
  }
};

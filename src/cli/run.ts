import { copyFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { CommandModule } from 'yargs';
import { systemClock } from '../clock.js';
import { runInLab } from '../lab/enter.js';
import { insideLab, startLab } from '../lab/start.js';
import { EXIT, KnownError, type ExitCode } from '../model/error.js';
import type { Scenario } from '../model/plan.js';
import { resultDocument } from '../report/document.js';
import { exitCodeOf } from '../report/exit-code.js';
import { terminalReport } from '../report/terminal.js';
import { loadScenario } from '../scenario/load.js';
import { analyseRun, analyseTrial, writeReports } from '../store/analyse.js';
import { readRun } from '../store/stored-run.js';
import { Interrupted } from '../trial/interrupt.js';
import { runScenario, type RunEnd } from '../trial/run.js';
import { openTrigger, type TriggerControl } from '../trigger/control.js';
import { loadDrivers } from '../trigger/driver.js';
import { liveView } from './live-view.js';
import { trialLine } from './trial-line.js';
import { toolVersion } from './version.js';
import { hasColor } from './color.js';

interface RunArguments {
  scenario: string[];
  repeat: number | undefined;
  version: string | undefined;
  label: string[];
  out: string;
  'dry-run': boolean;
  yes: boolean;
  json: boolean;
  drivers: string[];
  witness: boolean;
}

/** The witness's account, beside the figures that it is compared with. */
const TRUTH_FILE = 'truth.jsonl';

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** `--label design=vrrp` */
const labelsOf = (pairs: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1)
        throw new KnownError(`--label ${pair}: a label is KEY=VALUE`, {
          exitCode: EXIT.usage,
          remedy: 'for example --label site=lab1',
        });
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );

/** The exact commands, for each node that may turn out to be the active one; nothing is contacted. */
const dryRun = (scenario: Scenario, trigger: TriggerControl): string => {
  const { node, action } = scenario.trigger;
  const candidates = node === 'active' ? scenario.nodes.map(({ name }) => name) : [node];
  const blocks = (candidates.length > 0 ? candidates : [null]).map((candidate) => {
    const planned = trigger.plan(candidate, action);
    const condition =
      node === 'active' && candidate !== null
        ? `if ${candidate} is active`
        : `on ${candidate ?? 'this host'}`;
    const undo = planned.undo.length === 0 ? ['(nothing to undo)'] : planned.undo;
    return [
      `${condition}: ${action} by ${planned.driver} over ${planned.transport}`,
      ...planned.steps.map((step) => `  send  ${step}`),
      ...undo.map((step) => `  undo  ${step}`),
    ].join('\n');
  });
  return `${blocks.join('\n')}\n`;
};

/** Asks before anything real is touched. The lab is not real. */
const confirm = async (scenario: Scenario, yes: boolean): Promise<void> => {
  if (yes || scenario.lab !== null) return;
  const { node, action } = scenario.trigger;
  const pair = scenario.nodes.map(({ name }) => name).join(' and ');
  const what = `${action} of ${node === 'active' ? `the active node of ${pair}` : node}, ${scenario.trial.repeat} times`;
  if (!process.stdin.isTTY)
    throw new KnownError(`not started: ${what} needs a yes`, { exitCode: EXIT.usage, remedy: 'add --yes' });
  const ask = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // Ctrl-C and Ctrl-D at the question reject: they mean no.
    const answer = await ask.question(`This will do: ${what}. Go on? [y/N] `).catch(() => 'n');
    if (!/^y(es)?$/i.test(answer.trim()))
      throw new KnownError('not started', { exitCode: EXIT.inconclusive });
  } finally {
    ask.close();
  }
};

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface Stop {
  readonly signal: AbortSignal;
  /** Where it is said that the run is being stopped. */
  say: (text: string) => void;
  release(): void;
}

/**
 * Ctrl-C and a polite kill end the run in order: probing stops, the pair is restored, results are written, and no
 * further scenario is begun.
 */
const onStop = (): Stop => {
  const controller = new AbortController();
  const heard = (): void => {
    stop.say(
      controller.signal.aborted
        ? 'still restoring the pair; results are kept'
        : 'stopping: the pair is being restored, what was measured is kept (once is enough)',
    );
    controller.abort();
  };
  const stop: Stop = {
    signal: controller.signal,
    say,
    release: () => STOP_SIGNALS.forEach((name) => process.off(name, heard)),
  };
  for (const name of STOP_SIGNALS) process.on(name, heard);
  return stop;
};

const measure = async (scenario: Scenario, file: string, args: RunArguments, stop: Stop): Promise<RunEnd> => {
  if (stop.signal.aborted) throw new Interrupted();
  const controls = new Set(scenario.streams.filter(({ control }) => control).map(({ name }) => name));
  const trigger = openTrigger(scenario, {
    drivers: await loadDrivers(args.drivers),
    clock: systemClock,
    input: process.stdin,
    output: process.stderr,
  });
  const view = liveView(scenario.name, controls, process.stderr);
  stop.say = (text) => view.line(text);
  try {
    return await runScenario({
      scenario,
      scenarioFile: resolve(file),
      toolVersion: toolVersion(),
      out: args.out,
      trigger,
      clock: systemClock,
      random: Math.random,
      signal: stop.signal,
      listener: view,
      trialDone: async (folder, trial) => {
        const stored = await readRun(folder.path);
        view.line(trialLine(scenario, trial, await analyseTrial(stored, trial)));
      },
    });
  } finally {
    view.done();
    stop.say = say;
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
  const input = await analyseRun(stored);
  await writeReports(folder.path, input);
  process.stdout.write(
    json
      ? `${JSON.stringify(resultDocument(input.tables), null, 2)}\n`
      : terminalReport(input, { columns: 100, color: hasColor(process.stdout), folder: folder.path }),
  );
  if (error instanceof Interrupted)
    say('interrupted: the pair is restored, the results cover what was measured');
  else if (error !== null) throw error;
  return exitCodeOf(input);
};

const runOne = async (file: string, args: RunArguments, stop: Stop): Promise<ExitCode> => {
  const { repeat, version, label } = args;
  const { scenario, warnings } = await loadScenario(file, {
    overrides: { repeat, version, labels: labelsOf(label) },
  });
  if (args['dry-run']) {
    const trigger = openTrigger(scenario, {
      drivers: await loadDrivers(args.drivers),
      clock: systemClock,
      input: process.stdin,
      output: process.stderr,
    });
    process.stdout.write(dryRun(scenario, trigger));
    await trigger.close();
    return EXIT.pass;
  }
  if (scenario.lab === null) {
    for (const warning of warnings) say(`note: ${warning}`);
    await confirm(scenario, args.yes);
    return conclude(await measure(scenario, file, args, stop), args.json);
  }
  if (insideLab() === null) {
    for (const warning of warnings) say(`note: ${warning}`);
    // The program inside gets the signal too, and says what it does.
    stop.say = () => {};
    return (await runInLab(scenario.lab, innerArguments(file, args))) as ExitCode;
  }
  const lab = await startLab(scenario.lab, { witness: args.witness, onStep: (text) => say(`lab: ${text}`) });
  try {
    const end = await measure(scenario, file, args, stop);
    const code = await conclude(end, args.json);
    if (args.witness) await copyFile(lab.truthFile, join(end.folder.path, TRUTH_FILE));
    return code;
  } finally {
    await lab.stop();
  }
};

/** The same run of one scenario, to be started again inside its lab. */
const innerArguments = (file: string, args: RunArguments): string[] => [
  'run',
  file,
  ...(args.repeat === undefined ? [] : ['--repeat', String(args.repeat)]),
  ...(args.version === undefined ? [] : ['--version', args.version]),
  ...args.label.flatMap((label) => ['--label', label]),
  ...args.drivers.flatMap((folder) => ['--drivers', folder]),
  '--out',
  args.out,
  ...(args.json ? ['--json'] : []),
  ...(args.witness ? ['--witness'] : []),
];

export const runCommand: CommandModule<object, RunArguments> = {
  command: 'run <scenario..>',
  describe: 'Fail over a pair as a scenario says, and report how long traffic was down',
  builder: (yargs) =>
    yargs
      .positional('scenario', { type: 'string', array: true, demandOption: true, describe: 'Scenario files' })
      .option('repeat', { type: 'number', describe: 'Number of trials, instead of the scenario’s' })
      .option('version', { type: 'string', describe: 'What is under test: firmware, timers, design' })
      .option('label', { type: 'string', array: true, default: [], describe: 'KEY=VALUE, kept with the run' })
      .option('out', { type: 'string', default: 'results', describe: 'Folder of all results' })
      .option('dry-run', {
        type: 'boolean',
        default: false,
        describe: 'Print the exact commands, contact nothing',
      })
      .option('yes', {
        type: 'boolean',
        alias: 'y',
        default: false,
        describe: 'Do not ask before the trigger',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print the result as JSON' })
      .option('drivers', { type: 'string', array: true, default: [], describe: 'More folders with drivers' })
      .option('witness', {
        type: 'boolean',
        default: false,
        describe: 'Lab only: record the true instants at which forwarding stopped and came back',
      })
      .example('$0 run scenarios/lab/vrrp-crash.yaml', 'Four power cuts in the lab')
      .example('$0 run fw.yaml --version 11.1.4 --repeat 10', 'Ten trials of a firmware')
      .example('$0 run fw.yaml --dry-run', 'What would be sent, and to whom'),
  handler: async (args) => {
    let worst: ExitCode = EXIT.pass;
    const stop = onStop();
    for (const file of args.scenario) {
      worst = Math.max(worst, await runOne(file, args, stop)) as ExitCode;
      // Who stops one scenario does not mean the next pair to be failed over.
      if (stop.signal.aborted) break;
    }
    stop.release();
    process.exitCode = worst;
  },
};

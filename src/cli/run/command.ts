import type { CommandModule } from 'yargs';
import { systemClock } from '../../clock.js';
import { runInLab } from '../../lab/enter.js';
import { EXIT, type ExitCode } from '../../model/error.js';
import { loadScenario } from '../../scenario/load.js';
import { folderStamp } from '../../store/names.js';
import { stdout, say, onStop, type Stop } from '../../terminal.js';
import { checkCampaign, runCampaign, sayCampaign, type Loaded } from './campaign.js';
import { confirm, dryRun } from './dry-run.js';
import { innerArguments, labelsOf, type RunArguments } from './run-arguments.js';
import { needsLab, runByItself } from './run-scenario.js';
import { ALONE, turnsOfProcess } from './turns.js';

/** A run may be started before what writes its scenario into a pipe. */
const PATIENCE_MS = 60_000;

const load = async (file: string, args: RunArguments): Promise<Loaded & { warnings: readonly string[] }> => {
  const { repeat, version, label } = args;
  return {
    file,
    ...(await loadScenario(file, {
      overrides: { repeat, version, labels: labelsOf(label) },
      patience_ms: PATIENCE_MS,
    })),
  };
};

/** One scenario by itself: in this process, or, where it has a lab, in one started inside it. */
const runOne = async (file: string, args: RunArguments, stop: Stop): Promise<ExitCode> => {
  const { scenario, warnings } = await load(file, args);
  if (args['dry-run']) {
    stdout.write(await dryRun(scenario, args.drivers));
    return EXIT.pass;
  }
  if (scenario.lab === null || needsLab(scenario)) for (const warning of warnings) say(`note: ${warning}`);
  await confirm([scenario], args.yes);
  if (scenario.lab !== null && needsLab(scenario)) {
    const begun = (): void => {
      stop.phase = 'delegated';
    };
    return (await runInLab(scenario.lab, innerArguments(file, args), { begun })) as ExitCode;
  }
  return runByItself({ scenario, file, args, stop, turns: ALONE });
};

/** The inner program of a campaign: where another one is measuring, that one speaks. */
const runMember = async (file: string, args: RunArguments, stop: Stop): Promise<ExitCode> => {
  const { scenario } = await load(file, args);
  stop.say = () => {};
  const turns = turnsOfProcess(stop.signal);
  try {
    return await runByItself({ scenario, file, args, stop, turns });
  } finally {
    turns.close();
  }
};

/** Versions of one scenario, their trials in turn. @returns the worst exit code. */
export const runInterleaved = async (given: RunArguments, stop: Stop): Promise<ExitCode> => {
  const campaign = folderStamp(systemClock.wall());
  const args = { ...given, label: [`campaign=${campaign}`, ...given.label] };
  const loaded = await Promise.all(args.scenario.map((file) => load(file, args)));
  checkCampaign(loaded, args.version, given.label);
  if (args['dry-run']) {
    stdout.write(`${sayCampaign(loaded)}\n`);
    for (const { file, scenario } of loaded)
      stdout.write(`\n${scenario.version} (${file})\n${await dryRun(scenario, args.drivers)}`);
    return EXIT.pass;
  }
  for (const warning of new Set(loaded.flatMap(({ warnings }) => warnings))) say(`note: ${warning}`);
  await confirm(
    loaded.map(({ scenario }) => scenario),
    args.yes,
  );
  say(sayCampaign(loaded));
  return runCampaign(campaign, loaded, args, stop);
};

const runInOrder = async (args: RunArguments, stop: Stop): Promise<ExitCode> => {
  let worst: ExitCode = EXIT.pass;
  for (const file of args.scenario) {
    worst = Math.max(worst, await runOne(file, args, stop)) as ExitCode;
    // Who stops one scenario does not mean the next pair to be failed over.
    if (stop.signal.aborted) break;
    stop.phase = 'idle';
  }
  return worst;
};

export const runCommand: CommandModule<object, RunArguments> = {
  builder: (yargs) =>
    yargs
      .positional('scenario', { type: 'string', array: true, demandOption: true, describe: 'Scenario files' })
      .option('repeat', { type: 'number', describe: 'Number of trials, instead of the scenario’s' })
      .option('version', { type: 'string', describe: 'What is under test: firmware, timers, design' })
      .option('label', { type: 'string', array: true, default: [], describe: 'KEY=VALUE, kept with the run' })
      .option('out', { type: 'string', default: 'results', describe: 'Folder of all results' })
      .option('interleave', {
        type: 'boolean',
        default: false,
        describe: 'One trial of each scenario in turn (A B A B): versions of one name, to be compared',
      })
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
      .option('turns', { type: 'boolean', default: false, hidden: true })
      .example('$0 run scenarios/lab/vrrp-crash.yaml', 'Four power cuts in the lab')
      .example('$0 run fw.yaml --version 11.1.4 --repeat 10', 'Ten trials of a firmware')
      .example('$0 run old.yaml new.yaml --interleave', 'Two versions, their trials in turn')
      .example('$0 run fw.yaml --dry-run', 'What would be sent, and to whom'),
  handler: async (args) => {
    const stop = onStop();
    const [file = ''] = args.scenario;
    const code = args.turns
      ? runMember(file, args, stop)
      : args.interleave
        ? runInterleaved(args, stop)
        : runInOrder(args, stop);
    process.exitCode = await code.finally(() => stop.release());
  },
};

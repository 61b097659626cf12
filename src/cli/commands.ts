import type { Argv, CommandModule } from 'yargs';
import type { AnyCommand, Command, Commands } from './yargs.js';

/** In the order of `--help`. */
const LISTED: Readonly<Record<string, Command<AnyCommand>>> = {
  run: {
    command: 'run <scenario..>',
    describe: 'Fail over a pair as a scenario says, and report how long traffic was down',
    load: async () => (await import('./run/command.js')).runCommand,
  },
  analyze: {
    command: 'analyze <file..>',
    describe: 'Find the outages in a log of ping, fping, curl, iperf3 and others, a capture, or a stored run',
    load: async () => (await import('./analyze/command.js')).analyzeCommand,
  },
  watch: {
    command: 'watch [target..]',
    describe: 'Probe until Ctrl-C and list every gap as it opens and closes; no scenario needed',
    load: async () => (await import('./watch/command.js')).watchCommand,
  },
  mark: {
    command: 'mark <text..>',
    describe: 'Put a mark on the timeline of the watch, or run, that is going on on this host',
    load: async () => (await import('./mark.js')).markCommand,
  },
  init: {
    command: 'init [platform]',
    describe: 'Write a commented scenario for your pair: asks, or takes everything from options',
    load: async () => (await import('./init/command.js')).initCommand,
  },
  check: {
    command: 'check [scenario..]',
    describe: 'Validate a scenario and say its plan in words; contacts nothing',
    load: async () => (await import('./check.js')).checkCommand,
  },
  restore: {
    command: 'restore [run]',
    describe: 'Carry out the undo of a run that was killed; does no harm if there is nothing to undo',
    load: async () => (await import('./restore.js')).restoreCommand,
  },
  report: {
    command: 'report <run>',
    describe: 'Make all reports of a run again from its raw history',
    load: async () => (await import('./report.js')).reportCommand,
  },
  explain: {
    command: 'explain <run>',
    describe: 'Why an outage took so long: what happened in it, link by link, and what nobody knows',
    load: async () => (await import('./explain/command.js')).explainCommand,
  },
  twin: {
    command: 'twin <run>',
    describe: 'Fit a lab to a measured pair, and say what another timer or delay would make of its outages',
    load: async () => (await import('./twin/command.js')).twinCommand,
  },
  compare: {
    command: 'compare <base> <candidate..>',
    describe: 'Compare versions, or any runs, with each other: is one worse, by how much, how sure is that',
    load: async () => (await import('./compare.js')).compareCommand,
  },
  gate: {
    command: 'gate [run]',
    describe: 'The verdict of a night: a run against its limits and against what it was before',
    load: async () => (await import('./gate/command.js')).gateCommand,
  },
  trend: {
    command: 'trend [scenario]',
    describe: 'The history of a scenario, run by run, and where its level changed',
    load: async () => (await import('./trend.js')).trendCommand,
  },
  list: {
    command: 'list [folder]',
    describe: 'List the stored runs, the newest first: version, worst outage, verdict, labels',
    load: async () => (await import('./list.js')).listCommand,
  },
  serve: {
    command: 'serve [results]',
    describe: 'Show all runs in a browser: list, reports, comparisons, trends, and the run that is going on',
    load: async () => (await import('./serve/command.js')).serveCommand,
  },
  export: {
    command: 'export [runs..]',
    describe: 'Figures of runs for monitoring: OpenMetrics text, Pushgateway, OpenTelemetry',
    load: async () => (await import('./export/command.js')).exportCommand,
  },
  prune: {
    command: 'prune',
    describe: 'Delete old runs, but for the newest of each scenario and version',
    load: async () => (await import('./prune.js')).pruneCommand,
  },
  doctor: {
    command: 'doctor',
    describe: 'Can this host measure? Privileges, timers, clocks, limits and tools, with the remedy for each',
    load: async () => (await import('./doctor/command.js')).doctorCommand,
  },
  calibrate: {
    command: 'calibrate',
    describe: 'Make outages of known length in a small lab, and see what is measured of them on this host',
    load: async () => (await import('./calibrate/command.js')).calibrateCommand,
  },
  reflect: {
    command: 'reflect',
    describe: 'Be the far end: reflect STAMP probes, echo TCP sessions',
    load: async () => (await import('./reflect.js')).reflectCommand,
  },
  drivers: {
    command: 'drivers',
    describe: 'The driver pack: list it, show what one would send, test its samples, try it on a device',
    load: async () => (await import('./drivers/command.js')).driversCommand,
  },
  lab: {
    command: 'lab <command>',
    describe: 'The lab by hand: an HA pair in network namespaces',
    load: async () => (await import('./lab.js')).labCommand,
  },
  completion: {
    command: 'completion <shell>',
    describe: 'Print a script for tab completion in bash, zsh or fish',
    load: async () => (await import('./complete/completion.js')).completionCommand,
  },
  agent: {
    command: 'agent',
    describe: false,
    load: async () => (await import('./agent.js')).agentCommand,
  },
  watchdog: {
    command: 'watchdog <run>',
    describe: false,
    load: async () => (await import('./watchdog.js')).watchdogCommand,
  },
};

/** Each with its options and what it does loaded only when asked for, so that small commands start quickly. */
export const COMMANDS: Commands = Object.fromEntries(
  Object.entries(LISTED).map(([name, { load, ...listed }]) => [
    name,
    { ...listed, load: async () => ({ ...(await load()), ...listed }) },
  ]),
);

/** Its options and what it does are loaded when its turn comes. */
const outlineOf = ({ load, ...listed }: Command): CommandModule => ({
  ...listed,
  builder: async (parser: Argv) => {
    const { builder } = await load();
    return typeof builder === 'function' ? builder(parser) : parser;
  },
  handler: async (given) => {
    await (await load()).handler(given);
  },
});

export const commandNamed = (name: string | undefined): Command | undefined =>
  name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;

/** The commands that a command line may mean. */
export const commandsOf = async ([first]: readonly string[]): Promise<CommandModule[]> => {
  const named = commandNamed(first);
  return named === undefined ? Object.values(COMMANDS).map(outlineOf) : [await named.load()];
};

import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs';
import { pingState } from '../doctor/icmp.js';
import { hostSources, type Sources } from '../doctor/host-sources.js';
import { usage } from '../../model/error.js';
import type { Scenario, SessionPlan } from '../../model/plan.js';
import { fromMs, toMs, type Nanoseconds } from '../../model/time.js';
import { formatDuration, parseDuration } from '../../model/duration.js';
import {
  doubtOf,
  resolveTargets,
  watchScenario,
  parseTargets,
  type WatchTarget,
  watchVantage,
} from './scenario.js';
import { parseSession } from './session-target.js';
import { startWatch, stopWatch, tellStatus } from './background.js';
import { watchHere } from './watch-here.js';
import { say } from '../../terminal.js';

interface WatchArguments {
  readonly target: readonly string[];
  readonly session: readonly string[];
  readonly tcp: number | undefined;
  readonly every: string | undefined;
  readonly from: string | undefined;
  readonly duration: string | undefined;
  readonly 'delay-threshold': string | undefined;
  readonly ping: boolean;
  readonly label: string;
  readonly out: string | undefined;
  readonly utc: boolean;
  readonly json: boolean;
  readonly background: boolean;
}

const EVERY = fromMs(100);
/** What iputils before 2021 grants a user who is not root. */
const EVERY_OF_USERS = fromMs(200);
const SHORTEST = fromMs(1);

const durationOf = (option: string, text: string | undefined, least: number): Nanoseconds | null => {
  if (text === undefined) return null;
  const value = parseDuration(text);
  if (value < least)
    throw usage(`--${option} ${text} is too short`, `take ${formatDuration(SHORTEST)} or more`);
  return value;
};

const canOpen = async (sources: Sources): Promise<boolean> =>
  !((await sources.nativeSocket(4)) instanceof Error) || (await sources.rawSocket(4)) === null;

/** 100 ms, or what the system's ping grants where only that is to be had. */
const usualInterval = async (args: WatchArguments, targets: readonly WatchTarget[]): Promise<Nanoseconds> => {
  const isRoot = process.getuid?.() === 0;
  if (isRoot || args.from !== undefined || targets.every(({ port }) => port !== null)) return EVERY;
  const sources = hostSources();
  if (!args.ping && (await canOpen(sources))) return EVERY;
  const ping = await pingState(sources);
  return ping.state === 'usable' && ping.min_ms > toMs(EVERY) ? EVERY_OF_USERS : EVERY;
};

/** One that is named twice is kept once. */
const sessionsOf = (texts: readonly string[]): readonly SessionPlan[] =>
  [...new Set(texts)].map((text) => parseSession(text));

/** `isWhole`: every target is watched. */
const scenarioOf = async (
  args: WatchArguments,
): Promise<{ readonly scenario: Scenario; readonly isWhole: boolean }> => {
  const sessions = sessionsOf(args.session);
  // Only single packets tell how long the path was down: without a target, where a session goes is pinged.
  const hosts = sessions.map(({ host }) => host);
  const asked = parseTargets(args.target.length === 0 ? hosts : args.target, args.tcp ?? null);
  for (const doubt of asked.map(doubtOf)) if (doubt !== null) say(doubt);
  // Behind a prefix it is the names of that place that count.
  const { targets, failed } =
    args.from === undefined ? await resolveTargets(asked) : { targets: asked, failed: [] };
  for (const line of failed) say(line);
  const every_ns = durationOf('every', args.every, SHORTEST) ?? (await usualInterval(args, targets));
  const scenario = watchScenario({
    targets,
    sessions,
    vantage: watchVantage(args.from ?? null),
    every_ns,
    engine: args.ping ? 'ping' : 'auto',
    label: args.label,
    delayThreshold_ns: durationOf('delay-threshold', args['delay-threshold'], SHORTEST),
  });
  return { scenario, isWhole: failed.length === 0 };
};

/** Those behind `--` are no commands, whatever they are called: yargs leaves them where the words of the command are. */
const targetsOf = (
  { target, session, _: rest }: ArgumentsCamelCase<Pick<WatchArguments, 'target' | 'session'>>,
  words: 1 | 2,
): string[] => {
  const all = [...target, ...rest.slice(words).map(String)];
  if (all.length > 0 || session.length > 0) return all;
  throw usage('no target is given', 'for example seqgap watch 10.4.4.4');
};

const watch = async (args: ArgumentsCamelCase<WatchArguments>): Promise<void> =>
  watchHere({
    ...(await scenarioOf({ ...args, target: targetsOf(args, 1) })),
    out: args.out ?? null,
    duration_ns: durationOf('duration', args.duration, SHORTEST),
    zone: args.utc ? 'utc' : 'local',
    json: args.json,
    background: args.background,
  });

/** What a watch can be told, wherever it goes on. */
const watchOptions = <T>(yargs: Argv<T>) =>
  yargs
    .positional('target', {
      type: 'string',
      array: true,
      default: [],
      describe: 'HOST for ICMP, HOST:PORT for TCP',
    })
    .option('session', {
      type: 'string',
      array: true,
      default: [],
      describe: 'Keep a session: HOST:PORT of an echo server, ssh://USER@HOST, http://HOST; may be repeated',
    })
    .option('tcp', { type: 'number', describe: 'TCP to this port for every target that has none' })
    .option('every', { type: 'string', describe: 'Between two probes (default 100ms)' })
    .option('from', { type: 'string', describe: 'Probe from behind this prefix of a command' })
    .option('duration', { type: 'string', describe: 'End after this long' })
    .option('delay-threshold', {
      type: 'string',
      describe: 'A later answer is late (default: from the first answers)',
    })
    .option('ping', { type: 'boolean', default: false, describe: "Use the system's ping" })
    .option('label', {
      type: 'string',
      default: 'watch',
      describe: 'A word for the name of the run folder',
    })
    .option('utc', { type: 'boolean', default: false, describe: 'Say times in UTC' });

type StartArguments = Omit<WatchArguments, 'json' | 'background' | 'out'> & { readonly out: string };

/** The same watch on a command line. What is left out is a default there, too. */
const wordsOf = ({ target, session, ping, utc, ...args }: StartArguments): string[] => [
  ...(['tcp', 'every', 'from', 'duration', 'delay-threshold', 'label', 'out'] as const).flatMap((name) =>
    args[name] === undefined ? [] : [`--${name}=${args[name]}`],
  ),
  ...session.map((each) => `--session=${each}`),
  ...(ping ? ['--ping'] : []),
  ...(utc ? ['--utc'] : []),
  '--',
  ...target,
];

const start: CommandModule<object, StartArguments> = {
  command: 'start [target..]',
  describe: 'Watch in the background: the terminal may be closed',
  builder: (yargs) =>
    watchOptions(yargs)
      .option('out', {
        type: 'string',
        default: 'results',
        describe: 'Keep the history as a run folder below this one',
      })
      .example('$0 watch start 10.4.4.4 10.4.4.4:443', 'Kept below results/watch')
      .example('$0 watch start 10.4.4.4 --duration 8h --label upgrade', 'Ends by itself in the morning'),
  handler: (args) => startWatch(wordsOf({ ...args, target: targetsOf(args, 2) }), args.out),
};

const status: CommandModule = {
  command: 'status',
  describe: 'Since when a watch goes on, its targets, its outages so far and its last lines',
  builder: (yargs) => yargs.example('$0 watch status', 'of all of this user on this host'),
  handler: tellStatus,
};

const stop: CommandModule<object, { readonly run: string | undefined }> = {
  command: 'stop',
  describe: 'End a watch in the background, and print its closing report',
  builder: (yargs) =>
    yargs
      .option('run', { type: 'string', describe: 'Which, of several: its folder, or its process id' })
      .example('$0 watch stop', 'with the exit code that the watch would have had'),
  handler: ({ run }) => stopWatch(run),
};

/** `seqgap watch`. Exit code 0; 2 if a target never answered, or its record could not be kept; 64 for a target that is none. */
export const watchCommand: CommandModule<object, WatchArguments> = {
  builder: (yargs) =>
    watchOptions(yargs)
      .command(start)
      .command(status)
      .command(stop)
      .option('out', { type: 'string', describe: 'Keep the history as a run folder below this one' })
      .option('json', { type: 'boolean', default: false, describe: 'Print the records as JSON at the end' })
      .option('background', { type: 'boolean', default: false, hidden: true })
      .example('$0 watch 10.4.4.4', 'ICMP every 100 ms; every gap with its bounds')
      .example('$0 watch 10.4.4.4 server.example:443 [fd00::4]:22', 'New TCP connections beside it')
      .example('$0 watch 10.4.4.4 10.4.4.5 --tcp 443 --every 20ms', 'TCP to all of them, faster')
      .example("$0 watch 10.4.4.4 --from 'ip netns exec client'", 'From a network namespace')
      .example('$0 watch 10.4.4.4 --duration 10m --out results --label fw', 'Ten minutes, kept')
      .example('$0 watch 10.4.4.4 --session 10.4.4.4:7', 'and whether a session lives through it')
      .example('$0 watch -- stop', 'A host that is called as a command is')
      .epilogue(
        'The summary comes with q or Ctrl-C; m sets a mark, and so does "seqgap mark" elsewhere. docs/watch.md says what the lines mean.',
      ),
  handler: watch,
};

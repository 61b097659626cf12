import type { CommandModule } from 'yargs';
import { systemClock } from '../../clock.js';
import { pingState } from '../doctor/icmp.js';
import { hostSources, type Sources } from '../doctor/host-sources.js';
import { EXIT, usage } from '../../model/error.js';
import type { Scenario } from '../../model/plan.js';
import { fromMs, NS_PER_S, toMs, type Nanoseconds } from '../../model/time.js';
import { resultDocument } from '../../report/text/csv.js';
import { textWidth } from '../../report/text/table.js';
import { formatDuration, parseDuration } from '../../model/duration.js';
import {
  doubtOf,
  resolveTargets,
  sayTarget,
  watchScenario,
  parseTargets,
  type WatchTarget,
  watchVantage,
} from './scenario.js';
import { watchSummary } from './summary.js';
import { sayDay, sayZone, type Zone } from './notice.js';
import { watchTargets, type WatchEnd } from './watch.js';
import { redactedJson } from '../../model/json.js';
import { say, stderr, stdout, toolVersion, hasColor, widthOf } from '../../terminal.js';
import { watchEnding, watchScreen } from './screen.js';

interface WatchArguments {
  readonly target: readonly string[];
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

/** `isWhole`: every target is watched. */
const scenarioOf = async (
  args: WatchArguments,
): Promise<{ readonly scenario: Scenario; readonly isWhole: boolean }> => {
  const asked = parseTargets(args.target, args.tcp ?? null);
  for (const doubt of asked.map(doubtOf)) if (doubt !== null) say(doubt);
  // Behind a prefix it is the names of that place that count.
  const { targets, failed } =
    args.from === undefined ? await resolveTargets(asked) : { targets: asked, failed: [] };
  for (const line of failed) say(line);
  const every_ns = durationOf('every', args.every, SHORTEST) ?? (await usualInterval(args, targets));
  const scenario = watchScenario({
    targets,
    vantage: watchVantage(args.from ?? null),
    every_ns,
    engine: args.ping ? 'ping' : 'auto',
    label: args.label,
    delayThreshold_ns: durationOf('delay-threshold', args['delay-threshold'], SHORTEST),
  });
  return { scenario, isWhole: failed.length === 0 };
};

/** The reports of the run folder are made from what is on disk, like those of any run. */
const writeFolder = async ({ folder }: WatchEnd): Promise<string | null> => {
  if (folder === null) return null;
  // Only now: they take a third of the time that the first line would.
  const { readRun } = await import('../../store/stored-run.js');
  const { analyseRun, writeReports } = await import('../../evaluate/analyse.js');
  const { compressFinished } = await import('../run/run-scenario.js');
  await writeReports(folder.path, await analyseRun(await readRun(folder.path)));
  await compressFinished(folder.path);
  return folder.path;
};

const print = (
  end: WatchEnd,
  folder: string | null,
  watched_s: number,
  { json, utc }: Pick<WatchArguments, 'json' | 'utc'>,
): void => {
  const { streams, outages } = end.result;
  const text = json
    ? `${redactedJson(resultDocument({ trials: [], streams, outages, sessions: [] }), 2)}\n`
    : `\n${watchSummary(end.result, {
        columns: widthOf(stdout),
        color: hasColor(stdout),
        watched_s,
        zone: utc ? 'utc' : 'local',
        folder,
      })}`;
  (json ? stdout.writeDocument : stdout.write)(text);
};

const watch = async (args: WatchArguments): Promise<void> => {
  const { scenario, isWhole } = await scenarioOf(args);
  const { streams } = scenario;
  const duration_ns = durationOf('duration', args.duration, SHORTEST);
  const zone: Zone = args.utc ? 'utc' : 'local';
  const ending = watchEnding(process);
  const hint = (): string =>
    ending.signal.aborted
      ? 'waiting for the last answers (again: at once)'
      : `${process.stdin.isTTY ? 'q or ' : ''}Ctrl-C for the summary`;
  const screen = watchScreen({
    width: () => Math.max(...streams.map(({ name }) => textWidth(name))),
    zone,
    lines: args.json ? stderr : stdout,
    view: stderr,
    hint,
  });
  const started = systemClock.monotonic();
  const every = formatDuration(streams[0]?.every_ns ?? EVERY);
  const now = new Date(systemClock.wall()).toISOString();
  const what = streams.map(sayTarget).join(', ');
  const long = duration_ns === null ? '' : ` for ${formatDuration(duration_ns)}`;
  screen.tell(
    `${sayDay(now, zone)}  Watching ${what} every ${every}${long} (${sayZone(zone, now)}). ${hint()}.`,
  );
  let end: WatchEnd;
  try {
    end = await watchTargets({
      scenario,
      toolVersion: toolVersion(),
      clock: systemClock,
      out: args.out ?? null,
      duration_ns,
      signal: ending.signal,
      hurry: ending.hurry,
      listener: screen,
    });
  } finally {
    screen.done();
    ending.release();
  }
  const watched_s = (systemClock.monotonic() - started) / NS_PER_S;
  const { result, error } = end;
  const folder = await writeFolder(end);
  // Where nothing was sent there is nothing to sum up.
  if (error === null || result.streams.some(({ sent }) => sent > 0)) print(end, folder, watched_s, args);
  if (error !== null) throw error;
  if (!isWhole || result.streams.some(({ received }) => received === 0)) process.exitCode = EXIT.inconclusive;
};

/** `seqgap watch`. Exit code 0; 2 if a target never answered; 64 for a target that is none. */
export const watchCommand: CommandModule<object, WatchArguments> = {
  command: 'watch <target..>',
  describe: 'Probe until Ctrl-C and list every gap as it opens and closes; no scenario needed',
  builder: (yargs) =>
    yargs
      .positional('target', {
        type: 'string',
        array: true,
        demandOption: true,
        default: undefined,
        describe: 'HOST for ICMP, HOST:PORT for TCP',
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
      .option('out', { type: 'string', describe: 'Keep the history as a run folder below this one' })
      .option('utc', { type: 'boolean', default: false, describe: 'Say times in UTC' })
      .option('json', { type: 'boolean', default: false, describe: 'Print the records as JSON at the end' })
      .example('$0 watch 10.4.4.4', 'ICMP every 100 ms; every gap with its bounds')
      .example('$0 watch 10.4.4.4 server.example:443 [fd00::4]:22', 'New TCP connections beside it')
      .example('$0 watch 10.4.4.4 10.4.4.5 --tcp 443 --every 20ms', 'TCP to all of them, faster')
      .example("$0 watch 10.4.4.4 --from 'ip netns exec client'", 'From a network namespace')
      .example('$0 watch 10.4.4.4 --duration 10m --out results --label fw', 'Ten minutes, kept')
      .epilogue('The summary comes with q or Ctrl-C. docs/watch.md says what the lines mean.'),
  handler: watch,
};

import { createLogUpdate } from 'log-update';
import type { CommandModule } from 'yargs';
import { calibrate } from './calibrate.js';
import type { CalibrationProgress } from './calibrator.js';
import { calibrationPath, circumstances, writeCalibration } from './file.js';
import { injectionCells, planInjections, type InjectionOrder } from './injection.js';
import { MESSY_KINDS, type MessyKind } from './messy/kinds.js';
import type { Calibration } from './result.js';
import {
  calibratedStreams,
  STEADY,
  STREAM_TYPES,
  THRESHOLD,
  USUAL_TYPES,
  type CalibratedType,
} from './streams.js';
import { meetsGoals } from './statistics.js';
import { systemClock } from '../../clock.js';
import { requireLab, runCommandInLab } from '../../lab/enter.js';
import { Cutter } from '../../lab/cutter/cutter.js';
import { OUTAGE_KINDS, type CutterOutage } from '../../lab/cutter/topology.js';
import { EXIT, type ExitCode, usage } from '../../model/error.js';
import { fromMs, NS_PER_S, ns, type Nanoseconds } from '../../model/time.js';
import { parseDuration } from '../../model/duration.js';
import { redactedJson } from '../../model/json.js';
import { stderr, stdout, type Terminal, toolVersion, hasColor } from '../../terminal.js';
import { calibrateMessy, type MessyArguments } from './messy.js';
import { calibrationText } from './text.js';
import { workInside } from './messy-worker.js';
import { PROGRAM } from '../../package-folder.js';
import { hearStops } from '../../stop-signals.js';

interface CalibrateArguments {
  readonly outages: number;
  readonly lengths: string;
  /** undefined: all of the mode. */
  readonly kinds: readonly (CutterOutage | MessyKind)[] | undefined;
  readonly every: readonly string[];
  readonly streams: readonly CalibratedType[];
  readonly null: string;
  readonly stall: string;
  readonly quick: boolean;
  readonly detail: boolean;
  readonly json: boolean;
  readonly out: string | undefined;
  readonly messy: boolean;
  readonly parallel: number;
  readonly keep: string | undefined;
  readonly from: string | undefined;
  readonly inside: boolean;
}

/** What `--quick` means: a look at it in about a minute. */
const QUICK = { outages: 20, null: fromMs(5000), steady: fromMs(3000) };
/** Of each messy kind. */
const QUICK_MESSY = 4;
/** More labs than this only wait for each other. */
const MOST_LABS = 64;
const LONGEST_NULL = fromMs(24 * 3600_000);

const durations = (texts: readonly string[]): Nanoseconds[] =>
  texts
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter(Boolean)
    .map(parseDuration);

/** Those of one mode that were asked for; all of it where none was. @throws KnownError for one of the other mode. */
const kindsOf = <Kind extends string>(
  all: readonly Kind[],
  { kinds, messy }: Pick<CalibrateArguments, 'kinds' | 'messy'>,
): readonly Kind[] => {
  if (kinds === undefined) return all;
  const other = kinds.find((kind) => !(all as readonly string[]).includes(kind));
  if (other !== undefined)
    throw usage(
      `--kinds ${other} is ${messy ? 'not one of' : 'one of'} --messy`,
      `--kinds ${all.join(' ')}${messy ? '' : ', or --messy'}`,
    );
  return all.filter((kind) => (kinds as readonly string[]).includes(kind));
};

const orderOf = (args: CalibrateArguments): InjectionOrder => ({
  outages: args.quick ? Math.min(args.outages, QUICK.outages) : args.outages,
  lengths: durations([args.lengths]),
  kinds: kindsOf(OUTAGE_KINDS, args),
  longestInterval_ns: ns(Math.max(...durations(args.every))),
  threshold_ns: THRESHOLD,
});

const messyArguments = (args: CalibrateArguments): MessyArguments => {
  const { every, outages, parallel, from } = args;
  if (every.length !== 1) throw usage('--messy has one probe interval', '--every 10ms');
  if (from === undefined && outages === 0) throw usage('--outages 0 makes nothing', '--outages 300');
  if (!Number.isInteger(parallel) || parallel < 1 || parallel > MOST_LABS)
    throw usage(`--parallel ${parallel}: between 1 and ${MOST_LABS}`, '--parallel 4');
  return {
    ...args,
    kinds: kindsOf(MESSY_KINDS, args),
    outages: args.quick ? Math.min(outages, QUICK_MESSY) : outages,
    types: args.streams,
    every: every[0] as string,
  };
};

/** The one-line problems of the options, before anything is built. */
const check = (args: CalibrateArguments): void => {
  const [lengths, intervals] = [durations([args.lengths]), durations(args.every)];
  if (!Number.isInteger(args.outages) || args.outages < 0)
    throw usage(`--outages ${args.outages} is no count`, 'for example --outages 200');
  if (lengths.length === 0 || lengths.some((length) => length < fromMs(10) || length > fromMs(60_000)))
    throw usage(`--lengths ${args.lengths}: each must be between 10ms and 60s`, '--lengths 50ms,1s');
  if (intervals.length === 0 || intervals.some((every) => every < fromMs(1) || every > fromMs(1000)))
    throw usage(`--every ${args.every.join(',')}: each must be between 1ms and 1s`, '--every 10ms');
  if (args.messy) {
    messyArguments(args);
    return;
  }
  for (const [name, given] of Object.entries({ '--keep': args.keep, '--from': args.from }))
    if (given !== undefined) throw usage(`${name} is of --messy`, `--messy ${name} ${given}`);
  if (args.outages > 0 && injectionCells(orderOf(args)).length === 0)
    throw usage(
      'a queue of these lengths is released within the delay threshold of 100 ms, and makes no probe late',
      'other --kinds than arp, or longer --lengths',
    );
  if (parseDuration(args.null) > LONGEST_NULL) throw usage('--null is longer than a day', '--null 10m');
};

/** Live count and time left: one line that changes on a terminal, else a line for every tenth of the way. */
const progressOn = (
  out: Terminal,
): { readonly show: (progress: CalibrationProgress) => void; readonly clear: () => void } => {
  const text = ({ step, done, of, left_ns }: CalibrationProgress): string => {
    const minutes = Math.floor(left_ns / NS_PER_S / 60);
    const left = `${minutes}:${String(Math.floor(left_ns / NS_PER_S) % 60).padStart(2, '0')} left`;
    if (step === 'stall') return `stall of the prober · ${left}`;
    return `${step} ${done} of ${of}${step === 'null run' ? ' s' : ''} · ${left}`;
  };
  const screen = out.live(createLogUpdate);
  if (screen !== null)
    return { show: (progress) => screen.draw(text(progress)), clear: () => screen.clear() };
  let last = '';
  return {
    show: (progress) => {
      const mark = `${progress.step} ${Math.floor((10 * progress.done) / progress.of)}`;
      if (mark === last) return;
      last = mark;
      out.write(`${text(progress)}\n`);
    },
    clear: () => {},
  };
};

const interrupted = (): { readonly signal: AbortSignal; readonly release: () => void } => {
  const controller = new AbortController();
  return { signal: controller.signal, release: hearStops(() => controller.abort()) };
};

const measure = async (args: CalibrateArguments): Promise<Calibration> => {
  const { quick } = args;
  const order = orderOf(args);
  const injections = planInjections(order, Math.random);
  const { show, clear } = progressOn(stderr);
  // Until the lab is built a stop ends the process, and with it what there is of the lab.
  const cutter = await Cutter.build(systemClock);
  const { signal, release } = interrupted();
  const date_utc = new Date(systemClock.wall()).toISOString();
  try {
    const measured = await calibrate(cutter, {
      streams: calibratedStreams(args.streams, durations(args.every)),
      injections,
      null_ns: quick ? ns(Math.min(QUICK.null, parseDuration(args.null))) : parseDuration(args.null),
      stall_ns: parseDuration(args.stall),
      steady_ns: quick ? QUICK.steady : STEADY,
      clock: systemClock,
      signal,
      progress: show,
    });
    return {
      format: 1,
      ...(await circumstances(toolVersion())),
      date_utc,
      settings: {
        outages: injections.length,
        lengths_s: order.lengths.map((length) => length / NS_PER_S),
        kinds: [...order.kinds],
        delay_threshold_s: THRESHOLD / NS_PER_S,
      },
      ...measured,
    };
  } finally {
    clear();
    release();
    await cutter.close();
  }
};

const inside = async (args: CalibrateArguments): Promise<ExitCode> => {
  const calibration = await measure(args);
  // Half a calibration is kept where that was asked for, and is not what runs quote.
  const file = args.out ?? (calibration.complete ? calibrationPath() : null);
  if (file !== null) await writeCalibration(file, calibration);
  (args.json ? stdout.writeDocument : stdout.write)(
    args.json
      ? `${redactedJson(calibration, 1)}\n`
      : calibrationText(calibration, {
          columns: Math.min(100, stdout.columns ?? 100),
          color: hasColor(stdout),
          detail: args.detail,
          file,
        }),
  );
  if (!calibration.complete) return EXIT.inconclusive;
  return meetsGoals(calibration) ? EXIT.pass : EXIT.limit;
};

const insideMessy = async (args: CalibrateArguments): Promise<ExitCode> => {
  const { types, every, parallel, keep } = messyArguments(args);
  await workInside(keep ?? '.', { types, every_ns: parseDuration(every), parallel, tool: toolVersion() });
  return EXIT.pass;
};

/** `seqgap calibrate`: what this instrument is worth on this host. */
export const calibrateCommand: CommandModule<object, CalibrateArguments> = {
  builder: (yargs) =>
    yargs
      .option('outages', {
        type: 'number',
        default: 200,
        describe: 'How many to make; with --messy, of each kind',
      })
      .option('lengths', { type: 'string', default: '50ms,100ms,300ms,1s,3.4s', describe: 'Their lengths' })
      .option('kinds', {
        choices: [...OUTAGE_KINDS, ...MESSY_KINDS],
        array: true,
        describe:
          'Silent loss both ways or one way, refusal by ICMP, and a neighbour that is not resolved; with --messy from ' +
          'clean on',
      })
      .option('messy', {
        type: 'boolean',
        default: false,
        describe: 'Random loss, flapping, distance, stalls, …: --outages of each kind',
      })
      .option('parallel', {
        type: 'number',
        default: 1,
        describe: 'With --messy: labs at work at the same time',
      })
      .option('keep', {
        type: 'string',
        describe: 'With --messy: keep the recordings in this folder; make only what it does not have yet',
      })
      .option('from', {
        type: 'string',
        describe: 'With --messy: make nothing, but analyse the recordings of this folder again',
      })
      .option('every', {
        type: 'string',
        array: true,
        default: ['10ms'],
        describe: 'Probe intervals, all at the same time',
      })
      .option('streams', {
        choices: STREAM_TYPES,
        array: true,
        default: USUAL_TYPES,
        describe: 'Ways of probing; ping is the system’s, the last two are those without our own engine',
      })
      .option('null', { type: 'string', default: '60s', describe: 'First this long without any outage' })
      .option('stall', { type: 'string', default: '1s', describe: 'Stop the prober for so long; 0s: do not' })
      .option('quick', {
        type: 'boolean',
        default: false,
        describe: 'At most 20 outages, about a minute; with --messy 4 of each kind',
      })
      .option('detail', { type: 'boolean', default: false, describe: 'A line for every kind and length' })
      .option('json', { type: 'boolean', default: false, describe: 'Print the calibration file' })
      .option('out', {
        type: 'string',
        describe: 'Write it here instead of $XDG_STATE_HOME/seqgap/calibration.json, which runs quote',
      })
      .option('inside', { type: 'boolean', default: false, hidden: true })
      .example('$0 calibrate --quick', 'A first look')
      .example('$0 calibrate --null 10m', 'The whole: 200 outages, ten minutes without any')
      .example(
        '$0 calibrate --messy --outages 300 --parallel 4 --keep messy',
        'All messy kinds, an hour and a half',
      )
      .example('$0 calibrate --every 10ms --every 100ms --kinds drop', 'Two intervals side by side')
      .epilogue(
        'Needs root: it builds its own network namespaces and leaves nothing behind. Ctrl-C shows what was ' +
          'done. Exit code 1: less than 95 % of the outages inside the interval, a mean error above half an ' +
          'interval, or an outage where there was none.',
      ),
  handler: async (args) => {
    check(args);
    if (args.messy) {
      process.exitCode = args.inside ? await insideMessy(args) : await calibrateMessy(messyArguments(args));
      return;
    }
    if (args.inside) {
      process.exitCode = await inside(args);
      return;
    }
    await requireLab();
    const again = [process.execPath, PROGRAM, ...process.argv.slice(2), '--inside'];
    process.exitCode = await runCommandInLab(again, { kept: null });
  },
};

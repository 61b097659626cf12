import { cpus, hostname, loadavg, release } from 'node:os';
import type { Cutter } from '../../../lab/cutter/cutter.js';
import { detourRules, randomRules, together, DELAY_LINES } from '../../../lab/cutter/mess.js';
import type { SessionPlan } from '../../../model/plan.js';
import { PLAIN_SESSION } from '../../../model/session.js';
import { fromMs, ns, type Clock, type Nanoseconds } from '../../../model/time.js';
import { END_HOSTS } from '../../../lab/ground/topology.js';
import { Interrupted, sleep } from '../../../trial/interrupt.js';
import { Recording } from '../recording.js';
import { calibratedStreams, scenarioOf, type CalibratedType } from '../streams.js';
import type { MessyKind } from './kinds.js';
import type { RawRecording, RawTrial } from './raw.js';
import { NOTHING_UNUSUAL, SCRIPTS } from './scripts.js';
import { Stage } from './stage.js';

/** One recording to be made. */
export interface Take {
  readonly kind: MessyKind;
  /** Within its kind; picks what is the same in all of it. */
  readonly number: number;
  readonly trials: number;
}

export interface TakeOptions {
  readonly types: readonly CalibratedType[];
  readonly every_ns: Nanoseconds;
  /** Labs at work at the same time. */
  readonly parallel: number;
  readonly tool: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly random: () => number;
  /** After each trial. */
  readonly progress: () => void;
}

/** The agent has started, and its first probes and sessions are under way. */
const START_MS = 1500;
/** After something was cleared: what was on its way has come. */
const SETTLE_MS = 300;
/** From the trigger to what it does: an outage may begin at once, and need not. */
const MOST_ONSET_MS = 300;
/** The longest interval twice: the trigger comes at any phase of every stream. */
const PHASE_MS = 40;

const HELD = {
  type: 'tcp',
  from: 'client',
  host: END_HOSTS.server.v4,
  port: 7,
  family: 4,
  login: null,
  control: false,
} as const;

/** Long-lived sessions with the echo server, and new ones. */
export const messySessions: readonly SessionPlan[] = [
  { ...PLAIN_SESSION, ...HELD, name: 'held', count: 6, heartbeat_ns: fromMs(100) },
  {
    ...PLAIN_SESSION,
    ...HELD,
    name: 'new',
    count: 1,
    heartbeat_ns: fromMs(200),
    openEvery_ns: fromMs(200),
    wait_ns: fromMs(1000),
  },
];

const since = (trial: RawTrial): Nanoseconds => trial.aftercare_ns ?? trial.cut_ns;

/** Good time from here on: the last thing that was done to packets is over, or the trial. */
const cleanFrom = ({ changes, ...trial }: RawTrial): Nanoseconds =>
  changes.some(({ ended }) => ended === null)
    ? since({ changes, ...trial })
    : ns(Math.max(trial.trigger_ns, ...changes.map(({ ended }) => ended?.before_ns ?? 0)));

/**
 * Plays the trials of one recording: each has the good time since the last one as its steady time. Ends early, with the
 * trials that were done, when the signal is given.
 * @throws KnownError when the agent or the cutter fails.
 */
export const makeTake = async (cutter: Cutter, take: Take, options: TakeOptions): Promise<RawRecording> => {
  const { types, every_ns, clock, signal, parallel, tool } = options;
  const script = SCRIPTS[take.kind];
  const usual = script.usual?.(take.number) ?? NOTHING_UNUSUAL;
  const date_utc = new Date(clock.wall()).toISOString();
  const [before] = loadavg();
  const scenario = {
    ...scenarioOf(calibratedStreams(types, [every_ns]), fromMs(script.steady_ms)),
    sessions: script.sessions === true ? messySessions : [],
  };
  await cutter.change(together(randomRules(usual.loss), detourRules(usual.detour)));
  const recording = await Recording.start(scenario, clock);
  const stage = new Stage(cutter, recording, { ...options, usual });
  const trials: RawTrial[] = [];
  try {
    await Promise.race([recording.failure, playAll(stage, take, trials, options)]).catch((error: unknown) => {
      if (!(error instanceof Interrupted) && !signal.aborted) throw error;
    });
    await stage.clear();
    await recording.drain();
  } catch (error) {
    recording.kill();
    throw error;
  } finally {
    await cutter.change(together(randomRules(0), detourRules(null)));
  }
  const [after] = loadavg();
  return {
    format: 1,
    kind: take.kind,
    date_utc,
    tool,
    host: { name: hostname(), kernel: release(), cpus: cpus().length },
    load: [before ?? 0, after ?? 0],
    parallel,
    streams: [...types],
    every_ns,
    loss: usual.loss,
    distance_ns: fromMs(DELAY_LINES.find(({ name }) => name === usual.detour)?.delay_ms ?? 0),
    trials,
    ...recording.raw(),
  };
};

const playAll = async (
  stage: Stage,
  { kind, trials: count }: Take,
  trials: RawTrial[],
  { signal, progress }: TakeOptions,
): Promise<void> => {
  await sleep(START_MS, signal);
  let clean_ns = stage.now();
  for (let left = count; left > 0; left--) {
    trials.push(await playTrial(stage, kind, left === 1, clean_ns));
    clean_ns = cleanFrom(trials.at(-1) as RawTrial);
    progress();
  }
};

const playTrial = async (
  stage: Stage,
  kind: MessyKind,
  last: boolean,
  clean_ns: Nanoseconds,
): Promise<RawTrial> => {
  const { steady_ms, play } = SCRIPTS[kind];
  const from_ns = ns(clean_ns + fromMs(SETTLE_MS));
  const steady_until_ns = from_ns + fromMs(steady_ms + stage.between(0, PHASE_MS));
  await stage.wait(Math.max(0, (steady_until_ns - stage.now()) / fromMs(1)));
  const trigger_ns = stage.now();
  await stage.wait(stage.between(0, MOST_ONSET_MS));
  const { variant, hold_ms, gaveUp, aftercare } = await play(stage, last);
  const end_ns = stage.now();
  const changes = stage.taken();
  if (changes.some(({ ended }) => ended === null)) await stage.clear();
  const [first] = changes;
  return {
    variant,
    from_ns,
    trigger_ns,
    cut_ns:
      aftercare === true ? ns((first?.ended?.before_ns ?? end_ns) + fromMs(hold_ms + SETTLE_MS)) : end_ns,
    gave_up: gaveUp,
    aftercare_ns: aftercare === true ? end_ns : null,
    recovered_ns: fromMs(hold_ms),
    changes,
  };
};

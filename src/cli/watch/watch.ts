import { cpus, hostname, release } from 'node:os';
import { KnownError, messageOf } from '../../model/error.js';
import type { Scenario } from '../../model/plan.js';
import type { RunRecord } from '../../model/run.js';
import { redact } from '../../model/secret.js';
import { ns, toMs, type Clock, type Nanoseconds } from '../../model/time.js';
import { WATCH_TRIAL } from '../../evaluate/analyse-watch.js';
import { folderStamp } from '../../store/names.js';
import type { LiveSessions } from '../../probe/protocol.js';
import { createRun, type RunFolder } from '../../store/run-folder.js';
import type { TrialWriter } from '../../store/trial-writer.js';
import type { Marks } from '../../trial/marks.js';
import { drainTime, Probing } from '../../trial/probing.js';
import type { Notice } from './notice.js';
import type { TargetView } from './screen-text.js';
import type { SessionNotice } from './session-tracker.js';
import { WatchTracker, type TrackedResult } from './tracker.js';

export interface WatchListener {
  notice(notice: Notice): void;
  /** Beside the figures: what an engine says, for example. */
  note(text: string): void;
  /** Somebody set a mark; when, in RFC 3339. */
  mark(text: string, utc: string): void;
  session(notice: SessionNotice): void;
  views(targets: readonly TargetView[], sessions: readonly LiveSessions[]): void;
}

export interface WatchOptions {
  readonly scenario: Scenario;
  readonly toolVersion: string;
  readonly clock: Clock;
  /** The folder of all results; null: nothing is written. */
  readonly out: string | null;
  /** null: until `signal`. */
  readonly duration_ns: Nanoseconds | null;
  /** Ends the watch: no more probes, the answers on their way are waited for. */
  readonly signal: AbortSignal;
  /** Ends the waiting, too. */
  readonly hurry: AbortSignal;
  readonly listener: WatchListener;
  readonly marks: Marks;
  /** Called when the history has a place, or when it is known that it is not kept (null). */
  readonly begun: (folder: RunFolder | null) => Promise<void>;
}

export interface WatchEnd {
  readonly result: TrackedResult;
  readonly folder: RunFolder | null;
  /** What ended it before its time; null: a person, or the duration was over. */
  readonly error: KnownError | null;
}

const DONE = Promise.resolve();

/** Rows and events go to the tracker, and to disk where they are kept. */
const tee = (tracker: WatchTracker, kept: TrialWriter | null): TrialWriter => ({
  path: kept?.path ?? '',
  probes: (chunk) => {
    tracker.probes(chunk);
    return kept?.probes(chunk) ?? DONE;
  },
  heartbeats: (chunk) => {
    tracker.heartbeats(chunk);
    return kept?.heartbeats(chunk) ?? DONE;
  },
  event: (event) => {
    tracker.event(event);
    kept?.event(event);
  },
  close: () => kept?.close() ?? DONE,
});

const utc = (wall_ms: number): string => new Date(wall_ms).toISOString();

const openFolder = async (options: WatchOptions, started_ms: number): Promise<RunFolder | null> => {
  const { scenario, out } = options;
  if (out === null) return null;
  return createRun({
    out,
    scenarioName: scenario.name,
    version: scenario.version,
    stamp: folderStamp(started_ms),
  });
};

const recordOf = (options: WatchOptions, run: string, started_ms: number): RunRecord => ({
  format: 1,
  kind: 'watch',
  run,
  tool: { name: 'seqgap', version: options.toolVersion, node: process.versions.node },
  host: { name: hostname(), kernel: release(), cpus: cpus().length },
  self_test: null,
  calibration: null,
  version: options.scenario.version,
  labels: {},
  scenario_file: '',
  scenario: options.scenario,
  started_utc: utc(started_ms),
  ended_utc: null,
  status: 'running',
  error: null,
  restored: null,
  trials_planned: 1,
  trials_done: 0,
});

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Rejects when the vantage fails; else it never settles. */
const failureOf = async (probing: Probing): Promise<never> => {
  await aborted(probing.failed);
  throw probing.failure() ?? new Error('the vantage failed');
};

/** Until it is to end. Rejects with what makes it impossible to go on. */
const untilEnd = async (options: WatchOptions, probing: Probing): Promise<void> => {
  const { duration_ns, signal } = options;
  let timer: NodeJS.Timeout | null = null;
  const waits: Promise<unknown>[] = [aborted(signal), failureOf(probing)];
  if (duration_ns !== null)
    waits.push(
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, toMs(duration_ns));
      }),
    );
  try {
    await Promise.race(waits);
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
};

/** Probes until it is told to end. @returns what ended it early, or null. */
const probe = async (options: WatchOptions, probing: Probing): Promise<KnownError | null> => {
  const { scenario, signal, hurry } = options;
  try {
    const start = probing.start().then(() => true);
    start.catch(() => {});
    const started = await Promise.race([start, aborted(signal).then(() => false)]);
    if (!started) throw new KnownError('ended before the first probe was sent');
    await untilEnd(options, probing);
    const drain = probing.drain(drainTime(scenario.streams));
    drain.catch(() => {});
    await Promise.race([drain, failureOf(probing), aborted(hurry)]);
    return null;
  } catch (error) {
    if (error instanceof KnownError) return error;
    throw error;
  } finally {
    probing.kill();
  }
};

/**
 * Probes the targets until it is told to end, and tells every gap as it opens and closes. With `out` the history is on
 * disk as it is made, as a run folder without a trigger. Throws KnownError only where nothing can be kept; what ended
 * it early otherwise is part of its end.
 */
export const watchTargets = async (options: WatchOptions): Promise<WatchEnd> => {
  const { scenario, clock, listener } = options;
  const started_ms = clock.wall();
  const folder = await openFolder(options, started_ms);
  const record = recordOf(options, folder?.run ?? '', started_ms);
  await folder?.writeRecord(record);
  await folder?.pointLatest();
  const kept = (await folder?.openTrial(WATCH_TRIAL)) ?? null;
  const { run, version } = record;
  const tracker = new WatchTracker(
    scenario,
    { run, scenario: scenario.name, version },
    (notice) => listener.notice(notice),
    (notice) => listener.session(notice),
  );
  const origin = clock.monotonic();
  const writer = tee(tracker, kept);
  const probing = new Probing(scenario, writer, clock, origin);
  probing.onNote = (text) => listener.note(text);
  probing.onLive = () =>
    // Rows that came with this state are handed out after it, and say why there is no answer.
    queueMicrotask(() => {
      tracker.live(probing.streams(), ns(clock.monotonic() - origin), probing.sessions());
      listener.views(tracker.views(), probing.sessions());
    });
  const deaf = options.marks.into(({ text, by, uncertainty_ns, at }) => {
    writer.event({ at_ns: ns(Math.round(at - origin)), event: 'mark', text, by, uncertainty_ns });
    listener.mark(text, utc(clock.wall() - toMs(ns(clock.monotonic() - at))));
  });
  await options.begun(folder);
  // A full disk takes the record, not the watch: whoever looks on sees the outage that comes then.
  void folder?.failure.then(({ message }) =>
    listener.note(`${message}; the watch goes on, and what comes now is in no record`),
  );
  const ended = await probe(options, probing);
  deaf();
  await writer.close();
  const result = tracker.finish();
  const error = ended ?? folder?.failed() ?? null;
  const unwritten = await folder
    ?.writeRecord({
      ...record,
      ended_utc: utc(clock.wall()),
      status: error === null ? 'complete' : 'failed',
      error: error === null ? null : redact(messageOf(error)),
      trials_done: 1,
    })
    .catch((failure: unknown) => {
      if (failure instanceof KnownError) return failure;
      throw failure;
    });
  return { result, folder, error: error ?? unwritten ?? null };
};

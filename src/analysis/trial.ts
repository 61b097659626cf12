import { KnownError } from '../model/error.js';
import type { TrialEvent } from '../model/event.js';
import type { Scenario } from '../model/plan.js';
import type { HeartbeatRow, ProbeRow } from '../model/probe.js';
import type { StreamStatus, TrialStatus } from '../model/record.js';
import type {
  OpeningRow,
  OutageRow,
  PhaseRow,
  ResultTables,
  RowKey,
  SessionRow,
  StreamRow,
  TimelineRow,
  TrialRow,
} from '../model/tables.js';
import { fromMs } from '../model/time.js';
import { aftercarePhase, aftercareRows } from './aftercare.js';
import { utcClock } from './timeline/anchor.js';
import { expiryNotes } from './conntrack-expiry.js';
import { directionRows, outageRows, streamRow } from './rows.js';
import { headlineOf } from './headline.js';
import { hasSurvived, trialVerdict } from './limits.js';
import { clockNotes, phaseNotes, thresholdNotes } from './notes.js';
import { roleMove, type Change, changesOf, TtlChanges } from './timeline/timeline-changes.js';
import { beforePair_ms, pathNotes } from './path.js';
import { areSessionsHit } from './session/session-evidence.js';
import { SessionsAnalyzer, testsSessions } from './session/sessions.js';
import { type Judgement, judgePhase } from './status.js';
import { StreamAnalyzer, type StreamPhase } from './flow/stream.js';
import { explain, type SeenOutage } from './timeline/timeline.js';
import { phaseWindows, type PhaseWindow, withAftercare } from './flow/windows.js';

type Drops = Extract<TrialEvent, { event: 'socket-drops' }>;

/** A packet of a probe that was sent up to `wait` before may have been among those that were thrown away. */
const isBeside = ({ since_ns, at_ns }: Drops, { figures, plan }: StreamPhase): boolean =>
  figures.periods.some(
    ({ first_ns, last_ns }) => first_ns - plan.wait_ns <= at_ns && last_ns + plan.wait_ns >= since_ns,
  );

const packets = (count: number): string => (count === 1 ? '1 packet was' : `${count} packets were`);

/**
 * Answers that came and were thrown away before they could be read look like loss of the path: one line for each stream
 * whose sockets overflowed in the phase.
 */
const dropNotes = (events: readonly TrialEvent[], streams: readonly StreamPhase[]): string[] =>
  streams.flatMap((stream) => {
    const { name } = stream.plan;
    const { start_ns, end_ns } = stream.window;
    const own = events.filter(
      (event): event is Drops =>
        event.event === 'socket-drops' &&
        event.stream === name &&
        event.at_ns >= start_ns &&
        event.since_ns < end_ns,
    );
    const count = own.reduce((sum, { drops }) => sum + drops, 0);
    if (count === 0) return [];
    const doubt = own.some((each) => isBeside(each, stream))
      ? ", some of them while it was down: losses there may be the instrument's own"
      : ', none of them while it was down';
    return [`${name}: ${packets(count)} dropped at its own socket, whose buffer was full${doubt}`];
  });

/** The rows of one trial: one trial row per measured phase, and what a reader must know beside them. */
export interface TrialResult extends ResultTables {
  readonly notes: readonly string[];
  /** What its phases and the chain of each outage are made from (src/analysis/chain). */
  readonly seen: readonly SeenOutage[];
}

interface TrialAftercare extends Pick<TrialResult, 'streams' | 'outages' | 'sessions' | 'notes'> {
  readonly seen: readonly StreamPhase[];
}

/** What follows a measured phase. */
interface After {
  readonly aftercare: TrialAftercare;
  /** The streams while the pair was put back. */
  readonly rest: readonly StreamPhase[];
}

const NO_AFTERCARE: TrialAftercare = { seen: [], streams: [], outages: [], sessions: [], notes: [] };

/**
 * The system's ping stamps a line when it prints it and says nothing of the send itself: reply stamp - RTT is late by
 * the time between. Measured on a busy host: up to 0.8 ms, so 1 ms for each of the two stamps of a bound. Our own
 * engines stamp their sends.
 */
const PING_STAMP_ERROR = fromMs(2);

/** By how much two send stamps of the stream's engine may be off against each other (nanoseconds). */
export const stampErrorOf = (stream: string, events: readonly TrialEvent[]): number =>
  events.some((event) => event.event === 'resolved' && event.stream === stream && event.engine === 'ping')
    ? PING_STAMP_ERROR
    : 0;

/** The kernel stamps the answers of the stream when they come. */
export const hasKernelStamps = (stream: string, events: readonly TrialEvent[]): boolean =>
  events.some(
    (event) => event.event === 'resolved' && event.stream === stream && event.stamps?.received === 'kernel',
  );

/** Said when the streams have stopped. */
const AFTER_PROBING = new Set<TrialEvent['event']>(['anchor', 'session-end', 'self-test']);

export type TrialKey = Pick<RowKey, 'run' | 'scenario' | 'version' | 'trial'>;

const SESSIONS_ONLY =
  'no packet of a stream was lost: what happened shows in the sessions only, and the outage of the trial says nothing of them';

const areUnaffected = (rows: readonly StreamRow[], streams: readonly StreamPhase[]): boolean =>
  rows.every(({ status }, at) => status === 'unaffected' || streams[at]?.plan.control === true);

/**
 * One trial, from its raw history to its rows, in one pass and in flat memory: nothing is kept per probe. Events
 * must be complete before the first row is pushed; rows of one stream and flow come in the order of `seq`.
 */
export class TrialAnalyzer {
  readonly #scenario: Scenario;
  readonly #key: TrialKey;
  readonly #events: readonly TrialEvent[];
  readonly #measured: readonly PhaseWindow[];
  /** Of the measured phases, each with its aftercare behind it. */
  readonly #windows: readonly PhaseWindow[];
  readonly #streams: ReadonlyMap<string, StreamAnalyzer>;
  readonly #sessions: SessionsAnalyzer;
  readonly #ttls = new TtlChanges();
  /** Streams whose TTL an observer looks at. */
  readonly #ttlStreams: ReadonlySet<string>;
  #last: StreamAnalyzer | null = null;
  /** The last instant of the probing that rows and events tell of. */
  #until_ns: number;

  constructor(scenario: Scenario, key: TrialKey, events: readonly TrialEvent[]) {
    this.#scenario = scenario;
    this.#key = key;
    this.#events = events;
    const during = events.filter(({ event }) => !AFTER_PROBING.has(event));
    this.#until_ns = during.reduce((latest, { at_ns }) => Math.max(latest, at_ns), -Infinity);
    const { trial } = scenario;
    this.#measured = phaseWindows(events, trial.recovered_ns, trial.steady_ns, trial.giveUp_ns);
    this.#windows = withAftercare(this.#measured, events, trial.aftercare?.every_ns ?? 0);
    const settings = {
      threshold_ns: scenario.analysis.delayThreshold_ns,
      mergeGap_ns: scenario.analysis.mergeGap_ns,
      backgroundLoss: trial.backgroundLoss ?? 0,
      choices: scenario.streams.reduce((sum, { control, flows }) => sum + (control ? 0 : flows), 0),
    };
    this.#streams = new Map(
      scenario.streams.map((plan) => {
        const stampError_ns = stampErrorOf(plan.name, events);
        // The system's ping keeps its own pace.
        const windows = this.#windows.map((window) =>
          stampError_ns === 0 ? window : { ...window, paced_ns: 0 },
        );
        const beforePair_ns = fromMs(beforePair_ms(events, plan.name, trial.via ?? []));
        const kernelStamps = hasKernelStamps(plan.name, events);
        const own = { ...settings, stampError_ns, kernelStamps, beforePair_ns };
        return [plan.name, new StreamAnalyzer(plan, windows, own)];
      }),
    );
    this.#sessions = new SessionsAnalyzer(scenario.sessions, this.#windows);
    this.#ttlStreams = new Set(
      scenario.observe.flatMap(({ source }) => (source.kind === 'ttl' ? [source.stream] : [])),
    );
  }

  /** @throws KnownError for a stream that the scenario does not have. */
  probe(row: ProbeRow): void {
    if (this.#last?.plan.name !== row.stream) this.#last = this.#stream(row.stream);
    this.#last.push(row);
    if (this.#ttlStreams.size > 0 && this.#ttlStreams.has(row.stream)) this.#ttls.probe(row);
    this.#until_ns = Math.max(this.#until_ns, row.sent_ns ?? row.intended_ns);
  }

  heartbeat(row: HeartbeatRow): void {
    this.#sessions.push(row);
  }

  /** Call once, after the last row. */
  finish(): TrialResult {
    const trials: TrialRow[] = [];
    const streams: StreamRow[] = [];
    const outages: OutageRow[] = [];
    const sessions: SessionRow[] = [];
    const openings: OpeningRow[] = [];
    const timeline: TimelineRow[] = [];
    const phases: PhaseRow[] = [];
    const seen: SeenOutage[] = [];
    const notes: string[] = [];
    const changes = changesOf(this.#events, this.#scenario.observe, this.#ttls.changes());
    const finished = [...this.#streams.values()].map((stream) => stream.finish(this.#until_ns));
    const within = (index: number): StreamPhase[] => finished.flatMap((all) => all[index] ?? []);
    for (const [index, { part }] of this.#windows.entries()) {
      if (part !== 'measured') continue;
      const hasAftercare = this.#windows[index + 1]?.part === 'aftercare';
      const aftercare = hasAftercare ? this.#aftercare(index + 1, within(index + 1)) : NO_AFTERCARE;
      const rest = this.#windows[index + 2]?.part === 'rest' ? within(index + 2) : [];
      const phase = this.#phase(index, within(index), { aftercare, rest }, changes);
      trials.push(...phase.trials);
      streams.push(...phase.streams, ...aftercare.streams);
      outages.push(...phase.outages, ...aftercare.outages);
      sessions.push(...phase.sessions, ...aftercare.sessions);
      openings.push(...(phase.openings ?? []));
      timeline.push(...(phase.timeline ?? []));
      phases.push(...(phase.phases ?? []));
      seen.push(...phase.seen);
      notes.push(...phase.notes, ...aftercare.notes);
    }
    return {
      trials,
      streams,
      outages,
      sessions,
      ...(openings.length === 0 ? {} : { openings }),
      timeline,
      ...(phases.length === 0 ? {} : { phases }),
      notes: [...notes, ...clockNotes(this.#events)],
      seen,
    };
  }

  #phase(
    index: number,
    streams: readonly StreamPhase[],
    { aftercare, rest }: After,
    changes: readonly Change[],
  ): TrialResult {
    const scenario = this.#scenario;
    const events = this.#events;
    const window = this.#windows[index] as PhaseWindow;
    const key = { ...this.#key, phase: window.phase };
    const trigger = scenario.trigger.action;
    const order = this.#measured.findIndex(({ phase }) => phase === window.phase);
    const move = roleMove(events, window, this.#measured[order + 1]?.trigger_ns ?? Infinity);
    // What is told of the pair goes on beside the aftercare.
    const told = this.#measured[order] ?? window;
    const sessionsIf = (status: TrialStatus): SessionRow[] =>
      this.#sessions.finish(index, { window, status, streams }, events, { ...key, trigger });
    const openings = this.#sessions.finishOpenings(index, events, { ...key, trigger });
    const isControl = new Map(scenario.sessions.map((plan) => [plan.name, plan.control]));
    const crossingOpenings = openings.filter(({ session }) => isControl.get(session) !== true);
    const ifTested = sessionsIf('ok');
    const sessionsHit = areSessionsHit(ifTested, crossingOpenings);
    const judged = judgePhase(window, streams, move, sessionsHit);
    const rows = streams.map((stream, at) =>
      streamRow(key, trigger, stream, judged.streams[at] as Judgement<StreamStatus>, events),
    );
    const sessions = testsSessions(judged.status) ? ifTested : sessionsIf(judged.status);
    const tested = sessions.filter(({ verdict }) => verdict !== 'not-tested');
    const trial: TrialRow = {
      ...key,
      trigger,
      node: window.node,
      action: window.action,
      status: judged.status,
      ...headlineOf(
        judged.status,
        rows.filter((_, at) => streams[at]?.plan.control === false),
      ),
      sessions_total: tested.length,
      sessions_survived: tested.filter(hasSurvived).length,
      verdict: 'inconclusive',
      void_reason: judged.reason,
    };
    const utc = utcClock(events);
    const outages = streams.flatMap((stream, at) => outageRows(key, stream, utc, rest[at]));
    const verdict = trialVerdict(
      trial,
      {
        trials: [trial],
        streams: [...rows, ...aftercare.streams],
        sessions: [...sessions, ...aftercare.sessions],
      },
      scenario.limits,
    );
    const where = `trial ${this.#key.trial ?? '-'}, ${window.phase}`;
    const resumed = this.#sessions.resumptions(index, sessions);
    const ways = streams.map((stream, at) =>
      directionRows(key, trigger, stream, judged.streams[at] as Judgement<StreamStatus>, events),
    );
    return {
      trials: [{ ...trial, verdict }],
      streams: rows.flatMap((row, at) => [row, ...(ways[at] ?? [])]),
      outages,
      sessions,
      openings,
      ...explain({
        scenario,
        window: told,
        events,
        changes,
        streams,
        aftercare: aftercare.seen,
        trial,
        resumed,
        openings,
        utc,
      }),
      notes: [
        ...thresholdNotes(streams),
        ...[...streams, ...rest].flatMap((stream) =>
          phaseNotes([stream], scenario.analysis.mergeGap_ns).map((note) => `${where}: ${note}`),
        ),
        ...[
          ...(sessionsHit && areUnaffected(rows, streams) ? [SESSIONS_ONLY] : []),
          ...dropNotes(events, streams),
          ...expiryNotes(scenario, events, streams),
          ...pathNotes(events, window, scenario.trial.via ?? []),
        ].map((note) => `${where}: ${note}`),
      ],
    };
  }

  #aftercare(index: number, streams: readonly StreamPhase[]): TrialAftercare {
    const scenario = this.#scenario;
    const events = this.#events;
    const window = this.#windows[index] as PhaseWindow;
    const phase = aftercarePhase(window);
    const key = { ...this.#key, phase };
    const trigger = scenario.trigger.action;
    const { trigger_ns } = this.#windows[index - 1] as PhaseWindow;
    const sessions = this.#sessions.finish(index, { window, status: 'ok', streams }, events, {
      ...key,
      trigger,
    });
    const where = `trial ${this.#key.trial ?? '-'}, ${phase}`;
    return {
      seen: streams,
      ...aftercareRows(key, trigger, streams, { window, trigger_ns }, events, utcClock(events)),
      sessions,
      notes: [
        ...phaseNotes(streams, scenario.analysis.mergeGap_ns),
        ...dropNotes(events, streams),
        ...expiryNotes(scenario, events, streams),
      ].map((note) => `${where}: ${note}`),
    };
  }

  #stream(name: string): StreamAnalyzer {
    const stream = this.#streams.get(name);
    if (stream === undefined)
      throw new KnownError(`probes.csv: stream ${name} is not in the scenario of the run`, {
        remedy: 'analyse the history together with the run.json it was recorded with',
      });
    return stream;
  }
}

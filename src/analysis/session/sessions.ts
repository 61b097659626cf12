import type { TrialEvent } from '../../model/event.js';
import type { SessionPlan } from '../../model/plan.js';
import type { HeartbeatRow } from '../../model/probe.js';
import type { TrialStatus } from '../../model/record.js';
import type { OpeningRow, SessionRow } from '../../model/tables.js';
import { ageOf, connectionsOf } from '../../model/session.js';
import { fromMs, NS_PER_S, ns, toMs } from '../../model/time.js';
import { formatDuration } from '../../model/duration.js';
import type { LossPeriod } from '../flow/gaps.js';
import { OpeningsAnalyzer } from './openings.js';
import { type SessionStory, type SessionTest, judgeSession, SessionWindow } from './session-verdict.js';
import { type StreamPhase, worstOf } from '../flow/stream.js';
import type { PhaseWindow } from '../flow/windows.js';
import { groupBy } from '../../model/group-by.js';

/** A phase as sessions need it. */
export interface TestedPhase {
  readonly window: PhaseWindow;
  readonly status: TrialStatus;
  readonly streams: readonly StreamPhase[];
}

/** Segments of a download follow each other closely. */
const DOWNLOAD_PACE_NS = fromMs(100);

const keyOf = (session: string, connection: number): string => `${session}#${connection}`;

type SessionEvent = Extract<TrialEvent, { session: string }>;

/** Events by connection: with thousands of them, a search for each would take longer than everything else. */
const bySession = (events: readonly TrialEvent[]): ReadonlyMap<string, readonly SessionEvent[]> => {
  const told = events.filter((event) => 'session' in event);
  return groupBy(told, ({ session, connection }) => keyOf(session, connection));
};

/** The next segment of a speaker that waits for an answer is long in coming; a download always has one. */
const paceOf = ({ type, mode, heartbeat_ns }: SessionPlan): number => {
  if (type !== 'http') return heartbeat_ns;
  return mode === 'download' ? DOWNLOAD_PACE_NS : Infinity;
};

const storyOf = (
  plan: SessionPlan,
  connection: number,
  events: readonly SessionEvent[],
): SessionStory & { bytes: number } => {
  const story = {
    opened_ns: null as number | null,
    took_ns: null as number | null,
    end: null as SessionStory['end'],
    closed_ns: null as number | null,
    inOrder: true,
    rto_ns: null as number | null,
    bytes: 0,
    during: ageOf(plan, connection) === 'during',
    every_ns: paceOf(plan),
    control: plan.control,
  };
  for (const event of events) {
    switch (event.event) {
      case 'session-open':
        story.opened_ns = event.at_ns;
        story.took_ns = event.took_ms === undefined ? null : fromMs(event.took_ms);
        break;
      case 'session-error':
        story.end ??= { at_ns: event.at_ns, ending: event.ending, detail: event.detail };
        break;
      case 'session-end':
        story.closed_ns = event.at_ns;
        story.inOrder = event.in_order;
        story.rto_ns = event.rto_ms === null ? null : fromMs(event.rto_ms);
        story.bytes = event.bytes;
        break;
    }
  }
  return story;
};

/** Streams whose outage stands for the session's: same vantage, not a control, the same host if there is one. */
const matching = (plan: SessionPlan, streams: readonly StreamPhase[]): readonly StreamPhase[] => {
  const near = streams.filter(({ plan: stream }) => !stream.control && stream.from === plan.from);
  const same = near.filter(({ plan: stream }) => stream.host === plan.host);
  return same.length > 0 ? same : near;
};

const lengthOf = ({ first_ns, last_ns, after_ns }: LossPeriod): number => (after_ns ?? last_ns) - first_ns;

/** Sessions have the same verdicts in every phase of which this is true. */
export const testsSessions = (status: TrialStatus): boolean =>
  status !== 'no-failover-detected' && status !== 'down-at-start' && status !== 'void';

const testOf = (plan: SessionPlan, { status, streams }: TestedPhase): SessionTest => {
  const untested = testsSessions(status) ? null : `the trial is ${status}`;
  const near = matching(plan, streams);
  // A new connection sends its SYN again at its own times: only single packets tell when the path was back.
  const stateless = near.filter(({ plan: stream }) => stream.type !== 'tcp');
  const worst = stateless[worstOf(stateless.map(({ figures }) => figures))] ?? null;
  const crossing = streams.filter(({ plan: stream }) => !stream.control);
  const longest = near
    .flatMap(({ figures }) => figures.impaired)
    .reduce<LossPeriod | null>(
      (so_far, each) => (so_far === null || lengthOf(each) > lengthOf(so_far) ? each : so_far),
      null,
    );
  const isHit = ({ figures }: StreamPhase): boolean => figures.impaired.length > 0;
  return {
    untested,
    spared:
      near.some(({ plan: stream }) => stream.host === plan.host) && !near.some(isHit) && crossing.some(isHit),
    hitUntil_ns: longest === null ? null : longest.after_ns === null ? longest.first_ns : longest.last_ns,
    outageEnd:
      worst === null
        ? null
        : (until_ns) => {
            const period = worst.figures.impaired.findLast(({ first_ns }) => first_ns <= until_ns);
            if (period === undefined || period.after_ns === null) return null;
            const jitter_ns = worst.worst.baseline.jitter_ns();
            return {
              lo_ns: period.last_ns - jitter_ns,
              hi_ns: period.after_ns + period.afterExcess_ns + jitter_ns,
            };
          },
  };
};

/** What is the same in every row of a phase. */
type PhaseKey = Pick<SessionRow, 'run' | 'scenario' | 'version' | 'trial' | 'phase' | 'trigger'>;

/** All sessions of a trial: heartbeats are taken in as they come, verdicts are given at the end. */
export class SessionsAnalyzer {
  readonly #plans: readonly SessionPlan[];
  readonly #windows: ReadonlyMap<string, readonly SessionWindow[]>;
  readonly #openings: readonly OpeningsAnalyzer[];
  #last_ns = -Infinity;

  constructor(plans: readonly SessionPlan[], windows: readonly PhaseWindow[]) {
    this.#plans = plans;
    this.#openings = plans
      .filter(({ openEvery_ns }) => openEvery_ns !== null)
      .map((plan) => new OpeningsAnalyzer(plan, windows));
    const connections = plans.flatMap((plan) =>
      Array.from({ length: connectionsOf(plan) }, (_, index) => keyOf(plan.name, index + 1)),
    );
    this.#windows = new Map(
      connections.map((key) => [key, windows.map((window) => new SessionWindow(window))]),
    );
  }

  push(row: HeartbeatRow): void {
    this.#last_ns = Math.max(this.#last_ns, row.sent_ns, row.echoed_ns ?? -Infinity);
    for (const openings of this.#openings) openings.push(row);
    for (const own of this.#windows.get(keyOf(row.session, row.connection)) ?? []) own.push(row);
  }

  /** Rows of one phase, by session and connection. `index` is that of its window. */
  finish(index: number, phase: TestedPhase, events: readonly TrialEvent[], row: PhaseKey): SessionRow[] {
    const until_ns = events.reduce((latest, { at_ns }) => Math.max(latest, at_ns), this.#last_ns);
    const byConnection = bySession(events);
    return this.#plans.flatMap((plan) => {
      const test = testOf(plan, phase);
      return Array.from({ length: connectionsOf(plan) }, (_, offset): SessionRow => {
        const session = keyOf(plan.name, offset + 1);
        const own = (this.#windows.get(session) ?? [])[index] as SessionWindow;
        const story = storyOf(plan, offset + 1, byConnection.get(session) ?? []);
        const age = ageOf(plan, offset + 1);
        const { verdict, stall_ns, predicted_ns, error } = judgeSession(story, own, test, until_ns);
        const age_ns = story.opened_ns === null ? null : own.window.trigger_ns - story.opened_ns;
        return {
          ...row,
          session,
          kind: plan.type,
          age_s: age_ns === null || age_ns < 0 || age_ns === Infinity ? null : age_ns / NS_PER_S,
          verdict,
          stall_s: stall_ns === null ? null : stall_ns / NS_PER_S,
          stall_predicted_s: predicted_ns === null ? null : predicted_ns / NS_PER_S,
          excess_s: stall_ns === null || predicted_ns === null ? null : (stall_ns - predicted_ns) / NS_PER_S,
          bytes: story.bytes,
          who_spoke_first: verdict === 'not-tested' || own.sentAfter === 0 ? null : plan.speaksFirst,
          error,
          stratum: age === null || age === 'during' ? age : formatDuration(age),
          rto_ms: story.rto_ns === null ? null : toMs(ns(story.rto_ns)),
        };
      });
    });
  }

  /**
   * When sessions that were open at the trigger and stalled had the answer that ended it, by entry.
   *
   * @param rows what `finish` gave for the same window
   */
  resumptions(index: number, rows: readonly SessionRow[]): ReadonlyMap<string, readonly number[]> {
    const found = new Map<string, number[]>();
    for (const { session, stratum, stall_s } of rows) {
      const worst = this.#windows.get(session)?.[index]?.worst;
      if (worst === null || worst === undefined || (stall_s ?? 0) === 0 || stratum === 'during') continue;
      const entry = session.slice(0, session.lastIndexOf('#'));
      const instants = found.get(entry) ?? [];
      found.set(entry, instants);
      instants.push(worst.echoed_ns);
    }
    return found;
  }

  /** As `finish`, of the entries that open new sessions. */
  finishOpenings(index: number, events: readonly TrialEvent[], row: PhaseKey): OpeningRow[] {
    return this.#openings.map((openings) => ({ ...row, ...openings.finish(index, events) }));
  }
}

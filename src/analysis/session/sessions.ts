import type { TrialEvent } from '../../model/event.js';
import type { SessionPlan } from '../../model/plan.js';
import type { HeartbeatRow } from '../../model/probe.js';
import type { TrialStatus } from '../../model/record.js';
import type { OpeningRow, SessionRow, RowKey } from '../../model/tables.js';
import { ageOf, connectionsOf } from '../../model/session.js';
import { fromMs, NS_PER_S, ns, toMs } from '../../model/time.js';
import { formatDuration } from '../../model/duration.js';
import type { LossPeriod } from '../flow/gaps.js';
import { type SessionStory, type SessionTest, judgeSession, SessionWindow } from './session-verdict.js';
import { type StreamPhase, worstOf } from '../flow/stream.js';
import type { PhaseWindow } from '../flow/windows.js';
import { groupBy } from '../../model/group-by.js';
import { DurationHistogram } from '../statistics/quantile.js';

/** As with stalls of sessions: up to this, or three times the usual, an exchange is an ordinary one. */
const LEAST_HIT_NS = fromMs(50);

interface Attempt {
  readonly connection: number;
  readonly begun_ns: number;
  /** null: it failed. */
  readonly done_ns: number | null;
}

interface Phase {
  readonly window: PhaseWindow;
  readonly usual: DurationHistogram;
  /** Begun after the trigger; kept, since one that is begun later may be done sooner. */
  readonly attempts: Attempt[];
}

type Figures = Omit<OpeningRow, keyof RowKey | 'trigger'>;

/** When do new sessions work again? From the attempts of one entry, rows in any order. */
class OpeningsAnalyzer {
  readonly #plan: SessionPlan;
  readonly #phases: readonly Phase[];

  constructor(plan: SessionPlan, windows: readonly PhaseWindow[]) {
    this.#plan = plan;
    this.#phases = windows.map((window) => ({ window, usual: new DurationHistogram(), attempts: [] }));
  }

  push({ session, connection, sent_ns, echoed_ns }: HeartbeatRow): void {
    if (session !== this.#plan.name) return;
    for (const { window, usual, attempts } of this.#phases) {
      if (sent_ns >= window.end_ns || sent_ns < Math.min(window.baselineFrom_ns, window.start_ns)) continue;
      if (sent_ns >= window.trigger_ns) attempts.push({ connection, begun_ns: sent_ns, done_ns: echoed_ns });
      else if (echoed_ns !== null && echoed_ns < window.trigger_ns) usual.add(echoed_ns - sent_ns);
    }
  }

  /** @param index of the phase's window */
  finish(index: number, events: readonly TrialEvent[]): Figures {
    const { window, usual, attempts } = this.#phases[index] as Phase;
    const usual_ns = usual.median();
    const hole = worstHole(attempts, Math.max(LEAST_HIT_NS, 3 * (usual_ns ?? 0)));
    const failed = new Set(
      attempts.filter(({ done_ns }) => done_ns === null).map(({ connection }) => connection),
    );
    const errors = errorsOf(this.#plan.name, failed, events);
    const since = (at_ns: number | undefined): number | null =>
      at_ns === undefined || at_ns === Infinity ? null : (at_ns - window.trigger_ns) / NS_PER_S;
    return {
      session: this.#plan.name,
      kind: this.#plan.type,
      attempts: attempts.length,
      failed: failed.size,
      no_data: errors.noData,
      usual_ms: usual_ns === null ? null : toMs(ns(usual_ns)),
      first_hit_s: since(hole?.from_ns),
      works_again_s: since(hole?.to_ns),
      error: errors.text,
    };
  }
}

interface Hole {
  readonly from_ns: number;
  /** Infinity: no attempt worked any more. */
  readonly to_ns: number;
}

/**
 * From the first attempt in a row that failed or took long to the first full exchange of one that was begun then or
 * later, which need not be the first. Of several the longest: a single slow exchange is not the failover.
 */
const worstHole = (attempts: readonly Attempt[], ordinary_ns: number): Hole | null => {
  const inOrder = attempts.toSorted((a, b) => a.begun_ns - b.begun_ns);
  let worst: Hole | null = null;
  let isHole = false;
  for (const [index, { begun_ns, done_ns }] of inOrder.entries()) {
    const isHit = done_ns === null || done_ns - begun_ns > ordinary_ns;
    if (isHit && !isHole) {
      const to_ns = inOrder
        .slice(index)
        .reduce((first, each) => Math.min(first, each.done_ns ?? Infinity), Infinity);
      if (worst === null || to_ns - begun_ns > worst.to_ns - worst.from_ns)
        worst = { from_ns: begun_ns, to_ns };
    }
    isHole = isHit;
  }
  return worst;
};

/** Why attempts failed: `3 x no data: …; 1 x ECONNREFUSED`. */
const errorsOf = (
  name: string,
  failed: ReadonlySet<number>,
  events: readonly TrialEvent[],
): { readonly noData: number; readonly text: string | null } => {
  const counts = new Map<string, number>();
  let noData = 0;
  for (const event of events) {
    if (event.event !== 'session-error' || event.session !== name || !failed.has(event.connection)) continue;
    counts.set(event.detail, (counts.get(event.detail) ?? 0) + 1);
    if (event.ending === 'no-data') noData += 1;
  }
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a);
  return {
    noData,
    text: sorted.length === 0 ? null : sorted.map(([detail, count]) => `${count} x ${detail}`).join('; '),
  };
};

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
export const matching = (plan: SessionPlan, streams: readonly StreamPhase[]): readonly StreamPhase[] => {
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

  /** Since when a session has not been answered: when its first heartbeat without an echo was sent; null: all had theirs. */
  silentSince(index: number, session: string): number | null {
    return this.#windows.get(session)?.[index]?.silentSince_ns ?? null;
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

import type { TrialEvent } from '../../model/event.js';
import type { SessionPlan } from '../../model/plan.js';
import type { HeartbeatRow } from '../../model/probe.js';
import type { RowKey, SessionRow } from '../../model/tables.js';
import { NS_PER_S } from '../../model/time.js';
import { sayUtc } from '../words/when.js';
import type { StreamPhase } from '../flow/stream.js';
import { UNTRIGGERED } from '../flow/windows.js';
import { matching, SessionsAnalyzer, type TestedPhase } from './sessions.js';

/** What became of a session over the whole watch. */
export interface WatchedSession {
  readonly row: SessionRow;
  /** It was there to be tested. */
  readonly hasOpened: boolean;
  /** Outages of its path while it was open. */
  readonly outages: number;
  /** null: it lives, or never was. */
  readonly end: SessionEnd | null;
}

/** Where a session broke, or fell silent for good. */
export interface SessionEnd {
  /** RFC 3339; null: nobody can tell. */
  readonly utc: string | null;
  readonly detail: string;
  /** The outage that it ended in, or after, from 1; 0: before the first. */
  readonly outage: number;
  /** How long after that outage; null: in it, or before the first. */
  readonly after_s: number | null;
  /** Of the whole watch. */
  readonly outages: number;
}

/** From so many exchanges is known what is usual. */
const BASELINE_BEATS = 5;

type SessionEvent<Kind extends TrialEvent['event']> = Extract<TrialEvent, { event: Kind }>;

/** What is told of one connection. */
const eventOf = <Kind extends 'session-open' | 'session-error'>(
  events: readonly TrialEvent[],
  kind: Kind,
  plan: SessionPlan,
): SessionEvent<Kind> | null =>
  events.find((event): event is SessionEvent<Kind> => event.event === kind && event.session === plan.name) ??
  null;

/**
 * What stands for the trigger of a watch: the first outage since the session is open, or its own end; without either, the end of the
 * first exchanges, after which a stall is one.
 */
const beginOf = (
  plan: SessionPlan,
  streams: readonly StreamPhase[],
  opened_ns: number,
  broken_ns: number,
): number => {
  const outages = streams.flatMap(({ figures }) => figures.impaired.map(({ first_ns }) => first_ns));
  const first = Math.min(broken_ns, ...outages.filter((at) => at >= opened_ns));
  return first === Infinity ? opened_ns + BASELINE_BEATS * plan.heartbeat_ns : first;
};

interface Outage {
  readonly from_ns: number;
  /** Infinity: it goes on. */
  readonly to_ns: number;
}

/** Each once, whichever of the streams saw it, from the last good probe before it to the first after it. */
const outagesOf = (streams: readonly StreamPhase[]): readonly Outage[] => {
  const seen = streams
    .flatMap(({ figures }) => figures.impaired)
    .map(({ before_ns, first_ns, after_ns }) => ({
      from_ns: before_ns ?? first_ns,
      to_ns: after_ns ?? Infinity,
    }))
    .toSorted((a, b) => a.from_ns - b.from_ns);
  const outages: Outage[] = [];
  for (const each of seen) {
    const last = outages.at(-1);
    if (last === undefined || each.from_ns >= last.to_ns) outages.push(each);
    else outages.splice(-1, 1, { ...last, to_ns: Math.max(last.to_ns, each.to_ns) });
  }
  return outages;
};

/** What was sent so long before an outage may have been lost in it. */
const ON_ITS_WAY_NS = NS_PER_S;

/** Only an outage, or a stall, says anything of a session that lives. */
const UNTESTED = {
  verdict: 'not-tested',
  stall_s: null,
  stall_predicted_s: null,
  excess_s: null,
  error: 'no outage while it was watched',
} as const;

/** One connection, with a trigger of its own. */
class WatchedConnection {
  readonly #plan: SessionPlan;
  readonly #streams: readonly StreamPhase[];
  readonly #analyzer: SessionsAnalyzer;
  readonly #phase: TestedPhase;
  readonly #opened: SessionEvent<'session-open'> | null;
  readonly #error: SessionEvent<'session-error'> | null;

  constructor(plan: SessionPlan, streams: readonly StreamPhase[], events: readonly TrialEvent[]) {
    this.#plan = plan;
    this.#streams = streams;
    this.#opened = eventOf(events, 'session-open', plan);
    this.#error = eventOf(events, 'session-error', plan);
    const broken_ns = this.#opened === null ? Infinity : (this.#error?.at_ns ?? Infinity);
    const trigger_ns = beginOf(plan, streams, this.#opened?.at_ns ?? 0, broken_ns);
    const window = { ...UNTRIGGERED, trigger_ns };
    this.#analyzer = new SessionsAnalyzer([plan], [window]);
    this.#phase = { window, status: 'ok', streams };
  }

  push(row: HeartbeatRow): void {
    this.#analyzer.push(row);
  }

  finish(
    events: readonly TrialEvent[],
    key: RowKey,
    utc: (vantage: string, at_ns: number) => string | null,
  ): WatchedSession[] {
    const outages = outagesOf(matching(this.#plan, this.#streams));
    const opened_ns = this.#opened?.at_ns ?? Infinity;
    const hasOpened = this.#opened !== null;
    const isHit = this.#streams.some(({ figures }) => figures.impaired.length > 0);
    const met = outages.filter(({ to_ns }) => to_ns > opened_ns).length;
    return this.#analyzer.finish(0, this.#phase, events, { ...key, trigger: null }).map((row) => {
      const isQuiet = row.verdict === 'not-tested' || (row.verdict === 'survived' && row.stall_s === 0);
      if (!isHit && isQuiet && this.#error === null && hasOpened)
        return { row: { ...row, ...UNTESTED }, hasOpened, outages: met, end: null };
      const end = this.#endOf(row, outages, utc);
      const when = end?.utc ?? null;
      return {
        row: end === null || when === null ? row : { ...row, error: `${end.detail}, at ${sayUtc(when)}` },
        hasOpened,
        outages: met,
        end,
      };
    });
  }

  /** An RST may come long after the outage that cost the session its place: it fell when it was no longer answered. */
  #endOf(
    { session, verdict, error }: SessionRow,
    outages: readonly Outage[],
    utc: (vantage: string, at_ns: number) => string | null,
  ): SessionEnd | null {
    if (verdict === 'not-tested' || verdict === 'survived' || verdict === 'survived-late') return null;
    const silent_ns = this.#analyzer.silentSince(0, session);
    const at_ns = this.#error?.at_ns ?? silent_ns;
    if (at_ns === null) return null;
    const fell_ns = Math.min(at_ns, silent_ns ?? Infinity);
    const until_ns = Math.min(fell_ns + ON_ITS_WAY_NS, this.#error?.at_ns ?? Infinity);
    const outage = outages.filter(({ from_ns }) => from_ns <= until_ns).length;
    const over_ns = outages[outage - 1]?.to_ns ?? Infinity;
    return {
      utc: utc(this.#plan.from, at_ns),
      detail: error ?? verdict,
      outage,
      after_s: fell_ns > over_ns ? (fell_ns - over_ns) / NS_PER_S : null,
      outages: outages.length,
    };
  }
}

/**
 * The sessions of a watch: one verdict for each, over the whole of it. Heartbeats in any order, flat memory. A session that went
 * through several outages is told by its longest stall, or by its end.
 */
export class WatchSessions {
  readonly #connections: readonly WatchedConnection[];
  readonly #events: readonly TrialEvent[];
  readonly #key: RowKey;
  readonly #utc: (vantage: string, at_ns: number) => string | null;

  /** @param streams and `events` of the whole watch */
  constructor(
    plans: readonly SessionPlan[],
    streams: readonly StreamPhase[],
    events: readonly TrialEvent[],
    key: RowKey,
    utc: (vantage: string, at_ns: number) => string | null,
  ) {
    this.#key = key;
    this.#utc = utc;
    this.#connections = plans.map((plan) => new WatchedConnection(plan, streams, events));
    this.#events = events;
  }

  push(row: HeartbeatRow): void {
    for (const each of this.#connections) each.push(row);
  }

  /** Call once, after the last row. */
  finish(): WatchedSession[] {
    return this.#connections.flatMap((each) => each.finish(this.#events, this.#key, this.#utc));
  }
}

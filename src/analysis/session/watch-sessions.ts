import type { TrialEvent } from '../../model/event.js';
import type { SessionPlan } from '../../model/plan.js';
import type { HeartbeatRow } from '../../model/probe.js';
import type { RowKey, SessionRow } from '../../model/tables.js';
import type { StreamPhase } from '../flow/stream.js';
import { UNTRIGGERED } from '../flow/windows.js';
import { SessionsAnalyzer, type TestedPhase } from './sessions.js';

/** From so many exchanges is known what is usual. */
const BASELINE_BEATS = 5;

/**
 * What stands for the trigger of a watch: the first outage, or the first session that broke; without either, the end of the first
 * exchanges, after which a stall is one.
 */
const beginOf = (
  plans: readonly SessionPlan[],
  streams: readonly StreamPhase[],
  events: readonly TrialEvent[],
): number => {
  const opened = events.filter((event) => event.event === 'session-open');
  const isOpen = (session: string, connection: number): boolean =>
    opened.some((event) => event.session === session && event.connection === connection);
  const broken = events.flatMap((event) =>
    event.event === 'session-error' && isOpen(event.session, event.connection) ? [event.at_ns] : [],
  );
  const outages = streams.flatMap(({ figures }) => figures.impaired.map(({ first_ns }) => first_ns));
  const first = Math.min(...broken, ...outages);
  if (first !== Infinity) return first;
  const beat_ns = Math.max(0, ...plans.map(({ heartbeat_ns }) => heartbeat_ns));
  return Math.max(0, ...opened.map(({ at_ns }) => at_ns)) + BASELINE_BEATS * beat_ns;
};

/** Only an outage, or a stall, says anything of a session that lives. */
const UNTESTED = {
  verdict: 'not-tested',
  stall_s: null,
  stall_predicted_s: null,
  excess_s: null,
  error: 'no outage while it was watched',
} as const;

/**
 * The sessions of a watch: a row for each connection, over the whole of it. Heartbeats in any order, flat memory. A session that
 * went through several outages is told by its longest stall, or by its end.
 */
export class WatchSessions {
  readonly #analyzer: SessionsAnalyzer;
  readonly #phase: TestedPhase;
  readonly #events: readonly TrialEvent[];
  readonly #key: RowKey;
  readonly #utc: (vantage: string, at_ns: number) => string | null;
  readonly #plans: readonly SessionPlan[];

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
    this.#plans = plans;
    const window = { ...UNTRIGGERED, trigger_ns: beginOf(plans, streams, events) };
    this.#analyzer = new SessionsAnalyzer(plans, [window]);
    this.#phase = { window, status: 'ok', streams };
    this.#events = events;
  }

  push(row: HeartbeatRow): void {
    this.#analyzer.push(row);
  }

  /** It was there to be tested. */
  hasOpened({ session }: Pick<SessionRow, 'session'>): boolean {
    return this.#events.some(
      (event) => event.event === 'session-open' && `${event.session}#${event.connection}` === session,
    );
  }

  /** Call once, after the last row. */
  finish(): SessionRow[] {
    const isHit = this.#phase.streams.some(({ figures }) => figures.impaired.length > 0);
    return this.#analyzer.finish(0, this.#phase, this.#events, { ...this.#key, trigger: null }).map((row) => {
      const end = this.#endOf(row);
      const isQuiet = row.verdict === 'not-tested' || (row.verdict === 'survived' && row.stall_s === 0);
      if (!isHit && isQuiet && end === null && this.hasOpened(row)) return { ...row, ...UNTESTED };
      const when = row.verdict === 'not-tested' || end === null ? null : this.#timeOf(row, end.at_ns);
      return row.error === null || when === null ? row : { ...row, error: `${row.error}, at ${when}` };
    });
  }

  #endOf({ session }: SessionRow): Extract<TrialEvent, { event: 'session-error' }> | null {
    return (
      this.#events
        .filter((event) => event.event === 'session-error')
        .find((event) => `${event.session}#${event.connection}` === session) ?? null
    );
  }

  /** `21:04:15 UTC`: a night is long, and an end may have nothing to do with an outage. */
  #timeOf({ session }: SessionRow, at_ns: number): string | null {
    const plan = this.#plans.find(({ name }) => session.startsWith(`${name}#`));
    const utc = plan === undefined ? null : this.#utc(plan.from, at_ns);
    return utc === null ? null : `${utc.slice(11, 19)} UTC`;
  }
}

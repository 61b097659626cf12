import { saySeconds } from '../../analysis/words/format.js';
import type { SessionEnding, TrialEvent } from '../../model/event.js';
import type { SessionPlan } from '../../model/plan.js';
import type { HeartbeatRow } from '../../model/probe.js';
import { NS_PER_S } from '../../model/time.js';
import type { LiveSessions } from '../../probe/protocol.js';

/** What is worth a line of its own of a session. */
export interface SessionNotice {
  readonly name: string;
  /** RFC 3339; null: nobody can tell. */
  readonly utc: string | null;
  readonly isGood: boolean;
  readonly words: string;
}

/** A single segment lost at random costs less (RFC 6298). */
const LONG_NS = NS_PER_S;

/** It was none from the beginning. */
const UNOPENED = new Set<SessionEnding>(['refused-open', 'other-protocol', 'no-data']);

interface Following {
  readonly plan: SessionPlan;
  stalled: boolean;
  /** Echoes of before this were held by the same stall. */
  told_ns: number;
}

/** Follows the sessions of a watch as it goes: that they opened, stalled, went on, broke. */
export class SessionTracker {
  readonly #following: ReadonlyMap<string, Following>;
  readonly #utc: (vantage: string, at_ns: number) => string | null;
  readonly #tell: (notice: SessionNotice) => void;

  constructor(
    plans: readonly SessionPlan[],
    utc: (vantage: string, at_ns: number) => string | null,
    tell: (notice: SessionNotice) => void,
  ) {
    this.#following = new Map(plans.map((plan) => [plan.name, { plan, stalled: false, told_ns: -Infinity }]));
    this.#utc = utc;
    this.#tell = tell;
  }

  event(event: TrialEvent): void {
    if (event.event === 'session-open') this.#notice(event.session, event.at_ns, true, 'session is open');
    if (event.event === 'session-error')
      this.#notice(
        event.session,
        event.at_ns,
        false,
        `session ${UNOPENED.has(event.ending) ? 'not opened' : 'ended'}: ${event.detail}`,
      );
  }

  heartbeat({ session, sent_ns, echoed_ns }: HeartbeatRow): void {
    const following = this.#following.get(session);
    if (following === undefined || echoed_ns === null || sent_ns < following.told_ns) return;
    if (echoed_ns - sent_ns < LONG_NS) return;
    following.told_ns = echoed_ns;
    const stall = saySeconds((echoed_ns - sent_ns) / NS_PER_S);
    this.#notice(session, sent_ns, true, `session goes on: it stalled for ${stall}`);
  }

  live(sessions: readonly LiveSessions[], now_ns: number): void {
    for (const { name, stalled } of sessions) {
      const following = this.#following.get(name);
      if (following === undefined || following.stalled === stalled > 0) continue;
      following.stalled = stalled > 0;
      if (stalled > 0) this.#notice(name, now_ns, false, 'session is silent');
    }
  }

  #notice(name: string, at_ns: number, isGood: boolean, words: string): void {
    const plan = this.#following.get(name)?.plan;
    if (plan !== undefined) this.#tell({ name, utc: this.#utc(plan.from, at_ns), isGood, words });
  }
}

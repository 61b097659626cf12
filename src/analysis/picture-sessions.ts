import type { HeartbeatRow } from '../model/probe.js';
import type { SessionPlan } from '../model/plan.js';
import { NS_PER_S } from '../model/time.js';

/** What one connection's heartbeats look like on the trial's clock. */
export interface SessionPicture {
  /** Scenario entry and connection number, as in `echo#12`. */
  readonly session: string;
  /** First heartbeat sent, last one echoed (null: none was). */
  readonly from_s: number;
  readonly heard_s: number | null;
  /** From a heartbeat whose echo took far longer than usual, to that echo; null: it never came. */
  readonly waits: readonly (readonly [from_s: number, to_s: number | null])[];
}

/** An echo that takes longer than so many heartbeats, and longer than this, is drawn as a wait. */
const MANY_BEATS = 3;
const LONG_NS = 0.5e9;
/** Of one connection; more become one. */
const MOST_WAITS = 40;

interface Wait {
  from_ns: number;
  to_ns: number;
}

interface Connection {
  readonly limit_ns: number;
  from_ns: number;
  heard_ns: number;
  readonly waits: Wait[];
}

const note = (connection: Connection, { sent_ns, echoed_ns }: HeartbeatRow): void => {
  const to_ns = echoed_ns ?? Infinity;
  if (to_ns - sent_ns <= connection.limit_ns) return;
  const touching = connection.waits.find((wait) => sent_ns <= wait.to_ns && to_ns >= wait.from_ns);
  const near = touching ?? (connection.waits.length === MOST_WAITS ? connection.waits.at(-1) : undefined);
  if (near === undefined) connection.waits.push({ from_ns: sent_ns, to_ns });
  else {
    near.from_ns = Math.min(near.from_ns, sent_ns);
    near.to_ns = Math.max(near.to_ns, to_ns);
  }
};

/** The waits of every connection. Flat memory per connection; rows in any order. */
export class SessionPictures {
  private readonly limits: ReadonlyMap<string, number>;
  private readonly connections = new Map<string, Connection>();

  constructor(plans: readonly SessionPlan[]) {
    this.limits = new Map(
      plans.map(({ name, heartbeat_ns }) => [name, Math.max(LONG_NS, MANY_BEATS * heartbeat_ns)]),
    );
  }

  push(row: HeartbeatRow): void {
    const key = `${row.session}#${row.connection}`;
    let connection = this.connections.get(key);
    if (connection === undefined) {
      const limit_ns = this.limits.get(row.session) ?? LONG_NS;
      connection = { limit_ns, from_ns: row.sent_ns, heard_ns: -Infinity, waits: [] };
      this.connections.set(key, connection);
    }
    if (row.sent_ns < connection.from_ns) connection.from_ns = row.sent_ns;
    if (row.echoed_ns !== null && row.echoed_ns > connection.heard_ns) connection.heard_ns = row.echoed_ns;
    note(connection, row);
  }

  finish(): readonly SessionPicture[] {
    return [...this.connections].map(([session, { from_ns, heard_ns, waits }]) => ({
      session,
      from_s: from_ns / NS_PER_S,
      heard_s: Number.isFinite(heard_ns) ? heard_ns / NS_PER_S : null,
      waits: waits.map(({ from_ns: from, to_ns }) => [
        from / NS_PER_S,
        Number.isFinite(to_ns) ? to_ns / NS_PER_S : null,
      ]),
    }));
  }
}

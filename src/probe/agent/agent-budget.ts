import type { SessionPlan, StreamPlan } from '../../model/plan.js';
import {
  decodeHeartbeatBytes,
  decodeProbeBytes,
  encodeHeartbeat,
  encodeProbe,
  type HeartbeatRow,
  type ProbeRow,
} from '../../model/probe.js';
import { connectionsOf } from '../../model/session.js';
import type { Clock, Nanoseconds } from '../../model/time.js';
import type { FromAgent } from '../protocol.js';

/*
 * What an agent may say is known beforehand: rows of the streams and sessions that it was asked for, one for each slot
 * of their schedules, and few words beside. A vantage that says more is not what it is taken for, or somebody else
 * speaks for it; what it says would fill the disk and keep the runner from putting the pair back.
 */

/** Its clock may go faster than ours, and a timer fire early. */
const FASTER = 1.1;
/** From the schedule to the last row of what was planned by now, beside what FASTER allows. */
const SLACK = 64;
/** Extra copies of answers, for each probe and for each flow: an agent itself writes fewer (see `Ledger`). */
const COPIES = 5;
const COPIES_BESIDE = 2000;
/** How far beyond now, by our clock, an instant may lie: clocks were compared once, and drift. */
const AHEAD = 5e9;
/** And how far before the origin: the schedule begins after it. */
const BEFORE = 5e9;
/** Beats of a far end that speaks by itself may come in a bunch. */
const BEATS = 2;
/** Live states come every 100 ms, and once per clock reading and session there is a word. */
const MESSAGES = 1000;
const MESSAGES_PER_S = 12;
/** A line of a row has 13 cells; a live state has one object for each stream and session. */
const LONGEST_ROW = 1 << 10;
const LONGEST_MESSAGE = 1 << 16;
const PER_NAME = 1 << 10;
/** A cause is a slug: `net-unreachable`, `EHOSTUNREACH`, `http-503`. */
const CAUSE = /^[\w.:-]{1,64}$/;

interface StreamSpent {
  readonly plan: StreamPlan;
  /** Next sequence number of each flow. */
  readonly next: number[];
  copies: number;
  changes: number;
}

interface SessionSpent {
  readonly plan: SessionPlan;
  rows: number;
  news: number;
}

/** A vantage said what it may not say: what that was, in words. */
export class Breach extends Error {}

/** The longest line that an agent may write, asked for these. */
export const longestLine = (names: number): number => LONGEST_MESSAGE + PER_NAME * names;

/** Reads and counts what one agent says. Every method throws `Breach` for what was not asked for. */
export class AgentBudget {
  readonly #clock: Clock;
  readonly #begun: Nanoseconds;
  /** The trial's origin by our clock. */
  readonly #origin: Nanoseconds;
  readonly #streams: ReadonlyMap<string, StreamSpent>;
  readonly #sessions: ReadonlyMap<string, SessionSpent>;
  #messages = 0;

  constructor(
    clock: Clock,
    origin: Nanoseconds,
    streams: readonly StreamPlan[],
    sessions: readonly SessionPlan[],
  ) {
    this.#clock = clock;
    this.#begun = clock.monotonic();
    this.#origin = origin;
    this.#streams = new Map(
      streams.map((plan) => [
        plan.name,
        { plan, next: Array.from({ length: plan.flows }, () => 0), copies: 0, changes: 0 },
      ]),
    );
    this.#sessions = new Map(sessions.map((plan) => [plan.name, { plan, rows: 0, news: 0 }]));
  }

  /** The longest line that may still become whole. */
  get longestLine(): number {
    return longestLine(this.#streams.size + this.#sessions.size);
  }

  /** A row of probes.csv at `bytes[from, to)`, as it is to be written. */
  probe(bytes: Uint8Array, from: number, to: number): string {
    if (to - from > LONGEST_ROW) throw new Breach('it sent a row that is longer than any');
    let row: ProbeRow;
    try {
      row = decodeProbeBytes(bytes, from, to);
    } catch {
      throw new Breach('it sent a row that is none');
    }
    this.#checkProbe(row);
    return encodeProbe(row);
  }

  /** A row of heartbeats.csv at `bytes[from, to)`, as it is to be written. */
  heartbeat(bytes: Uint8Array, from: number, to: number): string {
    if (to - from > LONGEST_ROW) throw new Breach('it sent a heartbeat that is longer than any');
    let row: HeartbeatRow;
    try {
      row = decodeHeartbeatBytes(bytes, from, to);
    } catch {
      throw new Breach('it sent a heartbeat that is none');
    }
    this.#checkHeartbeat(row);
    return encodeHeartbeat(row);
  }

  message(message: FromAgent): void {
    switch (message.say) {
      case 'session':
        this.#session(message);
        return;
      case 'changed':
        this.#changed(message.stream);
        return;
      case 'resolved':
      case 'drops':
        this.#stream(message.stream);
        break;
      case 'live':
        for (const { name } of message.streams) this.#stream(name);
        for (const { name } of message.sessions) this.#sessionNamed(name);
        break;
      case 'end':
        for (const { stream } of message.self) this.#stream(stream);
        break;
      case 'look':
        for (const { streams } of message.paths) for (const stream of streams) this.#stream(stream);
        break;
      case 'hello':
      case 'clock':
      case 'note':
      case 'quiet':
      case 'error':
    }
    this.#messages += 1;
    // The system's ping says a word for each probe that it could not send.
    const probes = [...this.#streams.values()].reduce((sum, { plan }) => sum + this.#planned(plan), 0);
    if (this.#messages > MESSAGES + (MESSAGES_PER_S * this.#elapsed) / 1e9 + probes)
      throw new Breach('it sent messages without end');
  }

  #checkProbe(row: ProbeRow): void {
    const spent = this.#stream(row.stream);
    const { plan, next } = spent;
    const expected = next[row.flow];
    if (expected === undefined)
      throw new Breach(`it sent a row of stream ${plan.name} of a flow that it has not`);
    const { reflected, cause, ttl } = row;
    if (cause !== null && !CAUSE.test(cause)) throw new Breach('it sent a row with a cause that is none');
    if (ttl !== null && !(Number.isInteger(ttl) && ttl >= 0 && ttl <= 255))
      throw new Breach('it sent a row with a TTL that is none');
    this.#instants(row.intended_ns, row.sent_ns, row.accepted_ns, row.received_ns);
    if (reflected !== undefined) {
      const { seq, received_ns, sent_ns } = reflected;
      // By the reflector's own clock, which may be years off.
      if (![seq, received_ns, sent_ns].every(Number.isSafeInteger))
        throw new Breach('it sent a row with a reflection that is none');
    }
    if (row.outcome === 'duplicate' || row.outcome === 'stray') {
      if (!Number.isSafeInteger(row.seq) || row.seq < 0)
        throw new Breach('it sent a row with a sequence number that is none');
      spent.copies += 1;
      if (spent.copies > COPIES_BESIDE * plan.flows + COPIES * this.#planned(plan))
        throw new Breach(`it sent more copies of answers of stream ${plan.name} than it may`);
      return;
    }
    if (row.seq !== expected)
      throw new Breach(`it sent row ${row.seq} of stream ${plan.name}, where ${expected} was to come`);
    next[row.flow] = expected + 1;
    if (expected >= this.#planned(plan) / plan.flows)
      throw new Breach(`it sent more rows of stream ${plan.name} than were planned by then`);
  }

  #checkHeartbeat(row: HeartbeatRow): void {
    const spent = this.#sessionNamed(row.session);
    const { plan } = spent;
    const { connection, seq } = row;
    const isFresh = plan.openEvery_ns !== null;
    const most = isFresh ? this.#slots(plan.openEvery_ns ?? 0) : connectionsOf(plan);
    if (!Number.isInteger(connection) || connection < 1 || connection > most)
      throw new Breach(`it sent a heartbeat of a connection that session ${plan.name} has not`);
    if (!Number.isSafeInteger(seq) || seq < 0)
      throw new Breach('it sent a heartbeat with a sequence number that is none');
    this.#instants(row.sent_ns, row.echoed_ns);
    spent.rows += 1;
    if (spent.rows > (isFresh ? most : most * BEATS * this.#slots(plan.heartbeat_ns)))
      throw new Breach(`it sent more heartbeats of session ${plan.name} than were planned by then`);
  }

  #session({ session, connection }: FromAgent & { readonly say: 'session' }): void {
    const spent = this.#sessionNamed(session);
    const { plan } = spent;
    const most = plan.openEvery_ns === null ? connectionsOf(plan) : this.#slots(plan.openEvery_ns);
    if (connection > most) throw new Breach(`it spoke of a connection that session ${plan.name} has not`);
    spent.news += 1;
    // Each opens, breaks and ends once.
    if (spent.news > 3 * most)
      throw new Breach(`it sent more news of session ${plan.name} than there can be`);
  }

  #changed(stream: string): void {
    const spent = this.#stream(stream);
    spent.changes += 1;
    if (spent.changes > this.#planned(spent.plan))
      throw new Breach(`it told more changes of stream ${stream} than it has probes`);
  }

  #instants(...instants: readonly (Nanoseconds | null)[]): void {
    const latest = this.#clock.monotonic() - this.#origin + AHEAD;
    for (const instant of instants)
      if (instant !== null && !(Number.isSafeInteger(instant) && instant > -BEFORE && instant < latest))
        throw new Breach('it sent a row of another time');
  }

  #stream(name: string): StreamSpent {
    const spent = this.#streams.get(name);
    if (spent === undefined) throw new Breach('it spoke of a stream that it was not asked for');
    return spent;
  }

  #sessionNamed(name: string): SessionSpent {
    const spent = this.#sessions.get(name);
    if (spent === undefined) throw new Breach('it spoke of a session that it was not asked for');
    return spent;
  }

  get #elapsed(): number {
    return this.#clock.monotonic() - this.#begun;
  }

  /** Rows of a stream, all its flows, that its schedule may have brought by now. */
  #planned({ every_ns, flows }: StreamPlan): number {
    return flows * this.#slots(every_ns);
  }

  #slots(every_ns: number): number {
    return SLACK + (FASTER * this.#elapsed) / every_ns;
  }
}

import type { SessionEnding } from '../model/event.js';
import type { SessionPlan } from '../model/plan.js';
import { fromMs, ns, type Clock, type Nanoseconds } from '../model/time.js';
import { HeartbeatTrack } from './heartbeat.js';
import type { LiveSessions, SessionNews } from './protocol.js';
import { Schedule } from './schedule.js';
import type { Scheduler } from './scheduler.js';

/** What carries a session's octets: a TCP connection, or a channel of an SSH connection. */
export interface Channel {
  write(data: Buffer): void;
  /** Lets go without a word to the far end. */
  destroy(): void;
}

export interface ChannelEvents {
  open(): void;
  data(data: Buffer): void;
  /** The session is over; only the first of these counts. */
  ended(ending: SessionEnding, detail: string): void;
}

export type OpenChannel = (events: ChannelEvents) => Channel;

export interface SessionContext {
  readonly plan: SessionPlan;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly origin: Nanoseconds;
  readonly random: () => number;
  heartbeat(line: string): void;
  news(news: SessionNews): void;
}

/** A heartbeat whose echo is overdue by this much shows in the live view as a stalled session. */
const STALLED = fromMs(500);

/** One long-lived connection that echoes numbered heartbeats. */
class Connection {
  readonly #context: SessionContext;
  readonly #number: number;
  readonly #track: HeartbeatTrack;
  readonly #channel: Channel;
  #state: 'opening' | 'open' | 'ended' = 'opening';
  #stopped = false;
  #closed = false;

  constructor(context: SessionContext, number: number, openChannel: OpenChannel) {
    this.#context = context;
    this.#number = number;
    this.#track = new HeartbeatTrack(context.plan.name, number, context.origin, (line) =>
      context.heartbeat(line),
    );
    this.#channel = openChannel({
      open: () => this.#opened(),
      data: (data) => this.#track.receive(data, context.clock.monotonic()),
      ended: (ending, detail) => this.#ended(ending, detail),
    });
  }

  get state(): 'opening' | 'open' | 'ended' {
    return this.#state;
  }

  stalled(now: Nanoseconds): boolean {
    const since = this.#track.waitingSince;
    return this.#state === 'open' && since !== null && now - since > STALLED;
  }

  get waiting(): boolean {
    return this.#state === 'open' && this.#track.waitingSince !== null;
  }

  /** No more heartbeats. */
  stop(): void {
    this.#stopped = true;
  }

  close(): void {
    const { plan } = this.#context;
    this.#stopped = true;
    this.#closed = true;
    this.#track.close();
    this.#channel.destroy();
    this.#context.news({
      kind: 'end',
      session: plan.name,
      connection: this.#number,
      at_ns: this.#at(),
      bytes: this.#track.bytes,
      in_order: this.#track.inOrder,
      rto_ms: null,
    });
  }

  #opened(): void {
    const { plan, scheduler, clock, random } = this.#context;
    if (this.#state !== 'opening' || this.#stopped) return;
    this.#state = 'open';
    this.#context.news({ kind: 'open', session: plan.name, connection: this.#number, at_ns: this.#at() });
    const schedule = new Schedule(clock.monotonic(), plan.heartbeat_ns, random());
    scheduler.add(
      {
        fire: (now) => {
          if (this.#stopped || this.#state !== 'open') return null;
          // A missed heartbeat is simply not sent: heartbeats measure the session, not the path.
          schedule.take(
            now,
            () => this.#channel.write(this.#track.next(this.#context.clock.monotonic())),
            () => {},
          );
          return schedule.next;
        },
      },
      schedule.next,
    );
  }

  #ended(ending: SessionEnding, detail: string): void {
    // After `stop` too: a session that is reset while its last echoes are waited for did not survive.
    if (this.#state === 'ended' || this.#closed) return;
    const opened = this.#state === 'open';
    this.#state = 'ended';
    this.#context.news({
      kind: 'error',
      session: this.#context.plan.name,
      connection: this.#number,
      at_ns: this.#at(),
      ending: opened ? ending : 'refused-open',
      detail,
    });
  }

  #at(): Nanoseconds {
    return ns(Math.round(this.#context.clock.monotonic() - this.#context.origin));
  }
}

/** The connections of one `sessions:` entry. */
export class SessionGroup {
  readonly #plan: SessionPlan;
  readonly #connections: Connection[];
  readonly #clock: Clock;

  constructor(context: SessionContext, openChannel: OpenChannel) {
    this.#plan = context.plan;
    this.#clock = context.clock;
    this.#connections = Array.from(
      { length: context.plan.count },
      (_, index) => new Connection(context, index + 1, openChannel),
    );
  }

  live(): LiveSessions {
    const now = this.#clock.monotonic();
    const count = (test: (connection: Connection) => boolean): number =>
      this.#connections.filter(test).length;
    return {
      name: this.#plan.name,
      planned: this.#plan.count,
      open: count(({ state }) => state === 'open'),
      stalled: count((connection) => connection.stalled(now)),
      ended: count(({ state }) => state === 'ended'),
    };
  }

  /** Heartbeats whose echo is still out. */
  get waiting(): number {
    return this.#connections.filter(({ waiting }) => waiting).length;
  }

  stop(): void {
    for (const connection of this.#connections) connection.stop();
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}

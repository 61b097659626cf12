import { ageOf, connectionsOf } from '../../model/session.js';
import { fromMs, ns, type Nanoseconds } from '../../model/time.js';
import type { LiveSessions } from '../protocol.js';
import { Connection } from './session-connection.js';
import type { SessionContext } from './session-track.js';

/** Connections are opened a few at a time: a listener's queue of 4,096 must not overflow (listen(2)). */
const BATCH = 50;
const BATCH_EVERY = fromMs(10);

/** The long-lived connections of one `sessions:` entry. */
export class SessionGroup {
  readonly #context: SessionContext;
  readonly #connections: Connection[] = [];
  #begun = 0;
  #stopped = false;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  /** Opens those that have no age: they are there before the steady time. */
  open(): void {
    const { plan, clock } = this.#context;
    if (plan.ages.length === 0) this.#openAt(clock.monotonic(), 1, connectionsOf(plan));
  }

  /** Opens each of the strata in time for a trigger at `at` of the agent's clock; `during` waits for `outage`. */
  openFor(at: Nanoseconds): void {
    const { plan, clock } = this.#context;
    if (this.#begun > 0) return;
    for (const [index, age] of plan.ages.entries()) {
      if (age === 'during') continue;
      const due = ns(Math.max(clock.monotonic(), at - age));
      this.#openAt(due, index * plan.count + 1, plan.count);
    }
  }

  /** Traffic has stopped: opens the stratum `during`. */
  outage(): void {
    const { plan, clock } = this.#context;
    const index = plan.ages.indexOf('during');
    const isOpened = this.#connections.some((_, at) => ageOf(plan, at + 1) === 'during');
    if (index !== -1 && !isOpened) this.#openAt(clock.monotonic(), index * plan.count + 1, plan.count);
  }

  /** Still to be opened, or being opened. */
  get unsettled(): number {
    const settled = this.#connections.filter(({ state }) => state !== 'opening').length;
    return this.#begun - settled;
  }

  live(): LiveSessions {
    const { plan, clock } = this.#context;
    const now = clock.monotonic();
    let [open, stalled, ended] = [0, 0, 0];
    this.#connections.forEach((connection) => {
      if (connection.state === 'open') open += 1;
      if (connection.state === 'ended') ended += 1;
      if (connection.stalled(now)) stalled += 1;
    });
    return { name: plan.name, planned: connectionsOf(plan), open, stalled, ended };
  }

  /** Heartbeats whose echo is still out. */
  get waiting(): number {
    const now = this.#context.clock.monotonic();
    return this.#connections.filter((connection) => connection.waiting(now)).length;
  }

  /** Open connections by their local port. */
  byPort(): Map<number, Connection> {
    const found = new Map<number, Connection>();
    this.#connections.forEach((connection) => {
      const port = connection.localPort;
      if (port !== null) found.set(port, connection);
    });
    return found;
  }

  quiet(): void {
    this.#connections.forEach((connection) => connection.quiet());
  }

  speak(): void {
    this.#connections.forEach((connection) => connection.speak());
  }

  stop(): void {
    this.#stopped = true;
    this.#connections.forEach((connection) => connection.stop());
  }

  close(): void {
    this.#stopped = true;
    this.#connections.forEach((connection) => connection.close());
  }

  /** Opens `count` connections, the first of them with this number. */
  #openAt(due: Nanoseconds, first: number, count: number): void {
    let next = first;
    const end = first + count;
    this.#begun += count;
    this.#context.scheduler.add(
      {
        fire: (now) => {
          if (this.#stopped) return null;
          for (const stop = Math.min(end, next + BATCH); next < stop; next++)
            this.#connections[next - 1] = new Connection(this.#context, next);
          return next < end ? ns(now + BATCH_EVERY) : null;
        },
      },
      due,
    );
  }
}

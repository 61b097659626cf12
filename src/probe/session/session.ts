import { connectionsOf } from '../../model/session.js';
import { ns, type Nanoseconds } from '../../model/time.js';
import type { LiveSessions } from '../protocol.js';
import type { Rtos } from './rto.js';
import { Connection } from './session-connection.js';
import type { SessionContext } from './session-track.js';

/** The long-lived connections of one `sessions:` entry. */
export class SessionGroup {
  readonly #context: SessionContext;
  readonly #connections: Connection[] = [];
  /** To be opened, or being opened. */
  #unsettled = 0;
  /** Those with an age, and those of the outage, have been ordered. */
  #isPlanned = false;
  #hasOutage = false;
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
    if (this.#isPlanned) return;
    this.#isPlanned = true;
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
    if (index === -1 || this.#hasOutage) return;
    this.#hasOutage = true;
    this.#openAt(clock.monotonic(), index * plan.count + 1, plan.count);
  }

  /** Still to be opened, or being opened. */
  get unsettled(): number {
    return this.#unsettled;
  }

  live(): LiveSessions {
    const { plan, clock } = this.#context;
    const now = clock.monotonic();
    let [open, stalled, ended, proven] = [0, 0, 0, 0];
    this.#connections.forEach((connection) => {
      if (connection.state === 'open') open += 1;
      if (connection.state === 'ended') ended += 1;
      if (connection.stalled(now)) stalled += 1;
      if (connection.proven) proven += 1;
    });
    return { name: plan.name, planned: connectionsOf(plan), open, stalled, ended, proven };
  }

  /** Heartbeats whose echo is still out. */
  get waiting(): number {
    const now = this.#context.clock.monotonic();
    return this.#connections.filter((connection) => connection.waiting(now)).length;
  }

  /** Takes the kernel's timeouts of those that are open. */
  take(rtos: Rtos): void {
    this.#connections.forEach((connection) => {
      const { local } = connection;
      const rto = local === null ? undefined : rtos.get(local);
      if (rto !== undefined) connection.rto = rto;
    });
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
    this.#unsettled += count;
    this.#context.opener.add(due, first, count, (number, settled) => {
      if (this.#stopped) return settled();
      this.#connections[number - 1] = new Connection(this.#context, number, () => {
        this.#unsettled -= 1;
        settled();
      });
    });
  }
}

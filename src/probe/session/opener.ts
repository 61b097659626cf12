import { fromMs, ns, type Clock, type Nanoseconds } from '../../model/time.js';
import type { Scheduler } from '../send/scheduler.js';

/**
 * Connections are begun in pieces of so much time, and none where another task would be due before it is made (but for the
 * first of a piece). After each piece the sockets are read, so that a probe that is due meanwhile is late by one piece.
 */
const PIECE = fromMs(0.15);
const CONNECT = fromMs(0.05);
const REST = fromMs(0.02);
/** Of the time, what they bring included: Linux stops for 50 ms who takes 95 % of a second with real-time priority (sched(7)). */
const RESTING = 0.1;
/** No faster than 20,000/s: a listener's queue of 4,096 must not overflow (listen(2)). */
const APART = fromMs(0.05);
/** With so many handshakes out, 5,000/s: their answers may all come at once, and each is work. */
const MOST_OUT = 50;
const APART_THEN = fromMs(0.2);

/** Connections of one entry and age, still to be begun. */
interface Batch {
  next: number;
  readonly end: number;
  /** Begins the connection of this number; `settled`: it is open, or never will be. */
  readonly begin: (connection: number, settled: () => void) => void;
}

/** Opens the connections of all sessions of an agent, beside everything else that it does. */
export class Opener {
  readonly #scheduler: Scheduler;
  readonly #clock: Clock;
  readonly #batches: Batch[] = [];
  #out = 0;
  #last: Nanoseconds | null = null;
  #working = false;
  #stopped = false;

  constructor(scheduler: Scheduler, clock: Clock) {
    this.#scheduler = scheduler;
    this.#clock = clock;
  }

  /** Begins `count` connections from `due` on, the first of them with this number. */
  add(due: Nanoseconds, first: number, count: number, begin: Batch['begin']): void {
    if (count === 0) return;
    const fire = (now: Nanoseconds): Nanoseconds | null => {
      this.#batches.push({ next: first, end: first + count, begin });
      if (this.#working) return null;
      this.#working = true;
      this.#scheduler.add({ fire: (from) => this.#piece(from) }, now);
      return null;
    };
    this.#scheduler.add({ fire }, due);
  }

  /** Begins no more. */
  stop(): void {
    this.#stopped = true;
  }

  /** @returns when it goes on; null: all are begun. */
  #piece(from: Nanoseconds): Nanoseconds | null {
    const until = Math.min(from + PIECE, this.#scheduler.next - CONNECT);
    const rest = Math.max(REST, this.#last === null ? 0 : RESTING * (from - this.#last));
    this.#last = from;
    let allowed = from;
    let now = from;
    do {
      const batch = this.#batches[0];
      if (batch === undefined || this.#stopped) {
        this.#working = false;
        this.#last = null;
        return null;
      }
      this.#out += 1;
      batch.begin(batch.next, () => {
        this.#out -= 1;
      });
      batch.next += 1;
      if (batch.next === batch.end) this.#batches.shift();
      allowed = ns(allowed + (this.#out < MOST_OUT ? APART : APART_THEN));
      now = this.#clock.monotonic();
    } while (now < until && this.#out < MOST_OUT);
    return ns(Math.max(now + rest, allowed));
  }
}

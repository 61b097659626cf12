import { fromMs, ns, type Clock, type Nanoseconds } from '../model/time.js';
import { LatenessHistogram } from '../probe/send/lateness.js';
import { Schedule } from '../probe/send/schedule.js';
import { Scheduler, type Task } from '../probe/send/scheduler.js';
import { withPriority } from './priority.js';

/** 1,000 instants a second: the densest stream the project is meant for. */
const EVERY = fromMs(1);
/** From here on it is no lateness of a timer any more: something held the thread. */
const STALL = fromMs(10);

/** How late this host fires timers that are due at absolute instants. */
export interface LatenessFigures {
  readonly slots: number;
  /** Milliseconds; null without a slot. Slots that an agent would skip (late by more than T/2) count too. */
  readonly p50_ms: number | null;
  readonly p99_ms: number | null;
  readonly max_ms: number | null;
  /** How often the thread was held for 10 ms or more. */
  readonly stalls: number;
}

/** Fires at 1,000/s for `length` and notes how late each instant came. */
export class LatenessTask implements Task {
  readonly #schedule: Schedule;
  readonly #end: Nanoseconds;
  readonly #done: (figures: LatenessFigures) => void;
  readonly #histogram = new LatenessHistogram();
  #slots = 0;
  #stalls = 0;

  constructor(start: Nanoseconds, length: Nanoseconds, done: (figures: LatenessFigures) => void) {
    this.#schedule = new Schedule(start, EVERY, 0);
    this.#end = ns(start + length);
    this.#done = done;
  }

  fire(now: Nanoseconds): Nanoseconds | null {
    // One stall makes many slots late: only the first of them tells of it.
    if (now - this.#schedule.next >= STALL) this.#stalls += 1;
    const note = (_slot: number, due: Nanoseconds): void => {
      this.#slots += 1;
      this.#histogram.add(now - due);
    };
    this.#schedule.take(now, note, note);
    if (this.#schedule.next < this.#end) return this.#schedule.next;
    this.#done({
      slots: this.#slots,
      p50_ms: this.#histogram.quantile(0.5),
      p99_ms: this.#histogram.quantile(0.99),
      max_ms: this.#histogram.max,
      stalls: this.#stalls,
    });
    return null;
  }
}

/** Measures with the prober's own scheduler and priority, on the calling thread, for `length`. */
export const measureLateness = (clock: Clock, length: Nanoseconds): Promise<LatenessFigures> =>
  withPriority(async () => {
    const scheduler = new Scheduler(clock);
    try {
      return await new Promise<LatenessFigures>((resolve) => {
        const start = ns(clock.monotonic() + EVERY);
        scheduler.add(new LatenessTask(start, length, resolve), start);
        scheduler.start();
      });
    } finally {
      scheduler.stop();
    }
  });

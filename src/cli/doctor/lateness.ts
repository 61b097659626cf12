import { fromMs, ns, type Clock, type Nanoseconds } from '../../model/time.js';
import { LatenessHistogram } from '../../probe/send/lateness.js';
import { Schedule } from '../../probe/send/schedule.js';
import { Scheduler, type Task } from '../../probe/send/scheduler.js';
import { sayMs } from '../../analysis/words/format.js';
import { withPriority } from './cpu.js';
import { fail, ok, warn, type Finding } from './finding.js';

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

const GOOD_P99_MS = 1;
const BAD_P99_MS = 5;
const REMEDY = 'end what else runs here, or give it more CPUs; as root, agents run ahead of other work';

const say = (value: number | null): string => (value === null ? 'unknown' : sayMs(value));

/**
 * Judges lateness: p99 below 1 ms is good, below 5 ms usable with wider bounds. Where the densest interval is known,
 * p99 has to stay below half of it instead: a slot missed by more than that is not sent at all.
 */
export const latenessFinding = (figures: LatenessFigures, every_ms: number | null): Finding => {
  const check = 'timer-lateness';
  const { slots, p50_ms, p99_ms, max_ms } = figures;
  const text = `p50 ${say(p50_ms)}, p99 ${say(p99_ms)}, max ${say(max_ms)} over ${slots} timers at 1,000/s`;
  const p99 = p99_ms ?? Infinity;
  if (every_ms === null && p99 >= BAD_P99_MS) return fail(check, text, REMEDY);
  if (every_ms !== null && p99 > every_ms / 2)
    return fail(check, `${text}; of probes every ${every_ms} ms some would stay unsent`, REMEDY);
  return p99 >= GOOD_P99_MS ? warn(check, text, REMEDY) : ok(check, text);
};

export const stallFinding = ({ stalls, max_ms }: LatenessFigures): Finding => {
  const check = 'stalls';
  if (stalls === 0) return ok(check, `none of 10 ms or more; the longest was ${say(max_ms)}`);
  return warn(
    check,
    `the prober was held for 10 ms or more ${stalls} ${stalls === 1 ? 'time' : 'times'}, at worst ${say(max_ms)}: holes in the sends`,
    REMEDY,
  );
};

/** Intervals one would ask for. */
const INTERVALS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** The smallest usual interval that this host can keep, in ms; null if none. */
export const smallestInterval = ({ p99_ms }: LatenessFigures, engineMin_ms: number): number | null =>
  INTERVALS_MS.find((every) => every >= engineMin_ms && every / 2 >= (p99_ms ?? Infinity)) ?? null;

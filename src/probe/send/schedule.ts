import { ns, type Nanoseconds } from '../../model/time.js';
import type { RunningStream, StreamContext } from './stream.js';

/**
 * Absolute, open-loop schedule (RFC 3432 §3): slot i is due at t0 + i·T, with t0 at a random phase of T. Nothing
 * that happens to one probe moves the next. A slot that is missed by more than T/2 is skipped, never made up
 * for in a burst: the caller records it as `unsent`. Where T is made longer for a while the slots stay counted without a
 * gap, from the next one on.
 */
export class Schedule {
  #t0: Nanoseconds;
  #every: Nanoseconds;
  #slot = 0;

  /** @param phase in [0, 1): the random start phase as a fraction of T. */
  constructor(start: Nanoseconds, every: Nanoseconds, phase: number) {
    if (!(every > 0)) throw new RangeError(`interval must be positive: ${every}`);
    if (!(phase >= 0 && phase < 1)) throw new RangeError(`phase must be in [0, 1): ${phase}`);
    this.#every = every;
    this.#t0 = ns(Math.round(start + phase * every));
  }

  /** When slot 0 was due, at the pace of now. */
  get t0(): Nanoseconds {
    return this.#t0;
  }

  due(slot: number): Nanoseconds {
    return ns(this.#t0 + slot * this.#every);
  }

  /** From the slot after the next on they are so far apart. */
  pace(every: Nanoseconds): void {
    const next = this.next;
    this.#every = every;
    this.#t0 = ns(next - this.#slot * every);
  }

  /** When the next slot is due. */
  get next(): Nanoseconds {
    return this.due(this.#slot);
  }

  /**
   * Takes every slot that is due by `now`. `send` gets the slot that can still be sent in time (at most one),
   * `miss` each slot that is too late.
   */
  take(
    now: Nanoseconds,
    send: (slot: number, due: Nanoseconds) => void,
    miss: (slot: number, due: Nanoseconds) => void,
  ): void {
    while (this.next <= now) {
      const slot = this.#slot++;
      const due = this.due(slot);
      if (now - due > this.#every / 2) miss(slot, due);
      else send(slot, due);
    }
  }
}

/** Sends each slot of a stream's schedule; a slot that was missed becomes a row of its own. */
export const sendOnSchedule = (
  context: StreamContext,
  send: (due: Nanoseconds) => void,
): Pick<RunningStream, 'pace' | 'stop'> => {
  const { plan, ledger, scheduler, start, phase } = context;
  const schedule = new Schedule(start, plan.every_ns, phase);
  let stopped = false;
  scheduler.add(
    {
      fire: (now) => {
        if (stopped) return null;
        schedule.take(
          now,
          (_slot, due) => send(due),
          (_slot, due) => ledger.missed(due),
        );
        return schedule.next;
      },
    },
    schedule.next,
  );
  return {
    pace: (every_ns) => schedule.pace(ns(Math.max(plan.every_ns, every_ns ?? 0))),
    stop: () => {
      stopped = true;
    },
  };
};

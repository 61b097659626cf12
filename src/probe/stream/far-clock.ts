import { ns, type Nanoseconds } from '../../model/time.js';

/**
 * The wall clock of a far host on our monotonic one. It read its clock at some instant between our question and its answer,
 * so each exchange bounds by how much it is ahead. The first of them, the quickest, places it; from then on it is moved only
 * where an exchange leaves no choice, and by as little as that allows: between two probes it must not jump to and fro by the
 * round trip.
 */
export class FarClock {
  #ahead: number | null = null;
  #uncertainty = 0;
  #moved = 0;

  /** How far it may be off, either way: half of the quickest round trip at first. */
  get uncertainty_ns(): Nanoseconds {
    return ns(this.#uncertainty);
  }

  /** By how much it had to be moved since it was placed, in all: it was slewed, set, or drifts. */
  get moved_ns(): Nanoseconds {
    return ns(this.#moved);
  }

  /** @param exchanges at least one; `far_ns`: its time of day */
  place(exchanges: readonly Exchange[]): void {
    const quickest = exchanges.reduce((best, each) => (tripOf(each) < tripOf(best) ? each : best));
    const [least, most] = boundsOf(quickest);
    this.#ahead = (least + most) / 2;
    this.#uncertainty = (most - least) / 2;
  }

  follow(exchange: Exchange): void {
    if (this.#ahead === null) throw new Error('a clock that was not placed');
    const [least, most] = boundsOf(exchange);
    const allowed = Math.min(most, Math.max(least, this.#ahead));
    this.#moved += Math.abs(allowed - this.#ahead);
    this.#ahead = allowed;
  }

  /** @param far_ns its time of day */
  monotonicAt(far_ns: number): Nanoseconds {
    if (this.#ahead === null) throw new Error('a clock that was not placed');
    return ns(Math.round(far_ns - this.#ahead));
  }
}

/** A question for the time, by our monotonic clock, and what the far host said. */
export interface Exchange {
  readonly asked_ns: Nanoseconds;
  readonly came_ns: Nanoseconds;
  readonly far_ns: number;
}

const tripOf = ({ asked_ns, came_ns }: Exchange): number => came_ns - asked_ns;

const boundsOf = ({ asked_ns, came_ns, far_ns }: Exchange): readonly [number, number] => [
  far_ns - came_ns,
  far_ns - asked_ns,
];

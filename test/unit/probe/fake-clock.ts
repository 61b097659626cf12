import { ns, type Clock, type Nanoseconds } from '../../../src/model/time.js';

/** A clock that stands still, but for `step_ns` at each reading. */
export class FakeClock implements Clock {
  now_ns: number;
  readonly #step_ns: number;

  constructor(now_ns = 0, step_ns = 0) {
    this.now_ns = now_ns;
    this.#step_ns = step_ns;
  }

  monotonic(): Nanoseconds {
    this.now_ns += this.#step_ns;
    return ns(this.now_ns);
  }

  wall(): number {
    return this.now_ns / 1e6;
  }
}

import type { Nanoseconds } from '../model/time.js';

/** So many spacings are remembered: the pace changes with the load and between answered and unanswered probes. */
const SPACINGS = 9;

/** The median spacing of the newest sends that are known by the reply; the nominal one until there are two. */
export class RecentSpacing {
  readonly #newest: number[] = [];
  #last: Nanoseconds | null = null;

  constructor(nominal: Nanoseconds) {
    this.#newest.push(nominal);
  }

  /** @param at null: not known, so that the next spacing is not either */
  sent(at: Nanoseconds | null): void {
    if (at !== null && this.#last !== null) {
      this.#newest.push(at - this.#last);
      if (this.#newest.length > SPACINGS) this.#newest.shift();
    }
    this.#last = at;
  }

  median(): number {
    const sorted = this.#newest.toSorted((a, b) => a - b);
    return sorted[sorted.length >> 1] as number;
  }
}

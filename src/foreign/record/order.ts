import type { Instant } from './form.js';

/** Servers that collect logs put lines out of order by less. */
const LEAST_MS = 2000;
/** More are counted. */
const MOST = 20;
/** No pair's log is of more. */
const MOST_HOSTS = 10_000;
/** Two logs that were put together, not a clock that was set. */
const MOST_SET_MS = 86_400_000;

export interface Jump {
  readonly host: string | null;
  readonly by_ms: number;
  /** The line behind it. */
  readonly line: number;
  readonly at: Instant;
  readonly text: string;
}

/** Which way the stamps of each host go, and where they turn. */
export class StampOrder {
  #up = 0;
  #down = 0;
  #falls = 0;
  readonly #last = new Map<string | null, number>();
  readonly #jumps: Jump[] = [];

  see(host: string | null, at: Instant, line: number, text: string): void {
    const last = this.#last.get(host);
    if (last === undefined && this.#last.size >= MOST_HOSTS) return;
    this.#last.set(host, at.lo_ms);
    if (last === undefined || last === at.lo_ms) return;
    const by_ms = at.lo_ms - last;
    if (by_ms > 0) {
      this.#up += 1;
      return;
    }
    this.#down += 1;
    if (by_ms > -LEAST_MS) return;
    this.#falls += 1;
    if (this.#jumps.length < MOST) this.#jumps.push({ host, by_ms, line, at, text });
  }

  /** Does it begin with what is newest, as lists of a CLI and of a cloud do? */
  get newestFirst(): boolean {
    return this.#down > Math.max(1, this.#up);
  }

  /** Of two lines nothing tells. */
  get #forwards(): boolean {
    return this.#up >= this.#down;
  }

  /** Where a clock went back, so that it was set. */
  get set(): readonly Jump[] {
    return this.#forwards ? this.#jumps.filter(({ by_ms }) => by_ms >= -MOST_SET_MS) : [];
  }

  get said(): string[] {
    if (!this.#forwards || this.#falls === 0) return [];
    const [first] = this.#jumps as [Jump];
    const others = this.#falls - 1;
    return [
      `from line ${first.line} on its times go back by at least ${(-first.by_ms / 1000).toFixed(1)} s: a clock was set, or two logs were put together` +
        (others === 0 ? '' : `; so at ${others} more`),
    ];
  }
}

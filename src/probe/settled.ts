import { ns, type Nanoseconds } from '../model/time.js';

/** Last words are remembered for this many probes, to tell a duplicate from a stray. */
const MEMORY = 65_536;

/** What was said of probes that are written: whether they were answered, and when they were due and sent. */
export class Settled {
  readonly #good = new Uint8Array(MEMORY);
  readonly #intendedAt = new Float64Array(MEMORY);
  readonly #sentAt = new Float64Array(MEMORY);

  add(seq: number, good: boolean, intended: Nanoseconds, sent: Nanoseconds | null): void {
    const slot = seq % MEMORY;
    this.#good[slot] = good ? 1 : 0;
    this.#intendedAt[slot] = intended;
    this.#sentAt[slot] = sent ?? Number.NaN;
  }

  /** @param next the sequence number that comes next; what lies too far behind it is forgotten: null. */
  recall(
    seq: number,
    next: number,
  ): { readonly good: boolean; readonly intended: Nanoseconds; readonly sent: Nanoseconds | null } | null {
    if (next - seq > MEMORY) return null;
    const slot = seq % MEMORY;
    const sent = this.#sentAt[slot] as number;
    return {
      good: this.#good[slot] === 1,
      intended: ns(this.#intendedAt[slot] as number),
      sent: Number.isNaN(sent) ? null : ns(sent),
    };
  }
}

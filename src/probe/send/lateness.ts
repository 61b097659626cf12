/**
 * Distribution of send lateness in flat memory: a histogram over buckets that grow by 2 %, from 1 µs to about
 * 100 s. A quantile is the upper end of its bucket, so it is never understated and at most 2 % too large.
 */
const GROWTH = Math.log(1.02);
const FIRST_NS = 1000;

export class LatenessHistogram {
  readonly #buckets = new Uint32Array(1000);
  #count = 0;
  #max = 0;

  add(lateness_ns: number): void {
    const value = Math.max(0, lateness_ns);
    const bucket = value <= FIRST_NS ? 0 : Math.ceil(Math.log(value / FIRST_NS) / GROWTH);
    const index = Math.min(bucket, this.#buckets.length - 1);
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    this.#count += 1;
    if (value > this.#max) this.#max = value;
  }

  /** @returns milliseconds, or null without a sample. */
  quantile(q: number): number | null {
    if (this.#count === 0) return null;
    const rank = Math.ceil(q * this.#count);
    let seen = 0;
    for (let i = 0; i < this.#buckets.length; i++) {
      seen += this.#buckets[i] ?? 0;
      if (seen >= rank) return Math.min(FIRST_NS * Math.exp(i * GROWTH), this.#max) / 1e6;
    }
    return this.#max / 1e6;
  }

  /** @returns milliseconds, or null without a sample. */
  get max(): number | null {
    return this.#count === 0 ? null : this.#max / 1e6;
  }
}

/** Round-trip times of a part of a trial: bucket i begins at `from_s + i * width_s`. */
export interface RttSegment {
  readonly from_s: number;
  readonly width_s: number;
  /** Least and greatest of each bucket in microseconds; null: no answer to a probe that was sent in it. */
  readonly lo_us: readonly (number | null)[];
  readonly hi_us: readonly (number | null)[];
}

const NS_PER_US = 1e3;

/**
 * The least and the greatest delay of each of at most `most` buckets: no spike is averaged away. Flat memory: where a
 * probe comes later than the last bucket, two buckets become one until there is room, or it is left out (`grows` false).
 */
export class RttBuckets {
  readonly from_ns: number;
  #width: number;
  readonly #grows: boolean;
  readonly #least: Float64Array;
  readonly #greatest: Float64Array;
  #used = 0;
  /** The bucket that the newest came into: what is within it changes nothing. */
  #since_ns = 0;
  #until_ns = 0;
  #lo_ns = Infinity;
  #hi_ns = -Infinity;

  constructor(from_ns: number, width_ns: number, most: number, grows: boolean) {
    this.from_ns = from_ns;
    this.#width = width_ns;
    this.#grows = grows;
    // An even number, so that they can be joined in pairs.
    const size = most + (most % 2);
    this.#least = new Float64Array(size).fill(Infinity);
    this.#greatest = new Float64Array(size).fill(-Infinity);
  }

  get width_ns(): number {
    return this.#width;
  }

  get to_ns(): number {
    return this.from_ns + this.#used * this.#width;
  }

  add(sent_ns: number, rtt_ns: number): void {
    if (
      rtt_ns >= this.#lo_ns &&
      rtt_ns <= this.#hi_ns &&
      sent_ns >= this.#since_ns &&
      sent_ns < this.#until_ns
    )
      return;
    let index = Math.floor((sent_ns - this.from_ns) / this.#width);
    if (index < 0) return;
    while (index >= this.#least.length) {
      if (!this.#grows) return;
      this.#join();
      index = Math.floor((sent_ns - this.from_ns) / this.#width);
    }
    if (rtt_ns < (this.#least[index] as number)) this.#least[index] = rtt_ns;
    if (rtt_ns > (this.#greatest[index] as number)) this.#greatest[index] = rtt_ns;
    if (index >= this.#used) this.#used = index + 1;
    this.#since_ns = this.from_ns + index * this.#width;
    this.#until_ns = this.#since_ns + this.#width;
    this.#lo_ns = this.#least[index] as number;
    this.#hi_ns = this.#greatest[index] as number;
  }

  /** The buckets that touch `[from_ns, to_ns)`, without the empty ones at the ends; null: all are empty. */
  segment(from_ns: number, to_ns: number): RttSegment | null {
    let first = Math.max(0, Math.floor((from_ns - this.from_ns) / this.#width));
    let end = Math.min(this.#used, Math.ceil((to_ns - this.from_ns) / this.#width));
    while (first < end && this.#least[first] === Infinity) first += 1;
    while (first < end && this.#least[end - 1] === Infinity) end -= 1;
    if (first >= end) return null;
    const rounded = (value: number): number | null =>
      Number.isFinite(value) ? Math.round(value / NS_PER_US) : null;
    return {
      from_s: (this.from_ns + first * this.#width) / 1e9,
      width_s: this.#width / 1e9,
      lo_us: Array.from(this.#least.subarray(first, end), rounded),
      hi_us: Array.from(this.#greatest.subarray(first, end), rounded),
    };
  }

  #join(): void {
    const least = this.#least;
    const greatest = this.#greatest;
    const half = least.length / 2;
    for (let index = 0; index < half; index += 1) {
      least[index] = Math.min(least[2 * index] as number, least[2 * index + 1] as number);
      greatest[index] = Math.max(greatest[2 * index] as number, greatest[2 * index + 1] as number);
    }
    least.fill(Infinity, half);
    greatest.fill(-Infinity, half);
    this.#width *= 2;
    this.#used = Math.ceil(this.#used / 2);
  }
}

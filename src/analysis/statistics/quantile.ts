/**
 * Median of a stream of durations in flat memory: a histogram with 64 buckets per doubling, so a value is
 * known to +-0.55 % (2^(1/128) - 1), from 1 us to over 1,000 s. A median of equal values is exact, because the
 * answer is held between the smallest and the largest value seen.
 */
const PER_OCTAVE = 64;
/** 2^10 ns, about 1 us; everything shorter shares the lowest bucket. */
const LOWEST = 10 * PER_OCTAVE;
const BUCKETS = 30 * PER_OCTAVE + 1;

/** Where each bucket begins, in nanoseconds. */
const BEGINS = Float64Array.from({ length: BUCKETS + 1 }, (_, index) => 2 ** ((index + LOWEST) / PER_OCTAVE));
/** Of a double: which half has its exponent, and the upper bits of its mantissa. */
const DOUBLE = Float64Array.of(1);
const HALVES = new Uint32Array(DOUBLE.buffer);
const UPPER = HALVES[1] === 0 ? 0 : 1;
/** Bucket of an octave in which the numbers begin that have so much of a mantissa, in steps of 1/256. */
const IN_OCTAVE = Uint8Array.from({ length: 256 }, (_, step) =>
  Math.floor(Math.log2(1 + step / 256) * PER_OCTAVE),
);

/** floor(log2(duration) x 64) - LOWEST within the buckets; the logarithm itself would cost more than all else that is done with a probe. */
const bucketOf = (duration_ns: number): number => {
  if (!(duration_ns >= (BEGINS[1] as number))) return 0;
  if (duration_ns >= (BEGINS[BUCKETS - 1] as number)) return BUCKETS - 1;
  DOUBLE[0] = duration_ns;
  const upper = HALVES[UPPER] as number;
  const octave = (upper >>> 20) - 1023;
  const begin = octave * PER_OCTAVE + (IN_OCTAVE[(upper >>> 12) & 0xff] as number) - LOWEST;
  return duration_ns >= (BEGINS[begin + 1] as number) ? begin + 1 : begin;
};

export class DurationHistogram {
  count = 0;
  min_ns = Infinity;
  max_ns = -Infinity;
  readonly #buckets = new Uint32Array(BUCKETS);
  #lowestUsed = BUCKETS;
  #highestUsed = 0;

  add(duration_ns: number): void {
    const index = bucketOf(duration_ns);
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    if (index < this.#lowestUsed) this.#lowestUsed = index;
    if (index > this.#highestUsed) this.#highestUsed = index;
    if (duration_ns < this.min_ns) this.min_ns = duration_ns;
    if (duration_ns > this.max_ns) this.max_ns = duration_ns;
    this.count++;
  }

  /** The lower median, in whole nanoseconds; null if nothing was added. */
  median(): number | null {
    if (this.count === 0) return null;
    const rank = Math.ceil(this.count / 2);
    let seen = 0;
    let index = this.#lowestUsed;
    while (index < this.#highestUsed) {
      seen += this.#buckets[index] ?? 0;
      if (seen >= rank) break;
      index++;
    }
    const middle = 2 ** ((index + LOWEST + 0.5) / PER_OCTAVE);
    return Math.min(this.max_ns, Math.max(this.min_ns, Math.round(middle)));
  }

  clear(): void {
    if (this.count === 0) return;
    this.#buckets.fill(0, this.#lowestUsed, this.#highestUsed + 1);
    this.#lowestUsed = BUCKETS;
    this.#highestUsed = 0;
    this.count = 0;
    this.min_ns = Infinity;
    this.max_ns = -Infinity;
  }
}

/** Median of a short list, the mean of the two middle values if it is even; null if it is empty. */
export const medianOf = (values: readonly number[]): number | null => {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? null : lower === upper ? lower : (lower + upper) / 2;
};

/**
 * The smallest value that is not exceeded by at least this share of all; null below as many values as it takes for one to
 * be beyond: 20 for 95 %, 100 for 99 %. Of fewer it would be the maximum under another name.
 */
export const quantileOf = (values: readonly number[], share: number): number | null =>
  // 20 values and 0.95: one beyond, if rounding lets it.
  values.length * (1 - share) < 1 - 1e-9
    ? null
    : (values.toSorted((a, b) => a - b)[Math.ceil(share * values.length - 1e-9) - 1] ?? null);

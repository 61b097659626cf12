/** A stretch [from, to) of a series. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/**
 * The stretches in which one change is looked for: the whole, and half, a quarter, ... of its length, each overlapping its
 * neighbour by half (Kovács, Bühlmann, Li & Munk 2023, "Seeded binary segmentation"). In the whole alone, a change that was
 * taken back soon would drown; of these one is always about as long as it lasted.
 */
export const stretchesOf = (length: number, minimum: number): Stretch[] => {
  const stretches: Stretch[] = [];
  for (let parts = 1; length / parts >= 2 * minimum; parts *= 2) {
    const own = length / parts;
    const step = parts === 1 ? 0 : (length - own) / (2 * parts - 2);
    for (let i = 0; i < 2 * parts - 1; i += 1)
      stretches.push({ from: Math.floor(i * step), to: Math.min(length, Math.ceil(i * step + own)) });
  }
  return stretches;
};

/** Where two parts of a series differ most, and how much. */
export interface Split {
  /** First of the later part. */
  readonly index: number;
  /**
   * The square of the standardised rank sum of the part before: 0 if all are equal. Standardised, so that an early or a late
   * split has the same chance as one in the middle (Pettitt's 1979 statistic favours the middle).
   */
  readonly strength: number;
}

/** Prefix sums of the scores and of their squares; filled anew for every order, so made once. */
export class SplitScan {
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;
  readonly #stretches: readonly Stretch[];
  readonly #minimum: number;

  /** Looks for splits with at least `minimum` on each side, inside each of these stretches of a series of this length. */
  constructor(length: number, stretches: readonly Stretch[], minimum: number) {
    this.#sums = new Float64Array(length + 1);
    this.#squares = new Float64Array(length + 1);
    this.#stretches = stretches;
    this.#minimum = minimum;
  }

  /** The strongest split of these scores (ranks), the first of equals. Each stretch is standardised by itself. */
  strongest(scores: Float64Array): Split {
    const sums = this.#sums;
    const squares = this.#squares;
    for (let i = 0; i < scores.length; i += 1) {
      const score = scores[i] as number;
      sums[i + 1] = (sums[i] as number) + score;
      squares[i + 1] = (squares[i] as number) + score * score;
    }
    let index = 0;
    let strength = 0;
    for (const stretch of this.#stretches) {
      const own = this.#inside(stretch);
      if (own.strength > strength) ({ index, strength } = own);
    }
    return { index, strength };
  }

  #inside({ from, to }: Stretch): Split {
    const sums = this.#sums;
    const squares = this.#squares;
    const minimum = this.#minimum;
    const length = to - from;
    const start = sums[from] as number;
    const mean = ((sums[to] as number) - start) / length;
    const variance = ((squares[to] as number) - (squares[from] as number)) / length - mean * mean;
    let index = 0;
    let most = 0;
    for (let before = minimum; before <= length - minimum; before += 1) {
      const excess = (sums[from + before] as number) - start - before * mean;
      const size = (excess * excess) / (before * (length - before));
      if (size > most) {
        most = size;
        index = from + before;
      }
    }
    // Scores are half ranks: a variance below this is rounding, all are equal.
    return { index, strength: variance > 1e-6 ? (most * (length - 1)) / variance : 0 };
  }
}

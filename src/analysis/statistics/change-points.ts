import { hodgesLehmann, type ShiftEstimate } from './hodges-lehmann.js';
import { ascending, doubledMidranks } from './order.js';
import { shuffle, type Random } from './random.js';
import { medianOf } from './quantile.js';

/** A stretch [from, to) of a series. */
interface Stretch {
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
interface Split {
  /** First of the later part. */
  readonly index: number;
  /**
   * The square of the standardised rank sum of the part before: 0 if all are equal. Standardised, so that an early or a late
   * split has the same chance as one in the middle (Pettitt's 1979 statistic favours the middle).
   */
  readonly strength: number;
}

/** Prefix sums of the scores and of their squares; filled anew for every order, so made once. */
class SplitScan {
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

/**
 * Where exactly, in this stretch, one level ends and the next begins, given that it is near `split`. Ranks say best that there
 * is a change, but place it towards the middle: the longer level has more of the ranks between the two. So here the
 * two levels are the medians on both sides of `split`, and the place is where the sum of what speaks for the first level
 * is greatest (Page's 1954 cumulative sum; each value counts for no more than the difference of the two levels).
 * At least `minimum` values are left on both sides.
 */
export const placeOf = (
  series: readonly number[],
  { from, to }: Stretch,
  split: number,
  minimum: number,
): number => {
  const finite = series.filter(Number.isFinite);
  // Above all others is all that is known of `Infinity`, and all that is needed.
  const above = 2 * Math.max(1, ...finite);
  const valueAt = (i: number): number => Math.min(above, series[i] as number);
  const levelOf = (start: number, end: number): number =>
    medianOf(Array.from({ length: end - start }, (_, i) => valueAt(start + i))) ?? 0;
  const [first, second] = [levelOf(from, split), levelOf(split, to)];
  const [low, high] = [Math.min(first, second), Math.max(first, second)];
  let place = split;
  let sum = 0;
  let most = -Infinity;
  for (let i = from; i <= to - minimum; i += 1) {
    if (i >= from + minimum && sum > most) {
      most = sum;
      place = i;
    }
    const excess = Math.min(high, Math.max(low, valueAt(i))) - (low + high) / 2;
    sum += second > first ? -excess : excess;
  }
  return low === high ? split : place;
};

export interface ChangePoint {
  /** First value of the new level. */
  readonly index: number;
  /** That a stretch without any change looks like this; of the search that found it, all positions counted. */
  readonly p: number;
  /** From the level before (since the change point before) to the new one (until the next), with its 95 % interval. */
  readonly shift: ShiftEstimate;
}

/** A level lasts for at least so many values. */
export const SHORTEST_LEVEL = 4;

export interface ChangePointOptions {
  /** Decides nothing but which orders are tried; seeded, the same series gets the same answer. */
  readonly random: Random;
  /** The chance of finding any in a series that has none. */
  readonly alpha?: number;
  /** A level lasts for at least so many values (`SHORTEST_LEVEL`). */
  readonly minimum?: number;
}

/**
 * Random orders tried, times alpha: p is known in steps of alpha / 20. A series of more than 250 values gets fewer, down to
 * alpha / 5 from 1,000 on, or nine changes in 1,000 values take more than half a second.
 */
const ordersTimesAlpha = (length: number): number => Math.max(5, Math.min(20, Math.floor(5_000 / length)));

/** Ranks in the order of the series, less their mean: sums of small numbers lose fewer digits. */
const centredRanks = (values: readonly number[]): Float64Array => {
  const sorted = ascending(values);
  const ranks = doubledMidranks(sorted);
  const rankOf = new Map(Array.from(sorted, (value, i) => [value, ranks[i] as number]));
  return Float64Array.from(values, (value) => ((rankOf.get(value) ?? 0) - values.length - 1) / 2);
};

interface Found {
  readonly index: number;
  readonly p: number;
}

/**
 * The strongest split of these values if it is stronger than in all but a share alpha of random orders of the same values;
 * gives up as soon as that cannot be any more (Besag & Clifford 1991).
 */
const significantSplit = (
  values: readonly number[],
  { random, alpha, minimum }: Required<ChangePointOptions>,
): Found | null => {
  const stretches = stretchesOf(values.length, minimum);
  if (stretches.length === 0) return null;
  const scan = new SplitScan(values.length, stretches, minimum);
  const scores = centredRanks(values);
  const { index, strength } = scan.strongest(scores);
  if (strength === 0) return null;
  const orders = Math.ceil(ordersTimesAlpha(values.length) / alpha) - 1;
  // The same split in another order of its parts sums up differently in the last digits.
  const asStrong = strength * (1 - 1e-9);
  let stronger = 0;
  for (let order = 0; order < orders; order += 1) {
    shuffle(scores, random);
    if (scan.strongest(scores).strength >= asStrong) stronger += 1;
    if (stronger + 1 > alpha * (orders + 1)) return null;
  }
  return { index, p: (stronger + 1) / (orders + 1) };
};

const splitsOf = (
  series: readonly number[],
  { from, to }: Stretch,
  options: Required<ChangePointOptions>,
): Found[] => {
  const found = significantSplit(series.slice(from, to), options);
  if (found === null) return [];
  const index = from + found.index;
  return [
    ...splitsOf(series, { from, to: index }, options),
    { index, p: found.p },
    ...splitsOf(series, { from: index, to }, options),
  ];
};

/**
 * Where the level of a series changed: one value per run, oldest first, `Infinity` for a run that did not recover; gaps are
 * left out by the caller.
 *
 * Rank-based, so that outliers do not matter (Pettitt 1979), by binary segmentation (Vostrikova 1981) over seeded stretches
 * (split.ts). The greatest of all standardised rank sums is held against the same figure in random orders of the same values
 * (a permutation test of the maximum), so a series of exchangeable values without a change gets any change point with
 * probability at most `alpha`, however long it is; each true level adds at most as much. Runs that depend on their
 * neighbours (a drift, a weekly pattern) are not exchangeable, and give more.
 *
 * Throws RangeError on NaN or -Infinity.
 */
export const changePoints = (
  series: readonly number[],
  { random, alpha = 0.01, minimum = SHORTEST_LEVEL }: ChangePointOptions,
): ChangePoint[] => {
  const found = splitsOf(series, { from: 0, to: series.length }, { random, alpha, minimum });
  const bounds = [0, ...found.map(({ index }) => index), series.length];
  for (let i = 1; i < bounds.length - 1; i += 1) {
    const between = { from: bounds[i - 1] as number, to: bounds[i + 1] as number };
    bounds[i] = placeOf(series, between, bounds[i] as number, minimum);
  }
  return found.map(({ p }, i) => {
    const index = bounds[i + 1] as number;
    const before = series.slice(bounds[i], index);
    return { index, p, shift: hodgesLehmann(before, series.slice(index, bounds[i + 2])) };
  });
};

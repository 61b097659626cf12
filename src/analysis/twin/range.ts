import { medianOf } from '../statistics/quantile.js';
import type { Random } from '../statistics/random.js';
import type { Length } from './measured.js';

/** Where a length lies between the least and the most of what it is drawn from, 0..1. */
export type Shape = (random: Random) => number;

export const anywhere: Shape = (random) => random();
/** Of two that run side by side. */
export const slowerOfTwo: Shape = (random) => Math.max(random(), random());

/** One end of a range: what it was taken for, and between what it lies nine times out of ten. */
export type RangeEnd = Length;

/** What lengths were drawn from. */
export interface Range {
  readonly least: RangeEnd;
  readonly most: RangeEnd;
}

const DRAWS = 1000;
const OUTSIDE = 0.05;

/** The smallest value that this share of all does not exceed. */
export const atShare = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;

const endOf = (values: readonly number[]): RangeEnd => {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    lo_ns: atShare(sorted, OUTSIDE),
    at_ns: medianOf(sorted) ?? Number.NaN,
    hi_ns: atShare(sorted, 1 - OUTSIDE),
  };
};

const within = ({ lo_ns, hi_ns }: Length, random: Random): number => lo_ns + (hi_ns - lo_ns) * random();

/**
 * The least and the most that lengths of a shape were drawn from. As many lengths of the shape as there are, drawn between 0
 * and 1, have a least and a most too: the range whose own fall on those that were measured is one that may be behind them.
 * Over many such draws its ends have the spread that so few trials leave (a pivot of the location-scale family: exact, for
 * that shape, whatever the ends are). Each length is anywhere within its own bounds. Of one trial nobody knows how lengths
 * differ: both ends are its bounds.
 */
export const fitRange = (lengths: readonly Length[], shape: Shape, random: Random): Range => {
  const least: number[] = [];
  const most: number[] = [];
  for (let draw = 0; draw < DRAWS; draw++) {
    const measured = lengths.map((length) => within(length, random));
    const [lo, hi] = [Math.min(...measured), Math.max(...measured)];
    if (lengths.length < 2) {
      least.push(lo);
      most.push(hi);
      continue;
    }
    const drawn = lengths.map(() => shape(random));
    const [from, to] = [Math.min(...drawn), Math.max(...drawn)];
    const scale = (hi - lo) / (to - from);
    // Nothing takes less than no time.
    least.push(Math.max(0, lo - scale * from));
    most.push(lo - scale * from + scale);
  }
  return { least: endOf(least), most: endOf(most) };
};

/** An outage as far as it is known, in any unit. */
export interface KnownOutage {
  /** Higher is worse, whatever the length: not recovered is worse than any. */
  readonly rank: number;
  readonly lo: number;
  /** null: not known. */
  readonly hi: number | null;
  /** What is alike may stand for one another sooner. */
  readonly kind: string;
}

const width = ({ lo, hi }: KnownOutage): number => (hi ?? Infinity) - lo;

/** Of two intervals of one truth, less than this share in common is seen once in a hundred (both off by up to T, at random). */
const COMMON = 0.25;

/** They may be one and the same outage: more of the one than chance explains would lie below all that is proven of the other. */
const maySame = (each: KnownOutage, worst: KnownOutage): boolean =>
  each.lo <= (worst.hi ?? Infinity) &&
  (each.hi === null || each.hi - COMMON * (each.hi - each.lo) >= worst.lo);

const middle = ({ lo, hi }: KnownOutage): number => (lo + (hi ?? Infinity)) / 2;

const holds = ({ lo, hi }: KnownOutage, instant: number): boolean =>
  lo <= instant && instant <= (hi ?? Infinity);

/** They say the same: the middle of each lies within the other. */
const agree = (one: KnownOutage, other: KnownOutage): boolean =>
  holds(one, middle(other)) && holds(other, middle(one));

/**
 * The worst of several is the one that is proven to be the longest: the largest lower bound of the highest rank. The one
 * that is known best stands for it, of those of its kind that may be the same outage, and of others that agree with it.
 * The largest point would be that of the luckiest: with four equal streams 0.38 T too long (measured), with five of three
 * kinds, of which only those of one kind may stand for one another, 0.23 T (simulated; so 0.05 T).
 *
 * @returns its index; -1: there are none
 */
export const provenLongest = (all: readonly KnownOutage[]): number => {
  const [first] = all;
  if (first === undefined) return -1;
  const worst = all.reduce(
    (so_far, each) =>
      each.rank > so_far.rank || (each.rank === so_far.rank && each.lo > so_far.lo) ? each : so_far,
    first,
  );
  const stands = (each: KnownOutage): boolean =>
    each.rank === worst.rank && (each.kind === worst.kind ? maySame(each, worst) : agree(each, worst));
  return all.reduce((best, each, index) => {
    const so_far = all[best];
    return stands(each) && (so_far === undefined || width(each) < width(so_far)) ? index : best;
  }, -1);
};

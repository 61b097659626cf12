/** An outage as far as it is known, in any unit. */
export interface KnownOutage {
  /** Higher is worse, whatever the length: not recovered is worse than any. */
  readonly rank: number;
  readonly lo: number;
  /** null: not known. */
  readonly hi: number | null;
  /** Only what is alike may stand for one another. */
  readonly kind: string;
}

const width = ({ lo, hi }: KnownOutage): number => (hi ?? Infinity) - lo;

/** Measured instants are never quite periodic: so much of an interval is no difference. */
const SLACK = 0.05;

/** Its middle is not shorter than what is proven of the worst: else it was another, shorter outage. */
const isAsLong = (each: KnownOutage, worst: KnownOutage): boolean =>
  each.hi === null || (each.lo + each.hi) / 2 >= worst.lo - SLACK * (each.hi - each.lo);

/**
 * The worst of several is the one that is proven to be the longest: the largest lower bound of the highest rank. Of those
 * of its kind whose intervals overlap with it, up to the middle at least, the one that is known best stands for it, since
 * they may be the same outage.
 * The largest point would be that of the luckiest stream: with four equal streams 0.38 T too long (measured).
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
  const overlaps = (each: KnownOutage): boolean =>
    each.rank === worst.rank &&
    each.kind === worst.kind &&
    isAsLong(each, worst) &&
    each.lo <= (worst.hi ?? Infinity);
  return all.reduce((best, each, index) => {
    const so_far = all[best];
    return overlaps(each) && (so_far === undefined || width(each) < width(so_far)) ? index : best;
  }, -1);
};

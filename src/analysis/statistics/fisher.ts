import { massesOf } from './masses.js';

/** Tables that are as likely up to rounding count as equally likely; the tolerance of R's fisher.test. */
const AS_LIKELY = 1 + 1e-7;

/**
 * Fisher's exact test of the table [[a, b], [c, d]] (counts: base survived, base not, candidate survived, candidate not),
 * two-sided: the probability, given the margins, of all tables that are no more likely than this one. That is R's
 * fisher.test and scipy.stats.fisher_exact. 1 if a row or a column is empty.
 */
export const fisherExact = (a: number, b: number, c: number, d: number): number => {
  const row = a + b;
  const column = a + c;
  const total = a + b + c + d;
  const first = Math.max(0, row + column - total);
  const masses = massesOf(
    first,
    Math.min(row, column),
    (k) => ((row - k) * (column - k)) / ((k + 1) * (total - row - column + k + 1)),
  );
  const limit = (masses[a - first] as number) * AS_LIKELY;
  return Math.min(
    1,
    masses.filter((each) => each <= limit).reduce((sum, each) => sum + each, 0),
  );
};

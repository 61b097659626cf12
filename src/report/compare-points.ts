import type { SideFigures } from '../model/comparison.js';
import { sayCount } from './format.js';

/** Of more points than this, only the ends are shown; `--json` has them all. */
const MOST_POINTS = 60;
const ENDS = 5;
const NOT_RECOVERED = '∞';

/** All to the same number of decimals, the finest that a millisecond and three figures of the longest allow. */
const decimalsOf = (values: readonly number[]): number => {
  const longest = Math.max(0, ...values);
  if (longest < 1) return 3;
  return longest < 100 ? 2 : 1;
};

/**
 * The raw points of a side, sorted, in seconds without the unit: `2.61 2.95 3.24 ∞`. One text for each point, so that they
 * can be wrapped; of very many those in the middle are counted.
 */
export const sortedPoints = ({ points }: SideFigures, areCounts: boolean): string[] => {
  const sorted = points.map(({ value_s }) => value_s ?? Infinity).toSorted((a, b) => a - b);
  const decimals = areCounts ? 0 : decimalsOf(sorted.filter((value) => Number.isFinite(value)));
  const texts = sorted.map((value) => (value === Infinity ? NOT_RECOVERED : value.toFixed(decimals)));
  return texts.length <= MOST_POINTS
    ? texts
    : [...texts.slice(0, ENDS), `… ${sayCount(texts.length - 2 * ENDS)} more …`, ...texts.slice(-ENDS)];
};

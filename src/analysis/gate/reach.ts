import type { ComparisonMetric } from '../../model/comparison.js';
import type { NightsNeeded } from '../../model/gate.js';
import { isWithin } from '../statistics/level.js';
import { smallestP } from '../statistics/runs-needed.js';
import { FEWEST_NIGHTS } from './nights.js';

/** Trials on the two sides of one of the comparisons that decide. */
export interface Trials {
  readonly metric: ComparisonMetric;
  readonly base: number;
  readonly candidate: number;
  /** Nights that brought those of the base. */
  readonly nights: number;
}

/**
 * The smallest p that so many trials can give, at complete separation. Of Fisher's exact test only one table is as
 * extreme as all of one side and none of the other, but for sides of one size.
 */
const smallest = ({ metric, base, candidate }: Trials): number => {
  const p = smallestP(base, candidate);
  return metric === 'survived' && base !== candidate ? p / 2 : p;
};

/** Could a regression, however large, reach the level with so many trials? */
export const reaches = (trials: Trials, level: number): boolean =>
  trials.base > 0 && trials.candidate > 0 && isWithin(smallest(trials), level);

/** The smallest count from `from` on that suffices; there is one: p goes to 0 with the larger side. */
const first = (from: number, suffices: (count: number) => boolean): number => {
  let count = from;
  while (!suffices(count)) count += 1;
  return count;
};

const baseNeeded = (trials: Trials, level: number): number =>
  first(Math.max(1, trials.base), (base) => reaches({ ...trials, base }, level));

const candidateNeeded = (trials: Trials, level: number): number | null =>
  trials.base === 0
    ? null
    : first(Math.max(1, trials.candidate), (candidate) => reaches({ ...trials, candidate }, level));

const most = (values: readonly (number | null)[]): number | null =>
  values.some((value) => value === null) ? null : Math.max(...values.map((value) => value ?? 0));

/**
 * How many more nights the baseline must have until all of these can be decided, if they bring as many trials as those
 * that there are (without any, as the run under test); and how many trials the run would need with the nights there are.
 * Null: there is nothing that more nights would help.
 *
 * @param level what each must reach, 0..1
 */
export const nightsNeeded = (family: readonly Trials[], level: number): NightsNeeded | null => {
  const short = family.filter(
    (trials) => trials.candidate > 0 && (trials.nights < FEWEST_NIGHTS || !reaches(trials, level)),
  );
  if (short.length === 0) return null;
  const more = short.map((trials) => {
    const perNight = trials.base > 0 ? trials.base / trials.nights : trials.candidate;
    const forTrials = Math.ceil((baseNeeded(trials, level) - trials.base) / perNight);
    return Math.max(forTrials, FEWEST_NIGHTS - trials.nights);
  });
  const isOfNights = short.some(({ nights }) => nights < FEWEST_NIGHTS);
  return {
    have: Math.min(...short.map(({ nights }) => nights)),
    more: Math.max(...more),
    trials: isOfNights ? null : most(short.map((trials) => candidateNeeded(trials, level))),
  };
};

import type { ComparisonPoint } from '../../model/comparison.js';
import type { BaselineCheck, NightStanding } from '../../model/gate.js';
import { groupBy } from '../../model/group-by.js';
import { medianOf } from '../statistics/quantile.js';

/** With fewer nights before it, nothing tells a regression from a night that differs by itself. */
export const FEWEST_NIGHTS = 10;
/** The chance that one night of n + 1 that are alike is above all others is 1 / (n + 1): 5 % from here on. */
export const NIGHTS_FOR_ONE = 19;

/**
 * What a night is to be held against others by, the larger the worse: the median trial's outage in seconds, Infinity where
 * that did not recover; of sessions the share of trials in which not all of them lived.
 *
 * @param points of one night and metric, not empty
 */
const figureOf = (points: readonly ComparisonPoint[], metric: BaselineCheck['metric']): number => {
  if (metric === 'survived')
    return points.filter(({ survived }) => survived === false).length / points.length;
  return medianOf(points.map(({ value_s }) => value_s ?? Infinity).toSorted((a, b) => a - b)) ?? Infinity;
};

/** One figure per night, in the order of the points. */
const figuresOf = (points: readonly ComparisonPoint[], metric: BaselineCheck['metric']): number[] =>
  [...groupBy(points, ({ run }) => run).values()].map((night) => figureOf(night, metric));

/**
 * How the night under test stands to those before it (docs/method.md: trials of one night are not exchangeable with those of
 * another). Nights that are alike put this one above all of n with probability 1 / (n + 1), two in a row above all of n with
 * 2 / ((n + 1)(n + 2)): so one is believed from `NIGHTS_FOR_ONE` on, several in a row, of which the earlier ones are in the
 * baseline already, from `FEWEST_NIGHTS`. Both together: at most 5.3 % (at 19 nights) where nights are all that differs.
 *
 * @param base points of the baseline's nights, oldest night first
 * @param own points of the night under test
 */
export const standingOf = (
  base: readonly ComparisonPoint[],
  own: readonly ComparisonPoint[],
  metric: BaselineCheck['metric'],
): NightStanding => {
  const nights = figuresOf(base, metric);
  const [tested] = figuresOf(own, metric);
  const none = { nights: nights.length, in_a_row: 0, beyond: false };
  if (tested === undefined) return none;
  let found: NightStanding = tested > Math.max(...nights) ? { ...none, in_a_row: 1 } : none;
  let least = tested;
  // Of several, where the step is highest.
  let step = 0;
  for (let inARow = 1; nights.length + 1 - inARow >= FEWEST_NIGHTS; inARow += 1) {
    const earlier = nights.slice(0, nights.length + 1 - inARow);
    if (inARow > 1) least = Math.min(least, nights[earlier.length] as number);
    const rise = least - Math.max(...earlier);
    if (rise > step && (inARow > 1 || earlier.length >= NIGHTS_FOR_ONE)) {
      found = { nights: earlier.length, in_a_row: inARow, beyond: true };
      step = rise;
    }
  }
  return found;
};

/** How nights vary beside how trials of one night do, both as standard deviations in seconds. */
export interface NightSpread {
  readonly nights_s: number;
  readonly trials_s: number;
}

/** With fewer, chance makes nights look apart. */
const FEWEST_FOR_SPREAD = 5;

/**
 * Variance components of a one-way random model by the method of moments (Searle, Casella & McCulloch 1992, §3.6). Outages
 * that did not recover have no part in it.
 *
 * @returns null where nights do not vary more than the trials within them, or are too few to tell
 */
export const widerNights = (points: readonly ComparisonPoint[]): NightSpread | null => {
  const nights = [...groupBy(points, ({ run }) => run).values()]
    .map((night) => night.flatMap(({ value_s }) => value_s ?? []))
    .filter((night) => night.length > 0);
  const all = nights.flat();
  const freedom = all.length - nights.length;
  if (nights.length < FEWEST_FOR_SPREAD || freedom < FEWEST_FOR_SPREAD) return null;
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const whole = mean(all);
  let [within, between] = [0, 0];
  for (const night of nights) {
    const own = mean(night);
    within += night.reduce((sum, value) => sum + (value - own) ** 2, 0) / freedom;
    between += (night.length * (own - whole) ** 2) / (nights.length - 1);
  }
  const size =
    (all.length - nights.reduce((sum, night) => sum + night.length ** 2, 0) / all.length) /
    (nights.length - 1);
  const component = (between - within) / size;
  return component > within ? { nights_s: Math.sqrt(component), trials_s: Math.sqrt(within) } : null;
};

import type { Comparison, ComparisonMetric, SideFigures } from '../../model/comparison.js';
import { groupBy } from '../../model/group-by.js';

/** In the order in which they first appear. */
export const byKey = (comparisons: readonly Comparison[]): Map<string, Comparison[]> =>
  groupBy(comparisons, ({ key }) => key);

const valuesOf = ({ points }: SideFigures): readonly unknown[] =>
  points.map(({ value_s, survived }) => survived ?? value_s);

/**
 * Metrics that are one and the same in every trial are one row, `longest, total`: with a single loss period the total is
 * the longest.
 */
export const sameMetrics = (group: readonly Comparison[]): ComparisonMetric[][] => {
  const bySignature = new Map<string, ComparisonMetric[]>();
  for (const metric of new Set(group.map((each) => each.metric))) {
    const signature = JSON.stringify(
      group
        .filter((each) => each.metric === metric)
        .map((each) => [
          valuesOf(each.base),
          valuesOf(each.candidate_figures),
          each.verdict,
          each.limited_by_interval,
        ]),
    );
    bySignature.set(signature, [...(bySignature.get(signature) ?? []), metric]);
  }
  return [...bySignature.values()];
};

/** A comparison, and all metrics of which it is true. */
export interface DifferenceRow extends Comparison {
  readonly metrics: readonly ComparisonMetric[];
}

/** @param group the comparisons of one key with one candidate */
export const differenceRows = (group: readonly Comparison[]): DifferenceRow[] =>
  sameMetrics(group).flatMap((metrics) => {
    const comparison = group.find(({ metric }) => metric === metrics[0]);
    return comparison === undefined ? [] : [{ ...comparison, metrics }];
  });

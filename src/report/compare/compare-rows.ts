import type { Comparison, ComparisonMetric, ComparisonResult, SideFigures } from '../../model/comparison.js';
import {
  sortedPoints,
  LIMITED,
  METRIC_NAME,
  sayHolm,
  sayNeeded,
  sayShare,
  sayTimes,
  sayUnresolved,
} from './compare-words.js';
import { byKey, sameMetrics } from './folded-metrics.js';
import { sayLevel, saySeconds } from '../../analysis/words/format.js';

/** What the tables and lists of a comparison hold. */

/** `lab-vrrp / crash / failover / stateless / round-trip / ipv4: ping` */
export const keyLine = ([first]: readonly Comparison[]): string => {
  if (first === undefined) return '';
  return first.parts.session === null ? `${first.key}: ${first.subjects.join(', ')}` : first.key;
};

export const nameOf = (metrics: readonly ComparisonMetric[]): string =>
  metrics.map((metric) => METRIC_NAME[metric]).join(', ');

/** What is to be said of a verdict, once for all metrics of which it is true. */
export const qualifications = (group: readonly Comparison[], tests: number, confidence: number): string[] => {
  const metrics = new Map<string, string[]>();
  for (const comparison of group) {
    const found = [
      comparison.limited_by_interval ? LIMITED : null,
      sayUnresolved(comparison),
      sayHolm(comparison, { confidence, tests }),
      comparison.verdict === 'not enough runs' ? sayNeeded(comparison, confidence) : null,
    ].filter((said) => said !== null);
    for (const said of found)
      metrics.set(said, [...(metrics.get(said) ?? []), METRIC_NAME[comparison.metric]]);
  }
  return [...metrics].map(([said, names]) => `${names.join(', ')}: ${said}`);
};

export const labelOf = ({ candidates }: ComparisonResult, candidate: string): string =>
  candidates.find(({ name }) => name === candidate)?.label ?? candidate;

interface SideOf {
  readonly label: string;
  readonly figures: SideFigures;
}

/** The base, then every candidate. */
const sidesOf = (result: ComparisonResult, ofMetric: readonly Comparison[]): SideOf[] => [
  ...ofMetric.slice(0, 1).map(({ base }) => ({ label: result.base.label, figures: base })),
  ...ofMetric.map((each) => ({ label: labelOf(result, each.candidate), figures: each.candidate_figures })),
];

/** `10.1.3: median of all trials like these 2.61 s to 3.24 s (96.8 %)`, `at least 2.61 s`; nothing below 6 trials. */
const sayMedianOf = ({ label, figures }: SideOf): string[] => {
  const { median_lo_s: lo, median_hi_s: hi, median_level: level } = figures;
  if (level === null || lo === null) return [];
  const ends = hi === null ? `at least ${saySeconds(lo)}` : `${saySeconds(lo)} to ${saySeconds(hi)}`;
  return [`${label}: median of all trials like these ${ends} (${sayLevel(level)})`];
};

/** The intervals of the medians of the longest outages, one for each side that has one. */
export const medianLines = (result: ComparisonResult, group: readonly Comparison[]): string[] =>
  sidesOf(
    result,
    group.filter(({ metric }) => metric === 'longest'),
  ).flatMap(sayMedianOf);

/** One side's trials of one metric, or of several that are one and the same. */
export interface SideRow {
  readonly metrics: readonly ComparisonMetric[];
  readonly label: string;
  /** null: the row only goes on with the points of the one above. */
  readonly figures: SideFigures | null;
  readonly points: readonly string[];
}

/** An order statistic over n trials; what did not recover ranks above all. Never a bare 0. */
export const sayOrder = (name: 'min_s' | 'median_s' | 'max_s', { metrics, figures }: SideRow): string => {
  if (figures === null) return '';
  const value_s = figures[name];
  if (value_s === null) return figures.n === 0 ? '' : '∞';
  if (value_s === 0) return metrics[0] === 'stall' ? 'none' : 'no loss';
  return metrics[0] === 'count' ? sayTimes(value_s) : saySeconds(value_s);
};

/** For each metric that is a time: the base, then every candidate. */
export const sideRows = (result: ComparisonResult, group: readonly Comparison[]): SideRow[] => {
  const timed = group.filter(({ metric }) => metric !== 'survived');
  return sameMetrics(timed).flatMap((metrics) =>
    sidesOf(
      result,
      timed.filter(({ metric }) => metric === metrics[0]),
    ).map((side) => ({ metrics, ...side, points: sortedPoints(side.figures, metrics[0] === 'count') })),
  );
};

export interface Survival {
  readonly key: string;
  /** One for each side. */
  readonly lines: readonly string[];
}

export const survivals = (result: ComparisonResult): Survival[] =>
  [...byKey(result.comparisons.filter(({ metric }) => metric === 'survived'))].map(([key, group]) => ({
    key,
    lines: sidesOf(result, group).map(({ label, figures }) => `${label}: ${sayShare(figures)}`),
  }));

/** Trials and runs that are not among the points, and why. */
export const leftOutLines = ({ excluded, leftOut }: ComparisonResult): string[] => [
  ...excluded.map(({ run, trial, phase, why }) => `${run}, trial ${trial}, ${phase}: ${why}`),
  ...leftOut.map(({ path, why }) => `${path}: ${why}`),
];

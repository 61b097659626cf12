import type {
  Comparison,
  ComparisonMetric,
  ComparisonResult,
  ComparedSide,
  Margin,
} from '../../model/comparison.js';
import type { MeasuredPhase } from '../../model/event.js';
import type { Side } from '../../model/figures.js';
import { holm } from '../statistics/holm.js';
import {
  requireCommonKey,
  requireDifferentNames,
  requireDifferentRuns,
  requireRuns,
  requireTrials,
} from './check.js';
import {
  marginNotes,
  oneSidedNotes,
  settingNotes,
  singleRunNotes,
  untestedNotes,
  versionNotes,
} from './notes.js';
import {
  type KeyedPoints,
  SESSION_METRICS,
  sidePoints,
  type SidePoints,
  STREAM_METRICS,
  wasDownOften,
} from './points.js';
import { runLines } from '../words/stream-lines.js';
import { comparedSides, prepareSide } from './side.js';
import { compareSurvival } from './survival.js';
import { compareTimes } from './times.js';
import { usage } from '../../model/error.js';

interface NamedPoints {
  readonly name: string;
  readonly points: SidePoints;
}

const isOfSessions = (metric: ComparisonMetric): boolean =>
  (SESSION_METRICS as readonly ComparisonMetric[]).includes(metric);

/** What a side has to show for these metrics: its keys, or why there are none. */
const sayOwn = (
  { name, points: { keys, untested } }: NamedPoints,
  metrics: readonly ComparisonMetric[],
): string => {
  const sessions = metrics.some(isOfSessions);
  const own = [...keys].filter(([, { parts }]) => (parts.session !== null) === sessions);
  if (own.length > 0) return `${name} has ${own.map(([key]) => key).join('; ')}`;
  if (!sessions) return `${name} has no streams`;
  return `${name} has no sessions${untested.length === 0 ? '' : ' that crossed the failed node'}`;
};

/** Throws KnownError: no key that two sides have in common has one of these metrics. */
export const refuseMetrics = (sides: readonly NamedPoints[], metrics: readonly ComparisonMetric[]): never => {
  throw usage(
    `nothing to compare by ${metrics.join(', ')}: ${sides.map((side) => sayOwn(side, metrics)).join(', ')}`,
    'survived and stall are of sessions, the others of streams; leave --metric out for all there is',
  );
};

export interface CompareOptions {
  readonly margin: Margin;
  /** Least level of an interval, as in 0.95. */
  readonly confidence: number;
  /** null: all that the sides have. */
  readonly metrics: readonly ComparisonMetric[] | null;
  /** null: both. */
  readonly phase: MeasuredPhase | null;
}

export const DEFAULT_MARGIN: Margin = { kind: 'share', value: 0.1 };
export const DEFAULT_CONFIDENCE = 0.95;

/**
 * Where no trial of either side was down more than once, `span` and `count` say nothing that `longest` does not, and would only
 * make the others harder to be seen: both sides together decide, so that the choice does not favor one.
 */
const isTold = (metric: ComparisonMetric, sides: readonly KeyedPoints[]): boolean =>
  (metric !== 'span' && metric !== 'count') || wasDownOften(sides);

const metricsOf = (
  sides: readonly [KeyedPoints, KeyedPoints],
  wanted: CompareOptions['metrics'],
): ComparisonMetric[] => {
  const own: readonly ComparisonMetric[] = sides[0].parts.session === null ? STREAM_METRICS : SESSION_METRICS;
  return own.filter((metric) => (wanted === null ? isTold(metric, sides) : wanted.includes(metric)));
};

const compareKey = (
  key: string,
  [base, candidate]: readonly [KeyedPoints, KeyedPoints],
  name: string,
  { margin, confidence, metrics }: CompareOptions,
): Comparison[] =>
  metricsOf([base, candidate], metrics).map((metric) => {
    const [left, right] = [base.points.get(metric) ?? [], candidate.points.get(metric) ?? []];
    return {
      key,
      parts: base.parts,
      subjects: [...new Set([...base.subjects, ...candidate.subjects])],
      metric,
      candidate: name,
      p_holm: null,
      ...(metric === 'survived'
        ? compareSurvival(left, right, confidence)
        : compareTimes(left, right, margin, confidence)),
    };
  });

/** All keys that both have, in the order in which the base has them. */
const comparePair = (
  base: SidePoints,
  candidate: SidePoints,
  name: string,
  options: CompareOptions,
): Comparison[] => {
  const comparisons = [...base.keys].flatMap(([key, own]) => {
    const other = candidate.keys.get(key);
    return other === undefined ? [] : compareKey(key, [own, other], name, options);
  });
  const adjusted = holm(comparisons.map(({ p_two_sided }) => p_two_sided));
  return comparisons.map((comparison, index) => ({ ...comparison, p_holm: adjusted[index] ?? null }));
};

/**
 * Every candidate against the base, key by key and metric by metric (docs/method.md, "Comparing, with few repeats"). A
 * trial's value is its worst stream with the key, never an average. Throws KnownError (wrong usage) with a side that has no
 * run or no valid trial, a run on both sides, no key in common, or none with one of the metrics.
 */
export const compareSides = (
  base: Side,
  candidates: readonly Side[],
  options: CompareOptions,
): ComparisonResult => {
  const prepared = [base, ...candidates].map(prepareSide);
  const [own, ...others] = prepared;
  if (own === undefined) throw new Error('no base');
  requireDifferentNames(prepared);
  prepared.forEach(requireRuns);
  for (const other of others) requireDifferentRuns(own, other);
  const points = prepared.map(({ name, runs }) => sidePoints(name, runs, options.phase));
  prepared.forEach((side, index) => requireTrials(side, points[index] as SidePoints, options.phase));
  const sides = comparedSides(prepared, points);
  const [baseSide, ...candidateSides] = sides as [ComparedSide, ...ComparedSide[]];
  const [basePoints, ...candidatePoints] = points as [SidePoints, ...SidePoints[]];
  const pairs = candidateSides.map((side, index) => ({ side, points: candidatePoints[index] as SidePoints }));
  for (const pair of pairs) requireCommonKey([baseSide, pair.side], [basePoints, pair.points]);
  const comparisons = pairs.flatMap((pair) => comparePair(basePoints, pair.points, pair.side.name, options));
  if (comparisons.length === 0 && options.metrics !== null)
    refuseMetrics(
      prepared.map(({ name }, index) => ({ name, points: points[index] as SidePoints })),
      options.metrics,
    );
  return {
    base: baseSide,
    candidates: candidateSides,
    margin: options.margin,
    confidence: options.confidence,
    comparisons,
    excluded: points.flatMap(({ excluded }) => excluded),
    leftOut: prepared.flatMap(({ leftOut }) => leftOut),
    notes: [
      ...new Set([
        ...singleRunNotes(sides, comparisons),
        ...prepared.flatMap(({ notes }) => notes),
        ...pairs.flatMap((pair) => oneSidedNotes([baseSide, basePoints], [pair.side, pair.points])),
        ...untestedNotes(points),
        ...sides.flatMap(({ label }, index) =>
          runLines(label, prepared[index]?.runs.flatMap(({ streams }) => streams) ?? []),
        ),
        ...versionNotes(sides),
        ...settingNotes(prepared, sides),
        ...marginNotes(comparisons, options.margin),
      ]),
    ],
  };
};

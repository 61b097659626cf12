import type {
  Comparison,
  ComparisonPoint,
  ComparisonVerdict,
  Margin,
  SideFigures,
} from '../../model/comparison.js';
import { medianOf } from '../statistics/quantile.js';
import { hodgesLehmann } from '../statistics/hodges-lehmann.js';
import { judgeShift, type JudgedBy } from '../statistics/judge.js';
import { mannWhitney } from '../statistics/mann-whitney.js';
import { medianInterval } from '../statistics/median-interval.js';
import { runsNeeded, runsNeededPerSide } from '../statistics/runs-needed.js';

type End = 'lo_s' | 'value_s' | 'hi_s';

/** What every comparison says of its two sides, beside what it is a comparison of. */
export type Judged = Omit<Comparison, 'key' | 'parts' | 'subjects' | 'metric' | 'candidate' | 'p_holm'>;

/** `not-recovered` ranks as longer than any (docs/method.md, "Comparing, with few repeats"). */
const ranked = (points: readonly ComparisonPoint[], end: End): number[] =>
  points.map((point) => point[end] ?? Infinity);

const finite = (value: number | null | undefined): number | null =>
  value === null || value === undefined || !Number.isFinite(value) ? null : value;

/** In the order of the trials; the statistics in seconds. */
const timeFigures = (points: readonly ComparisonPoint[], confidence: number): SideFigures => {
  const sorted = ranked(points, 'value_s').toSorted((a, b) => a - b);
  const interval = medianInterval(sorted, confidence);
  return {
    n: points.length,
    censored: sorted.filter((value) => value === Infinity).length,
    min_s: finite(sorted[0]),
    median_s: finite(medianOf(sorted)),
    max_s: finite(sorted.at(-1)),
    median_lo_s: finite(interval?.lo),
    median_hi_s: finite(interval?.hi),
    median_level: interval?.level ?? null,
    survived: null,
    survived_lo: null,
    survived_hi: null,
    points,
  };
};

/** Of the measured intervals of a side; one that did not recover has none. 0 without any. */
const halfWidth = (points: readonly ComparisonPoint[]): number =>
  medianOf(points.flatMap(({ lo_s, hi_s }) => (lo_s === null || hi_s === null ? [] : [(hi_s - lo_s) / 2]))) ??
  0;

/** Where the base's median is 0 or not known, a share of it is no margin. null: there is no base. */
const marginOf = (base: SideFigures, { kind, value }: Margin): number | null => {
  if (base.n === 0) return null;
  return kind === 'seconds' ? value : value * (base.median_s ?? 0);
};

const ratioOf = (base: SideFigures, candidate: SideFigures): number | null =>
  base.median_s === null || base.median_s === 0 || candidate.median_s === null
    ? null
    : candidate.median_s / base.median_s;

/** Trials the candidate needs against those of the base; with an empty base what each side needs. */
const neededOf = (base_n: number, alpha: number): number =>
  runsNeeded(base_n, alpha) ?? runsNeededPerSide(alpha);

/**
 * The same on all lower and on all upper ends: is it another verdict? One that says something and does not hold there
 * says nothing; it is limited by the probe interval.
 */
const heldAgainstEnds = (
  verdict: ComparisonVerdict,
  again: (end: End) => ComparisonVerdict,
): Pick<Comparison, 'verdict' | 'limited_by_interval'> => {
  if (verdict === 'not enough runs') return { verdict, limited_by_interval: false };
  const flips = again('lo_s') !== verdict || again('hi_s') !== verdict;
  return { verdict: flips ? 'no evidence' : verdict, limited_by_interval: flips };
};

/** Two sides of a time, longer being worse. Seconds; shifts are candidate less base. */
export const compareTimes = (
  basePoints: readonly ComparisonPoint[],
  candidatePoints: readonly ComparisonPoint[],
  margin: Margin,
  confidence: number,
): Judged => {
  const [base, candidate] = [timeFigures(basePoints, confidence), timeFigures(candidatePoints, confidence)];
  const shiftOf = (end: End): ReturnType<typeof hodgesLehmann> =>
    hodgesLehmann(ranked(basePoints, end), ranked(candidatePoints, end), confidence);
  const margin_s = marginOf(base, margin);
  const resolution = halfWidth(basePoints) + halfWidth(candidatePoints);
  const by: JudgedBy = { margin: margin_s ?? 0, resolution };
  const estimate = shiftOf('value_s');
  const verdict = judgeShift(estimate, by);
  const empty = base.n === 0 || candidate.n === 0;
  return {
    base_n: base.n,
    candidate_n: candidate.n,
    p_two_sided: empty
      ? null
      : mannWhitney(ranked(basePoints, 'value_s'), ranked(candidatePoints, 'value_s')).p_two_sided,
    shift_s: finite(estimate.shift),
    shift_lo_s: finite(estimate.lo),
    shift_hi_s: finite(estimate.hi),
    level: estimate.level,
    ratio: ratioOf(base, candidate),
    margin_s,
    resolution_s: empty ? null : resolution,
    ...heldAgainstEnds(verdict, (end) => judgeShift(shiftOf(end), by)),
    n_needed: verdict === 'not enough runs' ? neededOf(base.n, 1 - confidence) : null,
    base,
    candidate_figures: candidate,
  };
};

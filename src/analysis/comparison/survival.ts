import type { ComparisonPoint, ComparisonVerdict, SideFigures } from '../../model/comparison.js';
import { clopperPearson } from '../statistics/clopper-pearson.js';
import { fisherExact } from '../statistics/fisher.js';
import { isWithin } from '../statistics/level.js';
import { first, runsNeededPerSide } from '../statistics/runs-needed.js';
import type { Judged } from './times.js';

const shareFigures = (points: readonly ComparisonPoint[], confidence: number): SideFigures => {
  const survived = points.filter((point) => point.survived === true).length;
  const { lo, hi } = clopperPearson(survived, points.length, confidence);
  return {
    n: points.length,
    censored: 0,
    min_s: null,
    median_s: null,
    max_s: null,
    median_lo_s: null,
    median_hi_s: null,
    median_level: null,
    survived,
    survived_lo: lo,
    survived_hi: hi,
    points,
  };
};

/** The smallest p of so many trials: all of one side survived, none of the other. */
const smallestP = (base_n: number, candidate_n: number): number => fisherExact(base_n, 0, 0, candidate_n);

/** Trials the candidate needs against those of the base; with an empty base what each side needs. */
const neededOf = (base_n: number, alpha: number): number =>
  base_n === 0 ? runsNeededPerSide(alpha) : first((n) => isWithin(smallestP(base_n, n), alpha));

const verdictOf = (
  base: SideFigures,
  candidate: SideFigures,
  p: number,
  alpha: number,
): ComparisonVerdict => {
  if (!isWithin(smallestP(base.n, candidate.n), alpha)) return 'not enough runs';
  if (!isWithin(p, alpha)) return 'no evidence';
  return (candidate.survived ?? 0) / candidate.n < (base.survived ?? 0) / base.n ? 'worse' : 'better';
};

/**
 * Two sides of survival, by Fisher's exact test on trials (sessions of one trial are not independent). Never
 * `equivalent`: that two shares are equal takes more trials than anybody repeats.
 */
export const compareSurvival = (
  basePoints: readonly ComparisonPoint[],
  candidatePoints: readonly ComparisonPoint[],
  confidence: number,
): Judged => {
  const base = shareFigures(basePoints, confidence);
  const candidate = shareFigures(candidatePoints, confidence);
  const empty = base.n === 0 || candidate.n === 0;
  const [lived, livedToo] = [base.survived ?? 0, candidate.survived ?? 0];
  const p = empty ? null : fisherExact(lived, base.n - lived, livedToo, candidate.n - livedToo);
  const verdict = p === null ? 'not enough runs' : verdictOf(base, candidate, p, 1 - confidence);
  return {
    base_n: base.n,
    candidate_n: candidate.n,
    p_two_sided: p,
    shift_s: null,
    shift_lo_s: null,
    shift_hi_s: null,
    level: null,
    ratio: null,
    margin_s: null,
    resolution_s: null,
    verdict,
    limited_by_interval: false,
    n_needed: verdict === 'not enough runs' ? neededOf(base.n, 1 - confidence) : null,
    base,
    candidate_figures: candidate,
  };
};

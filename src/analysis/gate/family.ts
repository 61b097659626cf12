import type { Comparison } from '../../model/comparison.js';
import type { BaselineCheck, GateReason, NightsNeeded } from '../../model/gate.js';
import type { Verdict } from '../../model/record.js';
import type { SidePoints } from '../comparison/points.js';
import { holm } from '../statistics/holm.js';
import { isWithin } from '../statistics/level.js';
import { nightsNeeded, reaches, type Trials } from './reach.js';

/**
 * What decides, fixed beforehand: the longest outage of every key of streams, and whether every session lived of every
 * entry. The other metrics say the same once more (the total of one period is its longest), and each of them would make
 * it harder for these to be seen (docs/nightly.md, "What decides").
 */
interface Primary extends Trials {
  readonly key: string;
  readonly metric: BaselineCheck['metric'];
  /** null: the baseline does not have it. */
  readonly comparison: Comparison | null;
}

export interface Family {
  /** How many are tested together. */
  readonly size: number;
  readonly checks: readonly BaselineCheck[];
  /** null: all that decides can be decided, or nights would not help. */
  readonly needed: NightsNeeded | null;
}

const primaries = (tested: SidePoints, comparisons: readonly Comparison[]): Primary[] =>
  [...tested.keys].map(([key, { parts, points }]) => {
    const metric = parts.session === null ? 'longest' : 'survived';
    const comparison = comparisons.find((each) => each.key === key && each.metric === metric) ?? null;
    return {
      key,
      metric,
      comparison,
      base: comparison?.base_n ?? 0,
      candidate: points.get(metric)?.length ?? 0,
      nights: new Set(comparison?.base.points.map(({ run }) => run)).size,
    };
  });

const VERDICT: Readonly<Record<GateReason, Verdict>> = {
  regression: 'fail',
  'limited by the probes': 'inconclusive',
  'worse alone': 'pass',
  'no regression': 'pass',
  'not enough runs': 'inconclusive',
  'not in baseline': 'inconclusive',
  'no valid trial': 'inconclusive',
};

/**
 * Longer for certain and by more than the margin, which is `worse` but for the probes: the verdict does not hold at the ends
 * of the measured intervals, or the shift is below the resolution.
 */
const isHidden = ({ verdict, shift_s, shift_lo_s, margin_s }: Comparison): boolean =>
  verdict !== 'worse' &&
  shift_lo_s !== null &&
  shift_lo_s > 0 &&
  (shift_s === null || shift_s > (margin_s ?? 0));

const reasonOf = (primary: Primary, p: number | null, level: number, alpha: number): GateReason => {
  const { comparison, base, candidate } = primary;
  if (candidate === 0) return 'no valid trial';
  if (comparison === null || base === 0) return 'not in baseline';
  const isWorse = comparison.verdict === 'worse';
  if (p !== null && isWithin(p, alpha)) {
    if (isWorse) return 'regression';
    if (isHidden(comparison)) return 'limited by the probes';
  }
  if (!reaches(primary, level)) return 'not enough runs';
  return isWorse ? 'worse alone' : 'no regression';
};

/**
 * What the comparisons with the baseline decide together: the chance of a false alarm among them all is at most alpha.
 *
 * @param tested points of the run under test: its keys are what decides
 */
export const judgeFamily = (
  tested: SidePoints,
  comparisons: readonly Comparison[],
  alpha: number,
): Family => {
  const family = primaries(tested, comparisons);
  const adjusted = holm(family.map(({ comparison }) => comparison?.p_two_sided ?? null));
  // What brings no trial takes no part: the others need not be surer for its sake.
  const size = family.filter(({ candidate }) => candidate > 0).length;
  const level = alpha / Math.max(1, size);
  const checks = family.map((primary, index): BaselineCheck => {
    const { key, metric, comparison, base, candidate } = primary;
    const p_gate = adjusted[index] ?? null;
    const reason = reasonOf(primary, p_gate, level, alpha);
    return {
      of: 'baseline',
      name: `${metric}: ${key}`,
      key,
      metric,
      reason,
      verdict: VERDICT[reason],
      comparison,
      base_n: base,
      candidate_n: candidate,
      p_gate,
    };
  });
  return {
    size,
    checks,
    needed: nightsNeeded(
      family.filter((each) => !reaches(each, level)),
      level,
    ),
  };
};

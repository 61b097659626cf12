import type { Comparison, ComparisonMetric } from '../../model/comparison.js';
import type { RunSummary } from '../../model/figures.js';
import type { BaselineCheck, GateReason, NightsNeeded, NightStanding } from '../../model/gate.js';
import type { Verdict } from '../../model/record.js';
import { type KeyedPoints, type SidePoints, wasDownOften } from '../comparison/points.js';
import { holm } from '../statistics/holm.js';
import { isWithin } from '../statistics/level.js';
import { FEWEST_NIGHTS, standingOf } from './nights.js';
import { isPlanned } from './planned.js';
import { smallestP } from '../statistics/runs-needed.js';

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

/**
 * What decides, fixed beforehand: the longest outage of every key of streams, and whether every session lived of every
 * entry. The other metrics say the same once more (the total of one period is its longest), and each of them would make
 * it harder for these to be seen (docs/nightly.md, "What decides").
 */
interface Primary extends Trials {
  readonly key: string;
  readonly metric: BaselineCheck['metric'];
  /** null: one of the two does not have it. */
  readonly comparison: Comparison | null;
  /** Of what the run does not have; null: it has it. */
  readonly gone: 'not measured in this run' | 'no longer in the scenario' | null;
  /** null: one of the two has no figure. */
  readonly standing: NightStanding | null;
}

export interface Family {
  /** How many are tested together. */
  readonly size: number;
  readonly checks: readonly BaselineCheck[];
  /** null: all that decides can be decided, or nights would not help. */
  readonly needed: NightsNeeded | null;
}

/** Of streams that were down more than once in the run or the baseline the other three decide as well (docs/nightly.md). */
const OFTEN: readonly Primary['metric'][] = ['longest', 'total', 'span', 'count'];

const metricsOf = (...all: readonly KeyedPoints[]): readonly Primary['metric'][] => {
  if (all[0]?.parts.session !== null) return ['survived'];
  return wasDownOften(all) ? OFTEN : ['longest'];
};

const primaries = (tested: SidePoints, base: SidePoints, comparisons: readonly Comparison[]): Primary[] =>
  [...tested.keys].flatMap(([key, keyed]) => {
    const before = base.keys.get(key);
    return metricsOf(keyed, ...(before === undefined ? [] : [before])).map((metric) =>
      primaryOf(key, metric, keyed, comparisons),
    );
  });

const primaryOf = (
  key: string,
  metric: Primary['metric'],
  { points }: KeyedPoints,
  comparisons: readonly Comparison[],
): Primary => {
  const comparison = comparisons.find((each) => each.key === key && each.metric === metric) ?? null;
  const own = points.get(metric) ?? [];
  return {
    key,
    metric,
    comparison,
    gone: null,
    base: comparison?.base_n ?? 0,
    candidate: own.length,
    nights: new Set(comparison?.base.points.map(({ run }) => run)).size,
    standing: comparison === null ? null : standingOf(comparison.base.points, own, metric),
  };
};

/** What decided in the baseline and is not in the run at all: without it, its loss would be a pass. */
const gonePrimaries = (tested: SidePoints, base: SidePoints, settings: RunSummary['settings']): Primary[] => {
  const untested = new Set(tested.untested.map((each) => each.key));
  return [...base.keys]
    .filter(([key]) => !tested.keys.has(key))
    .map(([key, keyed]): Primary => {
      const [metric = 'longest'] = metricsOf(keyed);
      const points = keyed.points.get(metric) ?? [];
      return {
        key,
        metric,
        comparison: null,
        // Sessions that have rows, though none was tested, are in the scenario whatever its settings tell.
        gone:
          untested.has(key) || isPlanned(keyed, settings)
            ? 'not measured in this run'
            : 'no longer in the scenario',
        base: points.length,
        candidate: 0,
        nights: new Set(points.map(({ run }) => run)).size,
        standing: null,
      };
    })
    .filter(({ base: trials }) => trials > 0);
};

const VERDICT: Readonly<Record<GateReason, Verdict>> = {
  regression: 'fail',
  'one night': 'inconclusive',
  'as other nights': 'pass',
  'limited by the probes': 'inconclusive',
  'worse alone': 'pass',
  'no regression': 'pass',
  'not enough runs': 'inconclusive',
  'not enough nights': 'inconclusive',
  'not in baseline': 'inconclusive',
  'no valid trial': 'inconclusive',
  'not measured in this run': 'inconclusive',
  'no longer in the scenario': 'pass',
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

/** Of trials that are worse for certain: is that the night, or one that nights may be? */
const amongNights = ({ nights, in_a_row, beyond }: NightStanding): GateReason => {
  if (beyond) return 'regression';
  if (nights < FEWEST_NIGHTS) return 'not enough nights';
  return in_a_row === 0 ? 'as other nights' : 'one night';
};

const reasonOf = (primary: Primary, p: number | null, level: number, alpha: number): GateReason => {
  const { comparison, base, candidate, gone, nights, standing } = primary;
  if (gone !== null) return gone;
  if (candidate === 0) return 'no valid trial';
  if (comparison === null || standing === null || base === 0) return 'not in baseline';
  const isWorse = comparison.verdict === 'worse';
  if (p !== null && isWithin(p, alpha)) {
    if (isWorse) return amongNights(standing);
    if (isHidden(comparison)) return 'limited by the probes';
  }
  if (!reaches(primary, level)) return 'not enough runs';
  if (nights < FEWEST_NIGHTS) return 'not enough nights';
  return isWorse ? 'worse alone' : 'no regression';
};

/**
 * What the comparisons with the baseline decide together: the chance of a false alarm among them all is at most alpha.
 *
 * @param tested points of the run under test, and what is known of its scenario: its keys and those of the baseline are
 * what decides
 */
export const judgeFamily = (
  tested: { readonly points: SidePoints; readonly settings: RunSummary['settings'] },
  base: SidePoints,
  comparisons: readonly Comparison[],
  alpha: number,
): Family => {
  const { points, settings } = tested;
  const family = [...primaries(points, base, comparisons), ...gonePrimaries(points, base, settings)];
  const adjusted = holm(family.map(({ comparison }) => comparison?.p_two_sided ?? null));
  // What brings no trial takes no part: the others need not be surer for its sake.
  const size = family.filter(({ candidate }) => candidate > 0).length;
  const level = alpha / Math.max(1, size);
  const checks = family.map((primary, index): BaselineCheck => {
    const { key, metric, comparison, base, candidate, standing } = primary;
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
      standing,
    };
  });
  return { size, checks, needed: nightsNeeded(family, level) };
};

import type { Comparison, ComparisonMetric } from '../../model/comparison.js';
import type { GateCheck, GatedComparison, NightsNeeded } from '../../model/gate.js';
import type { SidePoints } from '../comparison/points.js';
import { holm } from '../statistics/holm.js';
import { nightsNeeded, reaches, type Trials } from './reach.js';

/**
 * What decides, fixed beforehand: the longest outage of every key of streams, and whether every session lived of every
 * entry. The other metrics say the same once more (the total of one period is its longest), and each of them would make
 * it harder for these to be seen (docs/nightly.md, "What decides").
 */
interface Primary extends Trials {
  readonly key: string;
  /** null: the baseline does not have it. */
  readonly comparison: Comparison | null;
}

export interface Family {
  readonly checks: readonly GateCheck[];
  /** Every comparison, also those that are only shown. */
  readonly comparisons: readonly GatedComparison[];
  /** null: all that decides can be decided, or nights would not help. */
  readonly needed: NightsNeeded | null;
}

export interface FamilyQuestion {
  /** Points of the run under test: its keys are what decides. */
  readonly tested: SidePoints;
  readonly comparisons: readonly Comparison[];
  readonly alpha: number;
}

const primaries = ({ tested, comparisons }: FamilyQuestion): Primary[] =>
  [...tested.keys].map(([key, { parts, points }]) => {
    const metric: ComparisonMetric = parts.session === null ? 'longest' : 'survived';
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

const round = (value: number): string => String(Number(value.toPrecision(2)));
const secondsText = (value: number): string => `${Number(value.toFixed(3))} s`;

const ofTrials = ({ survived, n }: { survived: number | null; n: number }): string =>
  `${survived ?? 0} of ${n}`;

/** `1.21 s longer (0.98 s to 1.45 s, 97.1 %)`, `4 of 4 trials before, 1 of 4 now` */
const difference = (comparison: Comparison): string => {
  const { metric, base, candidate_figures, shift_s, shift_lo_s, shift_hi_s, level } = comparison;
  if (metric === 'survived')
    return `all sessions lived in ${ofTrials(candidate_figures)} trials, before in ${ofTrials(base)}`;
  const shift =
    shift_s === null
      ? 'a shift that cannot be told'
      : `${secondsText(Math.abs(shift_s))} ${shift_s < 0 ? 'shorter' : 'longer'}`;
  if (level === null) return shift;
  const [lo, hi] = [shift_lo_s, shift_hi_s].map((end) => (end === null ? 'open' : secondsText(end)));
  return `${shift} (${lo} to ${hi}, ${(100 * level).toFixed(1)} %)`;
};

interface Judged {
  readonly check: GateCheck;
  readonly decidable: boolean;
}

const judge = (primary: Primary, p: number | null, level: number, size: number, alpha: number): Judged => {
  const { key, metric, comparison, base, candidate } = primary;
  const check = (verdict: GateCheck['verdict'], text: string): GateCheck => ({
    of: 'baseline',
    name: `${metric}: ${key}`,
    text,
    verdict,
  });
  const decidable = reaches(primary, level);
  if (candidate === 0) return { check: check('inconclusive', 'no valid trial in the run'), decidable };
  if (comparison === null || base === 0)
    return { check: check('inconclusive', 'no valid trial in the baseline'), decidable };
  const said = difference(comparison);
  const among = size === 1 ? `p = ${round(p ?? 1)}` : `Holm p = ${round(p ?? 1)}, ${size} at once`;
  if (comparison.verdict === 'worse' && p !== null && p <= alpha)
    return { check: check('fail', `${said}; ${among}`), decidable };
  if (!decidable) {
    const few = `${candidate} against ${base} trials cannot show a regression yet`;
    return { check: check('inconclusive', `not enough runs: ${few}`), decidable };
  }
  const alone = comparison.verdict === 'worse' ? 'worse alone, but not at this level: ' : '';
  return { check: check('pass', `${alone}${said}; ${among}`), decidable };
};

/** What the comparisons with the baseline decide together: the chance of a false alarm among them all is alpha. */
export const judgeFamily = (question: FamilyQuestion): Family => {
  const { comparisons, alpha } = question;
  const family = primaries(question);
  const adjusted = holm(family.map(({ comparison }) => comparison?.p_two_sided ?? null));
  // What brings no trial takes no part: the others need not be surer for its sake.
  const size = Math.max(1, family.filter(({ candidate }) => candidate > 0).length);
  const level = alpha / size;
  const judged = family.map((primary, index) => judge(primary, adjusted[index] ?? null, level, size, alpha));
  const short = family.filter((_, index) => judged[index]?.decidable === false);
  return {
    checks: judged.map(({ check }) => check),
    comparisons: comparisons.map((comparison): GatedComparison => {
      const at = family.findIndex((primary) => primary.comparison === comparison);
      const own = judged[at];
      return own === undefined
        ? { comparison, gated: false, p_gate: null, decidable: null, verdict: null }
        : {
            comparison,
            gated: true,
            p_gate: adjusted[at] ?? null,
            decidable: own.decidable,
            verdict: own.check.verdict,
          };
    }),
    needed: nightsNeeded(short, level),
  };
};

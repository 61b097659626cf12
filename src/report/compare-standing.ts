import {
  COMPARISON_VERDICTS,
  type Comparison,
  type ComparisonMetric,
  type ComparisonResult,
  type ComparisonVerdict,
  type ComparedSide,
} from '../model/comparison.js';
import { LIMITED, sayComparison, sayHolm, sayNeeded, sayUnresolved, testsOf } from './compare-words.js';
import { saySeconds } from './format.js';

const METRIC_RANK: readonly ComparisonMetric[] = [
  'longest',
  'survived',
  'trigger_to_recovery',
  'total',
  'silence',
  'stall',
];

/** The one that speaks for all: by metric, failover first, and then the largest change. */
const spokesman = (comparisons: readonly Comparison[]): Comparison | undefined =>
  comparisons.toSorted((a, b) => {
    const [left, right] = [a, b].map(({ metric, parts, ratio }) => [
      METRIC_RANK.indexOf(metric),
      parts.phase === 'failover' ? 0 : 1,
      -Math.abs(Math.log(ratio ?? Infinity)),
    ]) as [number[], number[]];
    const at = left.findIndex((value, index) => value !== right[index]);
    return at === -1 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
  })[0];

const withVerdict = (comparisons: readonly Comparison[], verdict: ComparisonVerdict): Comparison[] =>
  comparisons.filter((each) => each.verdict === verdict);

/** ` Of 12 comparisons: 3 worse, 9 no evidence.`, ` All 12 comparisons: no evidence.`; empty with one. */
const sayCounted = (comparisons: readonly Comparison[]): string => {
  const total = comparisons.length;
  if (total < 2) return '';
  const counts = COMPARISON_VERDICTS.map(
    (verdict) => [verdict, withVerdict(comparisons, verdict).length] as const,
  ).filter(([, count]) => count > 0);
  const [only, ...others] = counts;
  return only !== undefined && others.length === 0
    ? ` All ${total} comparisons: ${only[0]}.`
    : ` Of ${total} comparisons: ${counts.map(([verdict, count]) => `${count} ${verdict}`).join(', ')}.`;
};

/** The comparison that speaks for the candidate: a worse one if there is any, then a better one, then any that is judged. */
const headlineOf = (comparisons: readonly Comparison[]): Comparison | undefined => {
  for (const verdict of ['worse', 'better'] as const) {
    const found = spokesman(withVerdict(comparisons, verdict));
    if (found !== undefined) return found;
  }
  return (
    spokesman(comparisons.filter(({ verdict }) => verdict !== 'not enough runs')) ?? spokesman(comparisons)
  );
};

const claim = (comparison: Comparison, base: string, candidate: string, confidence: number): string => {
  const { verdict, limited_by_interval: limited, margin_s } = comparison;
  const unresolved = [limited ? LIMITED : null, sayUnresolved(comparison)].filter((why) => why !== null);
  switch (verdict) {
    case 'worse':
    case 'better':
      return `${candidate} is ${verdict} than ${base}: ${sayComparison(comparison)}`;
    case 'equivalent': {
      const margin = margin_s === null ? '' : `, inside the margin of ${saySeconds(margin_s)}`;
      return `${candidate} is equivalent to ${base}: ${sayComparison(comparison)}${margin}`;
    }
    case 'no evidence':
      return `No evidence that ${candidate} differs from ${base}: ${sayComparison(comparison)}${unresolved.map((why) => `; ${why}`).join('')}`;
    case 'not enough runs':
      return `Not enough runs to tell ${candidate} from ${base}: ${sayNeeded(comparison, confidence)}`;
  }
};

/** How one candidate stands to the base, in a sentence or two. */
export interface Standing {
  readonly side: ComparedSide;
  readonly verdict: ComparisonVerdict;
  readonly sentence: string;
  readonly comparisons: readonly Comparison[];
}

/** `11.0.0 is worse than 10.1.3: ping down 1.21 s longer (0.98 to 1.45 s, 97.1 %). Of 12 comparisons: …` */
export const standings = ({ base, candidates, comparisons, confidence }: ComparisonResult): Standing[] =>
  candidates.map((side) => {
    const own = comparisons.filter(({ candidate }) => candidate === side.name);
    const headline = headlineOf(own);
    if (headline === undefined)
      return {
        side,
        verdict: 'not enough runs',
        sentence: `Nothing was compared with ${side.label}.`,
        comparisons: own,
      };
    const alone = sayHolm(headline, { confidence, tests: testsOf(own) });
    const first = `${claim(headline, base.label, side.label, confidence)}${alone === null ? '' : `; ${alone}`}.`;
    return { side, verdict: headline.verdict, sentence: first + sayCounted(own), comparisons: own };
  });

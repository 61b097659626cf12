import { worstPoint } from '../../analysis/comparison/value.js';
import { isWithin } from '../../analysis/statistics/level.js';
import { runsNeededPerSide } from '../../analysis/statistics/runs-needed.js';
import {
  type Comparison,
  type ComparisonMetric,
  type ComparisonPoint,
  type ComparisonResult,
  type ComparedSide,
  type SideFigures,
  COMPARISON_VERDICTS,
  type ComparisonVerdict,
} from '../../model/comparison.js';
import {
  sayLevel,
  sayNumberOf,
  sayP,
  spellP,
  capital,
  saySeconds,
  sayShift,
  spellShift,
  type Shift,
  type Unit,
  sayCount,
} from '../../analysis/words/format.js';

import { byKey, differenceRows } from './folded-metrics.js';

/** Sentences and phrases that the terminal and the Markdown report of a comparison have in common. */

/** Short enough for a column. */
export const METRIC_NAME: Readonly<Record<ComparisonMetric, string>> = {
  longest: 'longest',
  total: 'total',
  span: 'span',
  count: 'count',
  silence: 'silence',
  trigger_to_recovery: 'to recovery',
  survived: 'survived',
  stall: 'stall',
};

/** What happened to the streams or sessions, and what less and more of it is. */
const METRIC_PHRASE: Readonly<
  Record<Exclude<ComparisonMetric, 'survived'>, readonly [verb: string, less: string, more: string]>
> = {
  longest: ['down', 'shorter', 'longer'],
  total: ['down in total', 'shorter', 'longer'],
  span: ['not yet recovered for', 'shorter', 'longer'],
  count: ['down', 'times less often', 'times more often'],
  silence: ['silent', 'shorter', 'longer'],
  trigger_to_recovery: ['back after the trigger', 'sooner', 'later'],
  stall: ['sessions stalled', 'shorter', 'longer'],
};

const CLASS_NAME = {
  stateless: 'stateless traffic',
  'new-tcp': 'new TCP connections',
  'name-resolution': 'name resolution',
  application: 'the application',
} as const;
/** More names than this do not fit into a sentence. */
const MOST_NAMES = 3;

/** `ping`, `ping and web`, `voice (forward)`, `stateless traffic (ipv4)`, `echo` */
const subjectOf = ({ subjects, parts }: Comparison): string => {
  const { class: own, direction, family } = parts;
  const [name, more] =
    subjects.length <= MOST_NAMES || own === null
      ? [subjects.join(' and '), null]
      : [CLASS_NAME[own], family];
  const besides = [direction === 'round-trip' ? null : direction, more].filter((part) => part !== null);
  return besides.length === 0 ? name : `${name} (${besides.join(', ')})`;
};

/**
 * With the ends that are open. That the lower one is beyond all that was seen, or the upper one below it, or the shift
 * itself is infinite, is only ever so where the verdict says which way.
 */
const shiftOf = ({ shift_s, shift_lo_s, shift_hi_s, verdict }: Comparison): Shift => {
  const beyond = verdict === 'worse' ? Infinity : verdict === 'better' ? -Infinity : null;
  return {
    shift: shift_s ?? beyond,
    lo: shift_lo_s ?? (beyond === Infinity ? Infinity : -Infinity),
    hi: shift_hi_s ?? (beyond === -Infinity ? -Infinity : Infinity),
  };
};

/** `+1.21 s  [+0.98 … +1.45]`, `4/4, then 1/4`; empty with an empty side. */
export const sayDifference = (comparison: Comparison): string => {
  const { base, candidate_figures: candidate, level } = comparison;
  if (base.n === 0 || candidate.n === 0) return '';
  if (base.survived !== null && candidate.survived !== null)
    return `${base.survived}/${base.n}, then ${candidate.survived}/${candidate.n}`;
  return sayShift(shiftOf(comparison), level !== null, unitOf(comparison.metric));
};

const saySurvival = (
  { base, candidate_figures: candidate, p_two_sided }: Comparison,
  name: string,
): string => {
  const p = p_two_sided === null ? '' : ` (Fisher ${spellP(p_two_sided)})`;
  return (
    `all sessions of ${name} survived in ${candidate.survived ?? 0} of ${sayNumberOf(candidate.n, 'trial')}, ` +
    `against ${base.survived ?? 0} of ${base.n}${p}`
  );
};

const notRecovered = (comparison: Comparison, name: string): string => {
  const { base, candidate_figures: candidate, metric } = comparison;
  const what = metric === 'stall' ? `a session of ${name} died` : `${name} did not recover`;
  return `${what} in ${candidate.censored} of ${sayNumberOf(candidate.n, 'trial')}, against ${base.censored} of ${base.n}`;
};

/** How often, not how long. */
export const unitOf = (metric: ComparisonMetric): Unit => (metric === 'count' ? '' : ' s');

/** A difference of counts may fall between two: `3`, `2.5`. */
export const sayTimes = (count: number): string => String(Number(count.toFixed(1)));

/** Less than half a millisecond. */
const NO_TIME = saySeconds(0);

/** From here on a ratio is told, and no percentage. */
const MANY_TIMES = 10;

/** `+84 %`, `-12 %`, `× 12`; null: nothing to tell. */
const sayGrowth = (ratio: number | null): string | null => {
  if (ratio === null || !Number.isFinite(ratio)) return null;
  if (ratio >= MANY_TIMES) return `× ${Number(ratio.toPrecision(2))}`;
  const percent = Math.round(100 * (ratio - 1));
  return percent === 0 ? null : `${percent > 0 ? '+' : ''}${percent} %`;
};

/** The medians of the sides, `0.640 → 1.18 s (+84 %)`, `1 → 3 times (+200 %)`; null where one of them is not known. */
const sayMedians = ({ base, candidate_figures: candidate, metric, ratio }: Comparison): string | null => {
  if (base.median_s === null || candidate.median_s === null) return null;
  const isCount = unitOf(metric) === '';
  const [before, after] = [base.median_s, candidate.median_s].map((value) =>
    isCount ? `${sayTimes(value)} times` : saySeconds(value),
  ) as [string, string];
  const growth = before === after ? null : sayGrowth(ratio);
  return `${before.split(' ', 1).join('')} → ${after}${growth === null ? '' : ` (${growth})`}`;
};

const phaseOf = ({ parts }: Comparison): string => (parts.phase === 'failback' ? 'on failback, ' : '');

/** `ping down 2.62 → 3.83 s (+46 %)`, without how sure that is; null where the medians are not known. */
export const sayChange = (comparison: Comparison): string | null => {
  const { metric } = comparison;
  const medians = sayMedians(comparison);
  return metric === 'survived' || medians === null
    ? null
    : `${phaseOf(comparison)}${subjectOf(comparison)} ${METRIC_PHRASE[metric][0]} ${medians}`;
};

/** `ping down 2.62 → 3.83 s (+46 %): 1.21 s longer (0.98 to 1.45 s longer with 97.1 % confidence)` */
export const sayComparison = (comparison: Comparison): string => {
  const { metric, shift_s, level } = comparison;
  const name = subjectOf(comparison);
  const where = phaseOf(comparison);
  if (metric === 'survived') return where + saySurvival(comparison, name);
  if (shift_s === null) return where + notRecovered(comparison, name);
  const [verb, less, more] = METRIC_PHRASE[metric];
  const unit = unitOf(metric);
  const size = unit === '' ? sayTimes(Math.abs(shift_s)) : saySeconds(Math.abs(shift_s));
  const difference =
    shift_s === 0 || size === NO_TIME ? 'no different' : `${size} ${shift_s < 0 ? less : more}`;
  const ends =
    level === null
      ? ''
      : ` (${spellShift(shiftOf(comparison), [less, more], unit)} with ${sayLevel(level)} confidence)`;
  const change = sayChange(comparison);
  return `${change === null ? `${where}${name} ${verb}` : `${change}:`} ${difference}${ends}`;
};

/** A worse or better that does not stand beside the other comparisons with the candidate; null: it does. */
export const sayHolm = (
  { p_holm, verdict }: Comparison,
  { confidence, tests }: { readonly confidence: number; readonly tests: number },
): string | null =>
  p_holm === null || (verdict !== 'worse' && verdict !== 'better') || isWithin(p_holm, 1 - confidence)
    ? null
    : `alone; not among ${tests} comparisons at once (Holm p = ${sayP(p_holm)})`;

/** Comparisons that have a p, which is what Holm counts. */
export const testsOf = (comparisons: readonly Comparison[]): number =>
  comparisons.filter(({ p_two_sided }) => p_two_sided !== null).length;

export const LIMITED = 'limited by the probe interval';

const CLOSER = 'repeat with a shorter `every`';

/** What the spacing of the probes left open of a comparison with `no evidence`; null: it was not that. */
export const sayUnresolved = (comparison: Comparison): string | null => {
  const { verdict, level, margin_s, resolution_s, shift_s, shift_lo_s: lo, shift_hi_s: hi } = comparison;
  if (verdict !== 'no evidence' || level === null || margin_s === null || resolution_s === null) return null;
  const excludesZero = (lo !== null && lo > 0) || (hi !== null && hi < 0);
  const size = Math.abs(shift_s ?? Infinity);
  if (excludesZero && size > margin_s && size <= resolution_s)
    return `below the resolution of ${saySeconds(resolution_s)}: ${CLOSER}`;
  const inside = lo !== null && hi !== null && lo > -margin_s && hi < margin_s;
  return inside && margin_s < resolution_s
    ? `the margin of ${saySeconds(margin_s)} is below the resolution of ${saySeconds(resolution_s)}: ${CLOSER}`
    : null;
};

/** `2 against 4 trials; 4 are needed, …` */
export const sayNeeded = ({ base_n, candidate_n, n_needed }: Comparison, confidence: number): string => {
  const each = runsNeededPerSide(1 - confidence);
  const needed = base_n === 0 ? each : (n_needed ?? each);
  const enough = base_n === 0 || needed > each ? `${each} on each side are needed` : `${needed} are needed`;
  const against = base_n > 0 && needed > each ? `, or ${needed} against ${base_n}` : '';
  return `${candidate_n} against ${sayNumberOf(base_n, 'trial')}; ${enough}${against}`;
};

/** `10.1.3: 4 trials of 1 run`; the name beside it where that is another. */
export const saySide = ({ name, label, runs, trials }: ComparedSide): string => {
  const asked = name === label ? '' : ` (${name})`;
  return `${label}${asked}: ${sayNumberOf(trials, 'trial')} of ${sayNumberOf(runs.length, 'run')}`;
};

/** The share of trials that survived, by Clopper and Pearson: `4 of 4 trials, which only proves 40 % or more` */
export const sayShare = ({ n, survived, survived_lo, survived_hi }: SideFigures): string => {
  if (survived === null || survived_lo === null || survived_hi === null || n === 0) return 'no trial';
  const percent = (share: number): string => `${Math.round(100 * share)} %`;
  const [lo, hi] = [percent(survived_lo), percent(survived_hi)];
  const counted = `${survived} of ${sayNumberOf(n, 'trial')}`;
  if (survived === n) return `${counted}, which only proves ${lo} or more`;
  if (survived === 0) return `${counted}, which only proves ${hi} or less`;
  return `${counted}, which only proves ${lo} to ${hi}`;
};

/** `Margin: 10 % of the base's median; intervals of at least 95 %.` */
export const sayCriteria = ({ margin, confidence }: ComparisonResult): string => {
  const size =
    margin.kind === 'seconds'
      ? saySeconds(margin.value)
      : `${Number((100 * margin.value).toFixed(3))} % of the base's median`;
  return `Margin: ${size}; intervals of at least ${Number((100 * confidence).toFixed(3))} %.`;
};

/** Of more points than this, only the ends are shown; `--json` has them all. */
const MOST_POINTS = 60;
const ENDS = 5;
const NOT_RECOVERED = '∞';

/** All to the same number of decimals, the finest that a millisecond and three figures of the longest allow. */
const decimalsOf = (values: readonly number[]): number => {
  const longest = Math.max(0, ...values);
  if (longest < 1) return 3;
  return longest < 100 ? 2 : 1;
};

/**
 * The raw points of a side, sorted, in seconds without the unit: `2.61 2.95 3.24 ∞`. One text for each point, so that they
 * can be wrapped; of very many those in the middle are counted.
 */
export const sortedPoints = ({ points }: SideFigures, areCounts: boolean): string[] => {
  const sorted = points.map(({ value_s }) => value_s ?? Infinity).toSorted((a, b) => a - b);
  const decimals = areCounts ? 0 : decimalsOf(sorted.filter((value) => Number.isFinite(value)));
  const texts = sorted.map((value) => (value === Infinity ? NOT_RECOVERED : value.toFixed(decimals)));
  return texts.length <= MOST_POINTS
    ? texts
    : [...texts.slice(0, ENDS), `… ${sayCount(texts.length - 2 * ENDS)} more …`, ...texts.slice(-ENDS)];
};

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

/**
 * ` Of 12 comparisons: 3 worse, 9 no evidence.`, ` All 12 comparisons: no evidence.`; where some are the same in every trial,
 * the rows that are shown are counted: ` Of 9 rows below (12 comparisons): …`. Empty with one.
 */
const sayCounted = (comparisons: readonly Comparison[]): string => {
  const rows = [...byKey(comparisons).values()].flatMap(differenceRows);
  if (rows.length < 2) return '';
  const all = sayNumberOf(comparisons.length, 'comparison');
  const what = rows.length === comparisons.length ? all : `${rows.length} rows below (${all})`;
  const counts = COMPARISON_VERDICTS.map(
    (verdict) => [verdict, withVerdict(rows, verdict).length] as const,
  ).filter(([, count]) => count > 0);
  const [only, ...others] = counts;
  return only !== undefined && others.length === 0
    ? ` All ${what}: ${only[0]}.`
    : ` Of ${what}: ${counts.map(([verdict, count]) => `${count} ${verdict}`).join(', ')}.`;
};

/** `1.20 s`, `3 times`, `not recovered`, `a session died`: what a trial came to. */
const sayPoint = ({ survived, value_s }: ComparisonPoint, metric: ComparisonMetric): string => {
  if (survived === false) return 'a session died';
  if (value_s === null) return metric === 'stall' ? 'a session died' : 'not recovered';
  return metric === 'count' ? `${sayTimes(value_s)} times` : saySeconds(value_s);
};

/**
 * ` Worst: trial 3 of 20261121T230707Z-advert-400ms (1.20 s).`, the one to look at; empty: nothing happened in any.
 *
 * @param runs whether there may be several, so that the trial's own is named
 */
export const sayWorst = (
  points: readonly ComparisonPoint[],
  metric: ComparisonMetric,
  runs: 'one run' | 'several runs',
): string => {
  const worst = worstPoint(points);
  if (worst === null) return '';
  return ` Worst: trial ${worst.trial}${runs === 'one run' ? '' : ` of ${worst.run}`} (${sayPoint(worst, metric)}).`;
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
export interface CandidateVerdict {
  readonly side: ComparedSide;
  readonly verdict: ComparisonVerdict;
  readonly sentence: string;
  readonly comparisons: readonly Comparison[];
}

/** `11.0.0 is worse than 10.1.3: ping down 2.62 → 3.83 s (+46 %): 1.21 s longer … Worst: trial … Of 12 comparisons: …` */
export const candidateVerdicts = ({
  base,
  candidates,
  comparisons,
  confidence,
}: ComparisonResult): CandidateVerdict[] =>
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
    const first = `${claim(headline, base.label, side.label, confidence)}.`;
    const besides = alone === null ? '' : ` ${capital(headline.verdict)} ${alone}.`;
    const worst = sayWorst(headline.candidate_figures.points, headline.metric, 'several runs');
    const sentence = first + besides + worst + sayCounted(own);
    return { side, verdict: headline.verdict, sentence, comparisons: own };
  });

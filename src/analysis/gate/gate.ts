import type { ComparisonResult, Margin } from '../../model/comparison.js';
import type { RunFigures } from '../../model/figures.js';
import type { BaselineRule, GateCheck, GateNight, GateResult } from '../../model/gate.js';
import { compareSides, DEFAULT_CONFIDENCE } from '../comparison/compare.js';
import { sidePoints, type SidePoints } from '../comparison/points.js';
import { worstPoint } from '../comparison/value.js';
import { runLines } from '../words/stream-lines.js';
import { headlineKey } from '../headline.js';
import { worstVerdict, ownChecks } from '../limits.js';
import { finiteOrNull, nightOf } from '../trend/trend.js';
import type { Baseline } from './baseline.js';
import { judgeFamily } from './family.js';
import { widerNights } from './nights.js';

export interface GateOptions {
  readonly rule: BaselineRule;
  readonly margin: Margin;
  /** The chance of an alarm without any change, 0 < alpha <= 0.05: beyond that the interval decides. */
  readonly alpha: number;
  /** So many nights may pass undecided for want of a baseline; null: none. */
  readonly warmUp: number | null;
}

const BASELINE = 'baseline';

/** For want of nights or trials to be held against. */
export const isShort = (check: GateCheck): boolean =>
  check.of === 'baseline' &&
  (check.reason === 'not enough runs' ||
    check.reason === 'not enough nights' ||
    check.reason === 'not in baseline');

const learningOf = (
  checks: readonly GateCheck[],
  { runs }: Baseline,
  warmUp: number | null,
): GateResult['learning'] => {
  const open = checks.filter(({ verdict }) => verdict !== 'pass');
  return warmUp !== null && runs.length < warmUp && open.length > 0 && open.every(isShort)
    ? { night: runs.length + 1, of: warmUp }
    : null;
};

const gateNight = (run: RunFigures, headline: string | null): GateNight => {
  const { summary } = run;
  const keys = headline === null ? [] : [headline];
  const night = nightOf(run, { phase: 'failover', metric: 'longest', keys });
  return {
    run: summary.run,
    version: summary.version,
    started_utc: summary.started_utc,
    n: night.n,
    not_recovered: night.notRecovered,
    min_s: finiteOrNull(night.min),
    median_s: finiteOrNull(night.median),
    max_s: finiteOrNull(night.max),
  };
};

/** null: there is nothing to compare, which the checks say one by one. */
const compare = (
  tested: RunFigures,
  { runs, leftOut }: Baseline,
  points: readonly [base: SidePoints, tested: SidePoints],
  margin: Margin,
): ComparisonResult | null => {
  const [base, own] = points;
  if (base.trials.size === 0 || own.trials.size === 0) return null;
  if (![...own.keys.keys()].some((key) => base.keys.has(key))) return null;
  return compareSides(
    { name: BASELINE, runs, leftOut },
    [{ name: tested.summary.run, runs: [tested], leftOut: [] }],
    { margin, confidence: DEFAULT_CONFIDENCE, metrics: null, phase: null },
  );
};

/** That the trials of one night are no measure of how nights differ. */
const spreadNote = (base: SidePoints, headline: string | null): string | null => {
  const spread = widerNights(base.keys.get(headline ?? '')?.points.get('longest') ?? []);
  return spread === null
    ? null
    : `runs differ more from each other (standard deviation ${spread.nights_s.toPrecision(2)} s) than trials of one ` +
        `run do (${spread.trials_s.toPrecision(2)} s): more trials a run hardly help, more runs do`;
};

const notesOf = (tested: RunFigures, { runs }: Baseline, spread: string | null): string[] => {
  const failed = runs.filter(({ summary }) => summary.verdict !== 'pass').length;
  const versions = [...new Set(runs.map(({ summary }) => summary.version))];
  return [
    tested.summary.limits.length === 0
      ? 'the scenario has no limits: the run is judged by its trials and its baseline alone'
      : null,
    failed === 0 ? null : `${failed} of the ${runs.length} runs of the baseline did not pass themselves`,
    spread,
    versions.length < 2 ? null : `the baseline is of ${versions.length} versions: ${versions.join(', ')}`,
  ].filter((note) => note !== null);
};

/**
 * The verdict of one run by its own limits and by what it was before. `fail`: a limit fails, or one of the comparisons
 * that decide is `worse`, its Holm-adjusted p at most alpha, and the night beyond those of the baseline. `inconclusive`: no failure, but a limit is inconclusive,
 * a trial is void, the run is not whole, a figure of the baseline is not there, or there are too few trials for any regression to be seen. Else `pass`.
 *
 * The trials of all nights are pooled, so a regression needs a night beyond all others as well (nights.ts).
 */
export const judgeGate = (tested: RunFigures, baseline: Baseline, options: GateOptions): GateResult => {
  const { rule, margin, alpha, warmUp } = options;
  const base = sidePoints(BASELINE, baseline.runs, null);
  const own = sidePoints(tested.summary.run, [tested], null);
  const result = compare(tested, baseline, [base, own], margin);
  const comparisons = result?.comparisons ?? [];
  const family = judgeFamily({ points: own, settings: tested.summary.settings }, base, comparisons, alpha);
  const checks = [...ownChecks(tested), ...family.checks];
  const headline = headlineKey([tested], 'failover') ?? headlineKey(baseline.runs, 'failover');
  return {
    run: tested.summary,
    verdict: worstVerdict(checks.map(({ verdict }) => verdict)),
    rule,
    margin,
    alpha,
    family: family.size,
    checks,
    comparisons,
    headline,
    unseen: comparisons.find(({ key, metric }) => key === headline && metric === 'longest') ?? null,
    worst: worstPoint(own.keys.get(headline ?? '')?.points.get('longest') ?? []),
    learning: learningOf(checks, baseline, warmUp),
    needed: family.needed,
    baselineTrials: base.trials.size,
    nights: baseline.runs.map((run) => gateNight(run, headline)),
    tested: gateNight(tested, headline),
    excluded: [...base.excluded, ...own.excluded],
    leftOut: baseline.leftOut,
    notes: [
      ...notesOf(tested, baseline, spreadNote(base, headline)),
      ...(result?.notes ?? [...runLines(tested.summary.run, tested.streams), ...(tested.notes ?? [])]),
    ],
  };
};

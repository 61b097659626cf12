import type { Comparison } from '../../model/comparison.js';
import type { BaselineCheck, GateCheck, GateNight, GateResult } from '../../model/gate.js';
import { roundAllByUnit } from '../../analysis/words/format.js';
import { gateSentence, sayFound, unseenBound } from './gate-words.js';

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
type Fields = { readonly [name: string]: Json };

const nightFields = ({ run, version, started_utc, n, not_recovered, ...times }: GateNight): Fields =>
  roundAllByUnit({ run, version, started_utc, n, not_recovered, ...times });

const checkFields = (check: GateCheck, result: GateResult): Fields => ({
  of: check.of,
  name: check.name,
  verdict: check.verdict,
  reason: check.of === 'baseline' ? check.reason : null,
  text: sayFound(check, result),
});

const comparisonFields = (comparison: Comparison, checks: ReadonlyMap<Comparison, BaselineCheck>): Fields => {
  const check = checks.get(comparison);
  const { base, candidate_figures: candidate } = comparison;
  return roundAllByUnit({
    key: comparison.key,
    metric: comparison.metric,
    base_n: comparison.base_n,
    candidate_n: comparison.candidate_n,
    base_median_s: base.median_s,
    candidate_median_s: candidate.median_s,
    base_not_recovered: base.censored,
    candidate_not_recovered: candidate.censored,
    base_survived: base.survived,
    candidate_survived: candidate.survived,
    p_two_sided: comparison.p_two_sided,
    shift_s: comparison.shift_s,
    shift_lo_s: comparison.shift_lo_s,
    shift_hi_s: comparison.shift_hi_s,
    level: comparison.level,
    margin_s: comparison.margin_s,
    resolution_s: comparison.resolution_s,
    verdict: comparison.verdict,
    limited_by_interval: comparison.limited_by_interval,
    decides: check !== undefined,
    p_gate: check?.p_gate ?? null,
  });
};

/** What `seqgap gate --json` prints: names as in the other tables, missing values null. */
export const gateDocument = (result: GateResult): Fields => {
  const { run, rule, margin, alpha, unseen, needed } = result;
  const bound = unseen === null ? null : unseenBound(unseen);
  const checks = new Map<Comparison, BaselineCheck>();
  for (const check of result.checks)
    if (check.of === 'baseline' && check.comparison !== null) checks.set(check.comparison, check);
  return {
    format: 1,
    run: run.run,
    path: run.path,
    scenario: run.scenario,
    version: run.version,
    labels: run.labels,
    started_utc: run.started_utc,
    verdict: result.verdict,
    sentence: gateSentence(result),
    baseline: {
      kind: rule.kind,
      of: rule.kind === 'last' ? String(rule.nights) : rule.kind === 'version' ? rule.version : rule.name,
      nights: result.nights.map(nightFields),
    },
    alpha,
    family: result.family,
    margin: { kind: margin.kind, value: margin.value },
    headline: result.headline,
    tested: nightFields(result.tested),
    unseen_s: roundAllByUnit(bound, 'unseen_s'),
    learning: result.learning,
    needed: needed === null ? null : { nights: needed.have, more_nights: needed.more, trials: needed.trials },
    checks: result.checks.map((check) => checkFields(check, result)),
    comparisons: result.comparisons.map((comparison) => comparisonFields(comparison, checks)),
    excluded: result.excluded.map(({ side, run: of, trial, phase, why }) => ({
      side,
      run: of,
      trial,
      phase,
      why,
    })),
    left_out: result.leftOut.map(({ path, why }) => ({ path, why })),
    notes: result.notes,
  };
};

import type { MeasuredPhase } from '../../model/event.js';
import type { PhaseRow, TrialRow } from '../../model/tables.js';
import { medianOf } from '../statistics/quantile.js';

/** Fewer trials have ranges only: a variance of so few is an accident. */
export const LEAST_FOR_VARIANCE = 4;

/** One phase of the outage over all trials. Times in seconds. */
export interface PhaseSpread {
  readonly name: string;
  readonly until: string;
  /** Trials in which its milestone was seen: of these are the figures. */
  readonly n: number;
  readonly min_s: number | null;
  readonly median_s: number | null;
  readonly max_s: number | null;
  /** Of all outages together, 0..1. */
  readonly share: number | null;
  /**
   * Its share of the variance of the outage: cov(phase, outage) / var(outage). Over all phases these add up to 1; a phase
   * that is long where the others are short has a negative one. null: see `Variance`.
   */
  readonly variance: number | null;
}

/** Why there are shares of the variance, or none. */
export type Variance = 'known' | 'too few trials' | 'within the intervals';

export interface PhaseSpreads {
  readonly phase: MeasuredPhase | null;
  /** Trials whose outage ended and was explained. */
  readonly trials: number;
  readonly variance: Variance;
  readonly spreads: readonly PhaseSpread[];
}

interface ExplainedTrial {
  readonly rows: readonly PhaseRow[];
  readonly outage_s: number;
  /** Upper less lower bound. */
  readonly width_s: number;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Sum of products of the deviations: the divisor cancels in a share. */
const covariance = (a: readonly number[], b: readonly number[]): number => {
  const [meanA, meanB] = [mean(a), mean(b)];
  return a.reduce((sum, value, index) => sum + (value - meanA) * ((b[index] ?? 0) - meanB), 0);
};

const explained = (phases: readonly PhaseRow[], trials: readonly TrialRow[]): ExplainedTrial[] =>
  trials.flatMap(({ trial, phase, outage_lo_s, outage_s, outage_hi_s }) => {
    const rows = phases.filter((row) => row.trial === trial && row.phase === phase);
    return rows.length === 0 || outage_s === null
      ? []
      : [{ rows, outage_s, width_s: (outage_hi_s ?? outage_s) - (outage_lo_s ?? outage_s) }];
  });

const varianceOf = (trials: readonly ExplainedTrial[]): Variance => {
  if (trials.length < LEAST_FOR_VARIANCE) return 'too few trials';
  const outages = trials.map(({ outage_s }) => outage_s);
  const widest = Math.max(...trials.map(({ width_s }) => width_s));
  return Math.max(...outages) - Math.min(...outages) > widest ? 'known' : 'within the intervals';
};

const spreadsOf = (phase: MeasuredPhase | null, trials: readonly ExplainedTrial[]): PhaseSpreads => {
  const variance = varianceOf(trials);
  const outages = trials.map(({ outage_s }) => outage_s);
  const all = outages.reduce((sum, value) => sum + value, 0);
  const total = covariance(outages, outages);
  const steps = trials[0]?.rows ?? [];
  const spreads = steps.map(({ step, name, until }): PhaseSpread => {
    const rows = trials.map(({ rows: own }) => own.find((row) => row.step === step));
    const seen = rows.flatMap((row) => row?.length_s ?? []);
    // What was not seen is in the next phase, so that its own length is 0 where all are added up.
    const lengths = rows.map((row) => row?.length_s ?? 0);
    return {
      name,
      until,
      n: seen.length,
      min_s: seen.length === 0 ? null : Math.min(...seen),
      median_s: medianOf(seen),
      max_s: seen.length === 0 ? null : Math.max(...seen),
      share: all === 0 ? null : lengths.reduce((sum, value) => sum + value, 0) / all,
      variance: variance === 'known' ? covariance(lengths, outages) / total : null,
    };
  });
  return { phase, trials: trials.length, variance, spreads };
};

/** The phases over all trials, for failover and failback apart; of a measured phase without an explained outage nothing. */
export const phaseSpreads = (
  phases: readonly PhaseRow[],
  trials: readonly TrialRow[],
): readonly PhaseSpreads[] =>
  [...new Set(trials.map(({ phase }) => phase))].flatMap((phase) => {
    const own = explained(
      phases,
      trials.filter((row) => row.phase === phase),
    );
    return own.length === 0 ? [] : [spreadsOf(phase, own)];
  });

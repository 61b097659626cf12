import { quantileOf } from '../../analysis/statistics/quantile.js';
import { OUTAGE_KINDS, type CutterOutage } from '../../lab/cutter/topology.js';
import { groupBy } from '../../model/group-by.js';
import type { Observation } from './match.js';
import type { Calibration, CalibratedStreamResult } from './result.js';

/** What a set of injected outages says about the instrument. Errors are of the point; the sign is measured less true. */
export interface Agreement {
  readonly n: number;
  /** Outages whose truth is inside the stated interval. */
  readonly covered: number;
  /** Outages that the stream did not see: shorter than its interval can tell. */
  readonly unseen: number;
  /** Outages that it reported as several. */
  readonly split: number;
  readonly mean_error_ms: number | null;
  readonly mean_abs_error_ms: number | null;
  /** Not exceeded by 95 % of the absolute errors; null below 20 of them. */
  readonly p95_error_ms: number | null;
  /** Mean width of the stated interval. */
  readonly mean_width_ms: number | null;
  /** Mean width of what is known of the truth: no error can be smaller than half of it without chance. */
  readonly truth_width_ms: number | null;
}

export interface CellAgreement extends Agreement {
  readonly kind: CutterOutage;
  readonly length_s: number;
}

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

const inMs = (seconds: number | null): number | null => (seconds === null ? null : seconds * 1e3);

export const agreementOf = (observations: readonly Observation[]): Agreement => {
  const errors = observations.flatMap(({ error_s }) => (error_s === null ? [] : [error_s]));
  const absolute = errors.map(Math.abs);
  return {
    n: observations.length,
    covered: observations.filter(({ covered }) => covered).length,
    unseen: observations.filter(({ rows }) => rows === 0).length,
    split: observations.filter(({ rows }) => rows > 1).length,
    mean_error_ms: inMs(mean(errors)),
    mean_abs_error_ms: inMs(mean(absolute)),
    p95_error_ms: inMs(quantileOf(absolute, 0.95)),
    mean_width_ms: inMs(mean(observations.flatMap(({ lo_s, hi_s }) => (hi_s === null ? [] : [hi_s - lo_s])))),
    truth_width_ms: inMs(mean(observations.map(({ truth_lo_s, truth_hi_s }) => truth_hi_s - truth_lo_s))),
  };
};

export const agreementsByKind = (
  observations: readonly Observation[],
): (Agreement & { readonly kind: CutterOutage })[] =>
  [...groupBy(observations, ({ kind }) => kind)]
    .map(([kind, own]) => ({ kind, ...agreementOf(own) }))
    .toSorted((a, b) => OUTAGE_KINDS.indexOf(a.kind) - OUTAGE_KINDS.indexOf(b.kind));

export const agreementsByLength = (
  observations: readonly Observation[],
): (Agreement & { readonly length_s: number })[] =>
  [...groupBy(observations, ({ length_s }) => length_s)]
    .map(([length_s, own]) => ({ length_s, ...agreementOf(own) }))
    .toSorted((a, b) => a.length_s - b.length_s);

/** By kind and length, sorted by them. */
export const cellAgreements = (observations: readonly Observation[]): CellAgreement[] =>
  agreementsByKind(observations).flatMap(({ kind }) =>
    agreementsByLength(observations.filter((each) => each.kind === kind)).map((own) => ({ ...own, kind })),
  );

/** What a calibration has to show of every stream. */
export const GOALS = { coverage: 0.95, meanAbsError_T: 0.5 } as const;

/** Share of truths inside the interval, 0..1; null of nothing. */
export const coverageOf = ({ n, covered }: Pick<Agreement, 'n' | 'covered'>): number | null =>
  n === 0 ? null : covered / n;

/** An error as a multiple of the spacing at which the stream really sent; null of null. */
export const inIntervals = (
  error_ms: number | null,
  { interval_s, spacing_s }: Pick<CalibratedStreamResult, 'interval_s' | 'spacing_s'>,
): number | null => (error_ms === null ? null : error_ms / 1e3 / (spacing_s ?? interval_s));

/** The sentences in which it falls short; empty: it meets them. */
export const shortfalls = ({ streams, null_run, stall }: Calibration): string[] => [
  ...streams.flatMap((each) => {
    const { stream, total, spurious } = each;
    const coverage = coverageOf(total);
    const error_T = inIntervals(total.mean_abs_error_ms, each);
    return [
      coverage !== null && coverage < GOALS.coverage
        ? `${stream}: ${total.covered} of ${total.n} outages inside the interval, less than 95 %`
        : null,
      error_T !== null && error_T > GOALS.meanAbsError_T
        ? `${stream}: mean absolute error ${error_T.toFixed(2)} T, more than 0.5 T`
        : null,
      spurious > 0 ? `${stream}: ${spurious} outages reported between those that were made` : null,
    ].filter((text) => text !== null);
  }),
  ...(null_run?.streams ?? []).flatMap(({ stream, outages }) =>
    outages === 0 ? [] : [`${stream}: ${outages} outages in the null run`],
  ),
  ...(stall?.streams ?? []).flatMap(({ stream, outages }) =>
    outages === 0 ? [] : [`${stream}: a stall of the prober was reported as ${outages} outages`],
  ),
];

export const meetsGoals = (calibration: Calibration): boolean => shortfalls(calibration).length === 0;

import type { Calibration, CalibratedStreamResult } from './result.js';
import type { Agreement } from './statistics.js';

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

import type { ComparisonMetric } from '../model/comparison.js';
import type { MeasuredPhase } from '../model/event.js';
import type { RunFigures } from '../model/figures.js';
import { sidePoints } from './comparison/points.js';
import { medianOf } from './quantile.js';

/** One run as one point of a history: a value for each of its trials, as comparisons take it. Times in seconds. */
export interface Night {
  /** Trials that gave a figure. */
  readonly n: number;
  readonly notRecovered: number;
  /** Trials that gave none: void, down-at-start, no-failover-detected. */
  readonly excluded: number;
  /** null: no trial gave a figure. Infinity: it falls on one that did not recover. */
  readonly min: number | null;
  readonly median: number | null;
  readonly max: number | null;
}

export interface NightQuestion {
  readonly phase: MeasuredPhase;
  readonly metric: Exclude<ComparisonMetric, 'survived'>;
  /** Those that count; where there are several, a trial has its worst. */
  readonly keys: readonly string[];
}

/** `not-recovered` ranks as +infinity: never dropped, never averaged (docs/method.md, "Comparing"). */
export const nightOf = (run: RunFigures, { phase, metric, keys }: NightQuestion): Night => {
  const points = sidePoints(run.summary.run, [run], phase).keys;
  const worst = new Map<number, number>();
  for (const key of keys)
    for (const { trial, value_s } of points.get(key)?.points.get(metric) ?? [])
      worst.set(trial, Math.max(worst.get(trial) ?? 0, value_s ?? Infinity));
  const sorted = [...worst.values()].toSorted((a, b) => a - b);
  const trials = run.trials.filter((trial) => trial.phase === phase).length;
  return {
    n: sorted.length,
    notRecovered: sorted.filter((value) => value === Infinity).length,
    excluded: Math.max(0, trials - sorted.length),
    min: sorted[0] ?? null,
    median: medianOf(sorted),
    max: sorted.at(-1) ?? null,
  };
};

/** For records: null where the value is not finite. */
export const finiteOrNull = (value: number | null): number | null =>
  value === null || !Number.isFinite(value) ? null : value;

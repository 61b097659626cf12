import type { ComparisonMetric } from './comparison.js';
import type { MeasuredPhase } from './event.js';
import type { LeftOut } from './figures.js';
import type { Limit } from './plan.js';
import type { Verdict } from './record.js';
import type { RunStatus } from './run.js';

export const TREND_METRICS = [
  'longest',
  'total',
  'span',
  'silence',
  'trigger_to_recovery',
] as const satisfies readonly ComparisonMetric[];
export type TrendMetric = (typeof TREND_METRICS)[number];

/** What a trend follows. */
export interface TrendQuestion {
  readonly metric: TrendMetric;
  readonly phase: MeasuredPhase;
  /** Words of a key, as in `new-tcp ipv6`; null: the key that speaks for the scenario. */
  readonly key: string | null;
  /** Only this stream; null: the worst of those with the key. */
  readonly stream: string | null;
}

/** One run of a trend. Times in seconds. */
export interface TrendRun {
  readonly run: string;
  readonly version: string;
  readonly started_utc: string;
  readonly status: RunStatus;
  readonly verdict: Verdict | null;
  /** Trials that gave a figure. */
  readonly n: number;
  readonly not_recovered: number;
  /** Trials left out by their status: void, down-at-start, no-failover-detected. */
  readonly excluded: number;
  /** null: no trial gave a figure, or the value falls on one that did not recover. */
  readonly min_s: number | null;
  readonly median_s: number | null;
  readonly max_s: number | null;
  /** Trials in which every session that crossed the failed node lived, of those in which one did. */
  readonly survived: number;
  readonly survived_of: number;
}

/** Where the level of the figures changed. `shift_s` is after less before. */
export interface TrendChange {
  /** The first run after the change. */
  readonly run: string;
  /** Corrected for having looked at every place. */
  readonly p: number;
  /** null: not to be had (medians that did not recover). */
  readonly shift_s: number | null;
  readonly shift_lo_s: number | null;
  readonly shift_hi_s: number | null;
  /** Achieved level of the interval, 0..1; null: there is none. */
  readonly level: number | null;
  /** Of the run before and of this one: the same, where the version did not change here. */
  readonly version_before: string;
  readonly version_after: string;
}

/** The newest runs, all longer or all shorter than every one before them at this level: too few to be a level. */
export interface TrendStep {
  /** The first of them. */
  readonly run: string;
  /** How many they are, and how many runs there are before them since the last change. */
  readonly runs: number;
  readonly before: number;
  /** Their median less that of those before; null: not to be had. */
  readonly shift_s: number | null;
  readonly way: 'longer' | 'shorter';
  /** Chance of it among runs that are alike, for either way and every place that was looked at. */
  readonly p: number;
  readonly version_before: string;
  readonly version_after: string;
}

/** The result of `seqgap trend`. */
export interface TrendResult {
  readonly scenario: string;
  readonly question: TrendQuestion;
  /** The keys that were followed: one, but for a stream that has several; none where no run has a figure. */
  readonly keys: readonly string[];
  /** Oldest first. */
  readonly runs: readonly TrendRun[];
  readonly changes: readonly TrendChange[];
  /** null: the newest runs are like those before, or are a level by themselves. */
  readonly step: TrendStep | null;
  /** Of the newest run, on what is followed. */
  readonly limits: readonly Limit[];
  readonly leftOut: readonly LeftOut[];
  readonly notes: readonly string[];
}

import type { MeasuredPhase } from './event.js';
import type { LeftOut } from './figures.js';
import type { StreamClass } from './plan.js';
import type { StreamRow } from './tables.js';

export const COMPARISON_VERDICTS = [
  'worse',
  'better',
  'equivalent',
  'no evidence',
  'not enough runs',
] as const;
/** docs/method.md, "Comparing with few repeats". */
export type ComparisonVerdict = (typeof COMPARISON_VERDICTS)[number];

/** `longest`, `total`, `span`, `count` (a number, not seconds), `silence` and `trigger_to_recovery` are of streams; `survived` and `stall` of sessions. */
export const COMPARISON_METRICS = [
  'longest',
  'total',
  'span',
  'count',
  'silence',
  'trigger_to_recovery',
  'survived',
  'stall',
] as const;
export type ComparisonMetric = (typeof COMPARISON_METRICS)[number];

/** What must be the same on both sides; of streams or of sessions, the other parts are null. */
export interface ComparisonKey {
  readonly scenario: string;
  readonly trigger: string;
  readonly phase: MeasuredPhase;
  readonly class: StreamClass | null;
  readonly direction: StreamRow['direction'] | null;
  readonly family: StreamRow['family'];
  /** Scenario entry of the sessions, and their kind. */
  readonly session: string | null;
  readonly kind: string | null;
}

/** One trial's value of a metric: the worst of the streams with this key (never an average over streams). */
export interface ComparisonPoint {
  readonly run: string;
  readonly version: string;
  readonly trial: number;
  /** The stream whose value it is, or the sessions' entry. */
  readonly of: string;
  /** null in all three: it did not recover, longer than any (right-censored). */
  readonly lo_s: number | null;
  readonly value_s: number | null;
  readonly hi_s: number | null;
  /** Of `survived`: did every session that crossed the failed node live? null for times. */
  readonly survived: boolean | null;
}

/** Order statistics of one side; null where a median is beyond what was observed, or no point is there. */
export interface SideFigures {
  readonly n: number;
  /** Trials that did not recover: rank above all others. */
  readonly censored: number;
  readonly min_s: number | null;
  readonly median_s: number | null;
  readonly max_s: number | null;
  /**
   * Interval of the true median, of order statistics; null in all three: below 6 trials there is none of 95 %. An end
   * alone is null where it lies among those that did not recover.
   */
  readonly median_lo_s: number | null;
  readonly median_hi_s: number | null;
  /** Achieved level, 0..1. */
  readonly median_level: number | null;
  /** Of `survived`: trials in which every tested session lived, and the Clopper-Pearson interval of their share. */
  readonly survived: number | null;
  readonly survived_lo: number | null;
  readonly survived_hi: number | null;
  readonly points: readonly ComparisonPoint[];
}

/** What `--json` names each comparison by. Times in seconds; shifts are candidate less base. */
export interface Comparison {
  /** `scenario / trigger / phase / class / direction / family`; for sessions the entry in place of the last three. */
  readonly key: string;
  readonly parts: ComparisonKey;
  /** The streams that have this key on either side, or the sessions' entry. */
  readonly subjects: readonly string[];
  readonly metric: ComparisonMetric;
  /** Name of the candidate's side, as in `ComparedSide.name`. */
  readonly candidate: string;
  readonly base_n: number;
  readonly candidate_n: number;
  /** Exact Mann-Whitney; Fisher's exact test for `survived`; null with an empty side. */
  readonly p_two_sided: number | null;
  /** Holm-adjusted over all comparisons with this candidate. */
  readonly p_holm: number | null;
  /** Hodges-Lehmann; null: not to be had (`survived`, censored medians). */
  readonly shift_s: number | null;
  /** null: there is no interval of at least 95 %, or it is open on this side. */
  readonly shift_lo_s: number | null;
  readonly shift_hi_s: number | null;
  /** Achieved level of the interval, 0..1; null: there is none. */
  readonly level: number | null;
  /** Candidate's median by base's. */
  readonly ratio: number | null;
  /** The practical margin in seconds. */
  readonly margin_s: number | null;
  /** Half-widths of the two sides' measured intervals, added. */
  readonly resolution_s: number | null;
  readonly verdict: ComparisonVerdict;
  /** The verdict would be another one on all lower or on all upper ends. */
  readonly limited_by_interval: boolean;
  /** With `not enough runs`: how many the candidate needs, given the base; null otherwise. */
  readonly n_needed: number | null;
  readonly base: SideFigures;
  readonly candidate_figures: SideFigures;
}

/** A trial that is not among the points, and why: void, down-at-start, no-failover-detected. */
export interface ExcludedTrial {
  readonly side: string;
  readonly run: string;
  readonly trial: number;
  readonly phase: string;
  readonly why: string;
}

/** How large a difference must be to matter: a share of the base's median, or seconds. */
export interface Margin {
  readonly kind: 'share' | 'seconds';
  readonly value: number;
}

/** What a side turned out to be. */
export interface ComparedSide {
  /** As it was asked for: `version=10.1.3`, or the path. */
  readonly name: string;
  /** The version, where that names this side and no other; else the name. */
  readonly label: string;
  readonly versions: readonly string[];
  /** Folder names, oldest first. */
  readonly runs: readonly string[];
  /** Trials that gave at least one point. */
  readonly trials: number;
}

/** The result of `seqgap compare`. */
export interface ComparisonResult {
  readonly base: ComparedSide;
  readonly candidates: readonly ComparedSide[];
  readonly margin: Margin;
  /** Least level of an interval, 0..1; a p below 1 less this is evidence. */
  readonly confidence: number;
  readonly comparisons: readonly Comparison[];
  readonly excluded: readonly ExcludedTrial[];
  readonly leftOut: readonly LeftOut[];
  /** What a reader must know beside the figures: keys on one side only, mixed labels, edited files. */
  readonly notes: readonly string[];
}

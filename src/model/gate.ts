import type { Comparison, ComparisonPoint, ExcludedTrial, Margin } from './comparison.js';
import type { LeftOut, RunSummary } from './figures.js';
import type { Verdict } from './record.js';

/** Which runs the run under test is held against; never itself, nor anything newer. */
export type BaselineRule =
  /** The newest nights before it that passed: complete, restored, their own verdict pass. */
  | { readonly kind: 'last'; readonly nights: number }
  /** Every complete and restored night of a version before it. */
  | { readonly kind: 'version'; readonly version: string }
  /** What was named: runs, folders, label selections. */
  | { readonly kind: 'named'; readonly name: string };

/** That the run is whole (`run`), keeps a limit of the scenario, or gave valid trials (`limit`). */
export interface OwnCheck {
  readonly of: 'run' | 'limit';
  /** Unique within a result. */
  readonly name: string;
  readonly text: string;
  readonly verdict: Verdict;
}

/**
 * - `regression`       worse, also with all that decides taken together, and beyond every night of the baseline: fail
 * - `one night`        the same, but so few nights cannot tell a regression from one night that differs: inconclusive
 * - `as other nights`  worse than all trials taken together, but not than every night of the baseline: pass
 * - `limited by the probes`  longer at the level of all, but by too little for the spacing of the probes to tell
 * - `worse alone`      worse by itself, but not at the level that holds for all together
 * - `no regression`    could have been seen, was not
 * - `not enough runs`  with so few trials no regression, however large, reaches the level
 * - `not enough nights`  with so few nights none can be told from a night that differs by itself
 * - `not in baseline`  the baseline has no valid trial with this key
 * - `no valid trial`   the run under test has none
 * - `not measured in this run`   the baseline has it, and the scenario of the run as well, as far as is known
 * - `no longer in the scenario`  the baseline has it, and the scenario of the run does not: pass
 */
export type GateReason =
  | 'regression'
  | 'one night'
  | 'as other nights'
  | 'limited by the probes'
  | 'worse alone'
  | 'no regression'
  | 'not enough runs'
  | 'not enough nights'
  | 'not in baseline'
  | 'no valid trial'
  | 'not measured in this run'
  | 'no longer in the scenario';

/** How the night under test stands to the nights of the baseline, by the figure of each: that of its median trial. */
export interface NightStanding {
  /** Nights that it is held against. */
  readonly nights: number;
  /** So many of the newest, this one included, are worse than each of those; 0: this one is not. */
  readonly in_a_row: number;
  /** Worse than chance allows among nights that are alike (docs/nightly.md, "What decides"). */
  readonly beyond: boolean;
}

/** That one of the figures that decide did not get worse. */
export interface BaselineCheck {
  readonly of: 'baseline';
  /** Unique within a result: metric and key. */
  readonly name: string;
  readonly key: string;
  readonly metric: 'longest' | 'total' | 'span' | 'count' | 'survived';
  readonly reason: GateReason;
  readonly verdict: Verdict;
  /** null: one of the two does not have this key. */
  readonly comparison: Comparison | null;
  /** Trials in the baseline, and in the run. */
  readonly base_n: number;
  readonly candidate_n: number;
  /** Holm-adjusted over all that decides; null: there is none. */
  readonly p_gate: number | null;
  /** null: one of the two has no figure. */
  readonly standing: NightStanding | null;
}

export type GateCheck = OwnCheck | BaselineCheck;

/** A night of the baseline, or the run under test: the longest outages of the headline's key. Times in seconds. */
export interface GateNight {
  readonly run: string;
  readonly version: string;
  readonly started_utc: string;
  /** Trials that gave a figure. */
  readonly n: number;
  readonly not_recovered: number;
  /** null: no trial, or the value falls on one that did not recover. */
  readonly min_s: number | null;
  readonly median_s: number | null;
  readonly max_s: number | null;
}

/** How many nights there would have to be. */
export interface NightsNeeded {
  /** Good nights there are. */
  readonly have: number;
  /** More that are needed, with as many trials a night. */
  readonly more: number;
  /** Trials that the run would need with the nights there are; null: no number would do. */
  readonly trials: number | null;
}

/** The result of `seqgap gate`. */
export interface GateResult {
  readonly run: RunSummary;
  readonly verdict: Verdict;
  readonly rule: BaselineRule;
  readonly margin: Margin;
  /** The chance of an alarm without any change, over all that decides together. */
  readonly alpha: number;
  /** How many figures decide together. */
  readonly family: number;
  readonly checks: readonly GateCheck[];
  /** All of them; those that decide are in the checks as well. */
  readonly comparisons: readonly Comparison[];
  /** null: the run has no valid trial with an outage. */
  readonly headline: string | null;
  /**
   * The longest outage of the headline's key against the baseline: the upper end of its shift, and what the probes cannot
   * tell, is how large a regression can still be there, at the level of the interval. null: not compared.
   */
  readonly unseen: Comparison | null;
  /** The trial of the run with the longest outage of the headline's key; null: nothing was lost, or there is no figure. */
  readonly worst: ComparisonPoint | null;
  /** While the baseline is too short, and nothing else is undecided: which night of how many; null: it is not so. */
  readonly learning: { readonly night: number; readonly of: number } | null;
  /** null: there are enough. */
  readonly needed: NightsNeeded | null;
  /** Of the baseline: those that gave a figure, of streams or sessions. */
  readonly baselineTrials: number;
  /** Oldest first. */
  readonly nights: readonly GateNight[];
  readonly tested: GateNight;
  readonly excluded: readonly ExcludedTrial[];
  readonly leftOut: readonly LeftOut[];
  readonly notes: readonly string[];
}

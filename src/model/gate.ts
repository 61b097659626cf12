import type { Comparison, ExcludedTrial, Margin } from './comparison.js';
import type { LeftOut, RunSummary } from './figures.js';
import type { Verdict } from './record.js';

/** Which runs the run under test is held against; never itself, nor anything newer. */
export type BaselineRule =
  /** The newest good nights before it: complete, restored, their own verdict pass. */
  | { readonly kind: 'last'; readonly nights: number }
  /** Every complete and restored night of a version before it. */
  | { readonly kind: 'version'; readonly version: string }
  /** What was named: runs, folders, label selections. */
  | { readonly kind: 'named'; readonly name: string };

/**
 * One thing that a run must hold. `run`: that it is whole; `limit`: of the scenario, or of its trials; `baseline`: that
 * a figure did not get worse.
 */
export interface GateCheck {
  readonly of: 'run' | 'limit' | 'baseline';
  /** Unique within a result. */
  readonly name: string;
  readonly text: string;
  readonly verdict: Verdict;
}

/** What the gate makes of one comparison with the baseline. */
export interface GatedComparison {
  readonly comparison: Comparison;
  /** Does it decide? Only `longest` and `survived` do; the others are shown. */
  readonly gated: boolean;
  /** Holm-adjusted over those that decide; null: it does not, or has no p. */
  readonly p_gate: number | null;
  /** Could a regression of any size reach the level with so many trials? null: it does not decide. */
  readonly decidable: boolean | null;
  /** null: it does not decide. */
  readonly verdict: Verdict | null;
}

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

/** How large a regression of the headline's key can still be there, at the level of its interval. */
export interface Unseen {
  readonly key: string;
  /** Upper end of the shift's interval; null: it is open, any size can be. */
  readonly shift_hi_s: number | null;
  /** Achieved level of the interval, 0..1; null: there is none. */
  readonly level: number | null;
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
  readonly checks: readonly GateCheck[];
  readonly comparisons: readonly GatedComparison[];
  /** null: the run has no valid trial with an outage. */
  readonly headline: string | null;
  readonly unseen: Unseen | null;
  /** null: there are enough. */
  readonly needed: NightsNeeded | null;
  /** Oldest first. */
  readonly nights: readonly GateNight[];
  readonly tested: GateNight;
  readonly excluded: readonly ExcludedTrial[];
  readonly leftOut: readonly LeftOut[];
  readonly notes: readonly string[];
}

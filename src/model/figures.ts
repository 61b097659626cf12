import type { RowPhase } from './event.js';
import type { Limit } from './plan.js';
import type { SessionVerdict } from './record.js';
import type { StreamRow, TrialRow } from './tables.js';
import type { RunStatus } from './run.js';

/** What comparisons know of a run without opening its raw history. */
export interface RunSummary {
  /** Folder name. */
  readonly run: string;
  readonly path: string;
  readonly kind: 'trials' | 'watch';
  readonly scenario: string;
  readonly version: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly started_utc: string;
  readonly status: RunStatus;
  readonly restored: boolean | null;
  readonly trials_planned: number;
  readonly trials_done: number;
  readonly tool_version: string;
  readonly limits: readonly Limit[];
  /**
   * What of the scenario must be the same on both sides of a comparison, as `ping.every` = `10ms`: not its version, its labels
   * or the knobs of a lab. Left out: not known.
   */
  readonly settings?: Readonly<Record<string, string>>;
  /** The verdict of the run by its limits; null where it cannot be told from the stored tables. */
  readonly verdict: 'pass' | 'fail' | 'inconclusive' | null;
}

/** The sessions of one scenario entry in one trial and phase: a row per session would not stay small. */
export interface SessionFigures {
  readonly trial: number;
  readonly phase: RowPhase;
  readonly trigger: string | null;
  /** Scenario entry: `echo` of `echo#12`. */
  readonly name: string;
  readonly kind: string;
  /** Sessions by verdict; what is not there is 0. */
  readonly verdicts: Readonly<Partial<Record<SessionVerdict, number>>>;
  /** The longest stall among those that survived; null: none did. */
  readonly stall_s: number | null;
}

/** The result rows of a stored run that comparisons read; control streams are left out. */
export interface RunFigures {
  readonly summary: RunSummary;
  readonly trials: readonly TrialRow[];
  /** Streams that cross the pair. */
  readonly streams: readonly StreamRow[];
  readonly sessions: readonly SessionFigures[];
  /** What a reader must know of where the rows come from; left out: from the run's own tables. */
  readonly notes?: readonly string[];
}

/** A run that was asked for and cannot be read or used: always listed, never silently dropped. */
export interface LeftOut {
  readonly path: string;
  /** In one clause, with the remedy where there is one. */
  readonly why: string;
}

/** One side of a comparison: what was asked for, and what that gave. */
export interface Side {
  /** As a person would say it: `version=10.1.3`, or the path. */
  readonly name: string;
  /** Oldest first. */
  readonly runs: readonly RunFigures[];
  readonly leftOut: readonly LeftOut[];
}

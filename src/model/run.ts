import type { Scenario } from './plan.js';

/** How far a run came. `interrupted`: ended by a person or a signal, restored, results valid as far as they go. */
export type RunStatus = 'running' | 'complete' | 'interrupted' | 'failed';

/** run.json: what was asked for, by which tool, on which host. Secrets are already redacted. */
export interface RunRecord {
  readonly format: 1;
  readonly run: string;
  readonly tool: { readonly name: 'seqgap'; readonly version: string; readonly node: string };
  readonly host: { readonly name: string; readonly kernel: string; readonly cpus: number };
  readonly version: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly scenario_file: string;
  readonly scenario: Scenario;
  readonly started_utc: string;
  readonly ended_utc: string | null;
  readonly status: RunStatus;
  /** Why it ended early, redacted; null if it did not. */
  readonly error: string | null;
  /** Could the pair be restored? null while that is not known. */
  readonly restored: boolean | null;
  readonly trials_planned: number;
  readonly trials_done: number;
}

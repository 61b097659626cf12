import type { Scenario } from './plan.js';

/** How far a run came. `interrupted`: ended by a person or a signal, restored, results valid as far as they go. */
export type RunStatus = 'running' | 'complete' | 'interrupted' | 'failed';

export type NtpState = 'synchronised' | 'not-synchronised';

/** The host that ran the trials, tested for less than half a second before the first one. */
export interface HostFigures {
  /** How late timers fire at 1,000/s with the prober's own scheduler; null without a sample. */
  readonly lateness_p50_ms: number | null;
  readonly lateness_p99_ms: number | null;
  readonly lateness_max_ms: number | null;
  /** The kernel's (`tsc`, `kvm-clock`, `hpet`…); null where it cannot be told. */
  readonly clock_source: string | null;
  /** Only the anchor depends on it, no duration; null where nobody can tell. */
  readonly ntp: NtpState | null;
  readonly kernel: string;
  readonly cpus: number;
  /** Share of CPU time taken by the hypervisor during the test, 0..1; null where it cannot be told. */
  readonly steal_share: number | null;
}

/** What the newest calibration on the same host said of the instrument (`seqgap calibrate`). */
export interface CalibrationQuote {
  readonly file: string;
  readonly date_utc: string;
  readonly streams: readonly {
    readonly type: 'icmp' | 'icmp6' | 'ping' | 'tcp' | 'stamp';
    readonly interval_s: number;
    /** Injected outages, and those among them whose true length was inside the stated interval. */
    readonly n: number;
    readonly covered: number;
  }[];
}

/** run.json: what was asked for, by which tool, on which host. Secrets are already redacted. */
export interface RunRecord {
  readonly format: 1;
  /** `watch`: nothing was triggered, one history from start to end (`seqgap watch`). Left out: trials. */
  readonly kind?: 'watch';
  readonly run: string;
  readonly tool: { readonly name: 'seqgap'; readonly version: string; readonly node: string };
  readonly host: { readonly name: string; readonly kernel: string; readonly cpus: number };
  /** null in runs of versions that did not test the host. */
  readonly self_test: HostFigures | null;
  /** null where this host was never calibrated, and in runs of versions that did not look. */
  readonly calibration: CalibrationQuote | null;
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

import type { TrialChart } from '../../analysis/chart/trial-chart.js';
import type { OutageRow, ResultTables, StreamRow } from '../../model/tables.js';

/** One log or run, as it is shown. */
export interface AnalysedLog {
  readonly source: string;
  /** `ping`, `windows`, `fping`, `irtt` or `run`. */
  readonly format: string;
  readonly streams: readonly StreamRow[];
  readonly outages: readonly OutageRow[];
  readonly assumptions: readonly string[];
  readonly notes: readonly string[];
  /** When an outage began, in the log's own terms; null for a log without times. */
  readonly time: (at_ns: number) => string | null;
  /** RFC 3339, of the instant from which starts are counted; null: not known, or each trial has its own. */
  readonly origin_utc: string | null;
  /** Of a log one, of a run one for each trial. */
  readonly charts: readonly TrialChart[];
  /** What a run has beside its streams and outages, for its charts. */
  readonly events: Pick<ResultTables, 'sessions' | 'timeline' | 'phases'>;
}

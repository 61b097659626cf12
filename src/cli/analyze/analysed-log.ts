import type { ForeignLog } from '../../foreign/read-log.js';
import type { OutageRow, StreamRow } from '../../model/tables.js';

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
}

export const ofForeignLog = (log: ForeignLog): AnalysedLog => ({
  source: log.source,
  format: log.format,
  streams: log.targets.map(({ stream }) => stream),
  outages: log.targets.flatMap(({ outages }) => outages),
  assumptions: log.assumptions,
  notes: [...log.targets.flatMap(({ notes }) => notes), ...log.notes],
  time: log.time,
});

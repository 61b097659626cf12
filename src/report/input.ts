import type { Finding } from '../analysis/limits.js';
import type { TrialPicture } from '../analysis/chart/picture.js';
import type { SendFigures } from '../model/event.js';
import type { ResultTables, Verdict } from '../model/record.js';
import type { RunRecord } from '../model/run.js';
import type { Rethreshold } from './thresholds.js';

/** The instrument's own error on one stream; over several trials the worst of each figure. */
export interface SelfFigures {
  readonly vantage: string;
  readonly stream: string;
  readonly figures: SendFigures;
}

/** Everything a report is made from. */
export interface ReportInput {
  readonly record: RunRecord;
  readonly tables: ResultTables;
  /** What a reader should know, in sentences. */
  readonly notes: readonly string[];
  readonly findings: readonly Finding[];
  readonly verdict: Verdict;
  readonly selfFigures: readonly SelfFigures[];
  /** For report.html; left out where nobody draws. */
  readonly pictures?: readonly TrialPicture[];
  /** Only where other thresholds than the scenario's were asked for; `record` then has those. */
  readonly rethreshold?: Rethreshold;
}

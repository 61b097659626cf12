import type { LeftOut } from '../../model/figures.js';
import type { Limit } from '../../model/plan.js';
import type { TrendChange, TrendQuestion, TrendResult, TrendRun, TrendStep } from '../../model/trend.js';
import { csvText } from '../text/csv.js';
import { roundAllByUnit } from '../../analysis/words/format.js';

/** One run, with the change that begins with it. */
interface TrendRow extends TrendRun {
  readonly scenario: string;
  readonly change_p: number | null;
  readonly shift_s: number | null;
  readonly shift_lo_s: number | null;
  readonly shift_hi_s: number | null;
}

/** The order of the columns: an interface to others, pinned by a test. */
export const TREND_COLUMNS = [
  'run',
  'scenario',
  'version',
  'started_utc',
  'status',
  'verdict',
  'n',
  'not_recovered',
  'excluded',
  'min_s',
  'median_s',
  'max_s',
  'survived',
  'survived_of',
  'change_p',
  'shift_s',
  'shift_lo_s',
  'shift_hi_s',
] as const satisfies readonly (keyof TrendRow)[];

const rowOf = (run: TrendRun, { scenario, changes }: TrendResult): TrendRow => {
  const change = changes.find((each) => each.run === run.run);
  return {
    ...run,
    scenario,
    change_p: change?.p ?? null,
    shift_s: change?.shift_s ?? null,
    shift_lo_s: change?.shift_lo_s ?? null,
    shift_hi_s: change?.shift_hi_s ?? null,
  };
};

/** One row per run, oldest first: RFC 4180, missing values empty, times to 1 µs. */
export const trendCsv = (result: TrendResult): string =>
  csvText(
    TREND_COLUMNS,
    result.runs.map((run) => rowOf(run, result)),
  );

/** What `seqgap trend --json` prints; missing values are null. */
interface TrendDocument extends TrendQuestion {
  readonly format: 1;
  readonly scenario: string;
  readonly keys: readonly string[];
  readonly runs: readonly TrendRun[];
  readonly changes: readonly TrendChange[];
  readonly step: TrendStep | null;
  readonly limits: readonly Limit[];
  readonly left_out: readonly LeftOut[];
  readonly notes: readonly string[];
}

export const trendDocument = (result: TrendResult): TrendDocument => ({
  format: 1,
  scenario: result.scenario,
  ...result.question,
  keys: result.keys,
  runs: roundAllByUnit(result.runs),
  changes: roundAllByUnit(result.changes),
  step: roundAllByUnit(result.step),
  limits: result.limits,
  left_out: result.leftOut,
  notes: result.notes,
});

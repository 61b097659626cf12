import { worstVerdict } from '../analysis/limits.js';
import type { RunSummary } from '../model/figures.js';
import type { Verdict } from '../model/record.js';
import type { TrialRow } from '../model/tables.js';
import type { RunRecord } from '../model/run.js';
import { completeness } from '../evaluate/analyse.js';
import { settingsOf } from './settings.js';

/**
 * The verdict of the run from its rows: a limit is judged by the worst valid trial, and so is a run by the worst of its
 * trials' verdicts. A watch has no limits, so no verdict.
 */
export const verdictOf = (record: RunRecord, trials: readonly TrialRow[]): Verdict | null =>
  record.kind === 'watch'
    ? null
    : worstVerdict([...trials, ...completeness(record)].map(({ verdict }) => verdict));

/** What comparisons know of a run without its rows. */
export const summaryOf = (path: string, record: RunRecord, verdict: Verdict | null): RunSummary => ({
  run: record.run,
  path,
  kind: record.kind ?? 'trials',
  scenario: record.scenario.name,
  version: record.version,
  labels: record.labels,
  started_utc: record.started_utc,
  status: record.status,
  restored: record.restored,
  trials_planned: record.trials_planned,
  trials_done: record.trials_done,
  tool_version: record.tool.version,
  limits: record.scenario.limits,
  settings: settingsOf(record.scenario),
  verdict,
});

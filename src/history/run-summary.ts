import { worstVerdict } from '../analysis/limits.js';
import type { RunSummary } from '../model/figures.js';
import type { Verdict } from '../model/record.js';
import type { TrialRow } from '../model/tables.js';
import type { RunRecord } from '../model/run.js';
import { completeness } from '../evaluate/analyse.js';
import type { Scenario } from '../model/plan.js';
import { formatDuration } from '../model/duration.js';

/**
 * What of a scenario must be the same on both sides of a comparison, by the names it has in the file. The version, the
 * labels and the knobs of a lab may differ: they are what is compared. So may the number of trials and the limits.
 */
export const settingsOf = ({
  streams,
  sessions,
  trigger,
  trial,
  analysis,
}: Scenario): Record<string, string> =>
  Object.fromEntries([
    ...streams.flatMap(({ name, type, every_ns, control }) => [
      [`${name}.type`, control ? `${type}, control` : type],
      [`${name}.every`, formatDuration(every_ns)],
    ]),
    ...sessions.flatMap(({ name, count, heartbeat_ns }) => [
      [`${name}.count`, String(count)],
      [`${name}.heartbeat`, formatDuration(heartbeat_ns)],
    ]),
    ['trigger.node', trigger.node],
    ['trial.recovered', formatDuration(trial.recovered_ns)],
    ['trial.give-up', formatDuration(trial.giveUp_ns)],
    ['trial.failback', trial.failback],
    ...(trial.backgroundLoss === undefined
      ? []
      : [['trial.background-loss', `${Number((100 * trial.backgroundLoss).toFixed(6))}%`]]),
    [
      'analysis.delay-threshold',
      analysis.delayThreshold_ns === null ? 'from the baseline' : formatDuration(analysis.delayThreshold_ns),
    ],
    ['analysis.merge-gap', formatDuration(analysis.mergeGap_ns)],
  ]);

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

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

import { systemClock } from '../clock.js';
import type { Scenario } from '../model/plan.js';
import { openTrigger, type TriggerControl } from '../trigger/control.js';
import { driversOf } from '../trigger/driver.js';

/** The trigger of a scenario, ready for its first command; nothing is contacted yet. */
export const triggerOf = async (scenario: Scenario, folders: readonly string[]): Promise<TriggerControl> =>
  openTrigger(scenario, {
    drivers: await driversOf(scenario, folders),
    clock: systemClock,
    input: process.stdin,
    output: process.stderr,
  });

/** The exact commands, for each node that may turn out to be the active one; nothing is contacted. */
const planned = (scenario: Scenario, trigger: TriggerControl): string => {
  const { node, action } = scenario.trigger;
  const candidates = node === 'active' ? scenario.nodes.map(({ name }) => name) : [node];
  const blocks = (candidates.length > 0 ? candidates : [null]).map((candidate) => {
    const plan = trigger.plan(candidate, action);
    const condition =
      node === 'active' && candidate !== null
        ? `if ${candidate} is active`
        : `on ${candidate ?? 'this host'}`;
    const undo = plan.undo.length === 0 ? ['(nothing to undo)'] : plan.undo;
    return [
      `${condition}: ${action} by ${plan.driver} over ${plan.transport}`,
      ...plan.steps.map((step) => `  send  ${step}`),
      ...undo.map((step) => `  undo  ${step}`),
    ].join('\n');
  });
  return `${blocks.join('\n')}\n`;
};

/** What a run would send, as text. */
export const dryRun = async (scenario: Scenario, folders: readonly string[]): Promise<string> => {
  const trigger = await triggerOf(scenario, folders);
  try {
    return planned(scenario, trigger);
  } finally {
    await trigger.close();
  }
};

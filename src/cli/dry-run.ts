import { systemClock } from '../clock.js';
import type { Scenario } from '../model/plan.js';
import { actionName, type PlannedAction } from '../trigger/action.js';
import { openTrigger, type TriggerControl } from '../trigger/control.js';
import { driversOf } from '../trigger/driver.js';
import { stderr } from '../terminal.js';
import { askOn, type Person } from '../trigger/manual.js';

/** The trigger of a scenario, ready for its first command; nothing is contacted yet. */
export const triggerOf = async (
  scenario: Scenario,
  folders: readonly string[],
  ask: Person['ask'] = askOn(stderr),
): Promise<TriggerControl> =>
  openTrigger(scenario, {
    drivers: await driversOf(scenario, folders),
    clock: systemClock,
    input: process.stdin,
    ask,
  });

const block = (when: string, plan: PlannedAction): string => {
  const undo = plan.undo.length === 0 ? ['(nothing to undo)'] : plan.undo;
  return [
    `${when}: ${actionName(plan)} by ${plan.driver} over ${plan.transport}`,
    ...plan.steps.map((step) => `  send  ${step}`),
    ...undo.map((step) => `  undo  ${step}`),
  ].join('\n');
};

const triggerBlocks = ({ nodes, trigger: { node, action } }: Scenario, trigger: TriggerControl): string[] => {
  const candidates = node === 'active' ? nodes.map(({ name }) => name) : [node];
  return (candidates.length > 0 ? candidates : [null]).map((candidate) => {
    const isGuess = node === 'active' && candidate !== null;
    return block(
      isGuess ? `if ${candidate} is active` : `on ${candidate ?? 'this host'}`,
      trigger.plan(candidate, action),
    );
  });
};

/** The exact commands, for each node that may turn out to be the active one; nothing is contacted. */
const planned = (scenario: Scenario, trigger: TriggerControl): string => {
  const { nodes, trial, controlArm } = scenario;
  const failback = trial.failback === 'measure' ? nodes : [];
  const synced = controlArm === null ? [] : nodes;
  const blocks = [
    ...triggerBlocks(scenario, trigger),
    ...failback.map(({ name }) =>
      block(`failback, if ${name} is active then`, trigger.plan(name, 'switchover')),
    ),
    ...synced.map(({ name }) =>
      block(`control arm, before its trigger, on ${name}`, trigger.plan(name, 'sync-off')),
    ),
  ];
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

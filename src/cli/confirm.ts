import { EXIT, KnownError } from '../model/error.js';
import type { Scenario } from '../model/plan.js';
import { actionName } from '../trigger/act/action.js';
import { askYes } from './ask.js';

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

/** What a run of a scenario does to the pair, in words: the failbacks and the control arm as well. */
export const deed = (scenario: Scenario): string => {
  const { nodes, trigger, trial, controlArm } = scenario;
  const pair = nodes.map(({ name }) => name).join(' and ');
  const node = trigger.node === 'active' ? `the active node of ${pair}` : trigger.node;
  const done = nodes.length === 0 ? trigger.action : `${actionName(trigger)} of ${node}`;
  const failback =
    trial.failback === 'measure' ? `, a switchover back after ${trial.repeat === 1 ? 'it' : 'each'}` : '';
  const control =
    controlArm === null
      ? ''
      : `; then ${times(controlArm.repeat)} more with the state sync of ${pair} switched off`;
  return `${done}, ${times(trial.repeat)}${failback}${control}`;
};

/** Asks once before anything real is touched. The lab is not real. */
export const confirm = async (scenarios: readonly Scenario[], yes: boolean): Promise<void> => {
  const real = scenarios.filter(({ lab }) => lab === null);
  if (yes || real.length === 0) return;
  const what =
    real.length === 1
      ? real.map(deed).join()
      : real.map((scenario) => `${deed(scenario)} (${scenario.version})`).join('; ');
  if (!process.stdin.isTTY)
    throw new KnownError(`not started: ${what} needs a yes`, { exitCode: EXIT.usage, remedy: 'add --yes' });
  if (!(await askYes(`This will do: ${what}. Go on?`)))
    throw new KnownError('not started', { exitCode: EXIT.inconclusive });
};

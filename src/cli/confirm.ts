import { EXIT, KnownError } from '../model/error.js';
import type { Scenario } from '../model/plan.js';
import { askYes } from './ask.js';

/** What a run of a scenario does to the pair, in words. */
const deed = ({ nodes, trigger, trial }: Scenario): string => {
  const pair = nodes.map(({ name }) => name).join(' and ');
  const node = trigger.node === 'active' ? `the active node of ${pair}` : trigger.node;
  return `${trigger.action} of ${node}, ${trial.repeat} times`;
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

import { createInterface } from 'node:readline/promises';
import { EXIT, KnownError } from '../model/error.js';
import type { Scenario } from '../model/plan.js';

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
  const ask = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // Ctrl-C and Ctrl-D at the question reject: they mean no.
    const answer = await ask.question(`This will do: ${what}. Go on? [y/N] `).catch(() => 'n');
    if (!/^y(es)?$/i.test(answer.trim()))
      throw new KnownError('not started', { exitCode: EXIT.inconclusive });
  } finally {
    ask.close();
  }
};

import { KnownError } from '../model/error.js';
import type { NodePlan, Scenario } from '../model/plan.js';
import type { Trigger } from '../trigger/trigger.js';
import type { UndoJournal } from '../trigger/act/journal.js';

/** All trials of a scenario, those of the control arm last. */
export const allTrials = ({ trial, controlArm }: Scenario): number =>
  trial.repeat + (controlArm?.repeat ?? 0);

/** Is this trial (1-based) one of the control arm? */
export const isControlTrial = ({ trial }: Scenario, number: number): boolean => number > trial.repeat;

/**
 * Switches state sync off on every node by its driver, each undo on disk before the change. The restore of the trial
 * takes it back.
 * @throws KnownError where a node could not be switched; what was done before is in the journal.
 */
export const switchSyncOff = async (
  nodes: readonly NodePlan[],
  { trigger, journal }: { readonly trigger: Trigger; readonly journal: UndoJournal },
  say: (text: string) => void,
): Promise<void> => {
  if (nodes.length === 0)
    throw new KnownError('control arm: there is no node whose state sync could be switched off', {
      remedy: 'declare the pair under `nodes`, or leave `control-arm` out',
    });
  for (const { name } of nodes) {
    const planned = trigger.plan(name, 'sync-off');
    await journal.record(planned);
    const { outcome, detail } = await trigger.act(planned, { onStamp: () => {} });
    if (outcome !== 'ok')
      throw new KnownError(`control arm: state sync of ${name} could not be switched off: ${detail}`, {
        remedy: `try it by hand: ${planned.steps.join('; ')}`,
      });
    say(`control arm: state sync is off on ${name}`);
  }
};

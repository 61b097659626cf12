import { KnownError } from '../model/error.js';
import { ns, type Nanoseconds } from '../model/time.js';
import { formatDuration } from '../scenario/duration.js';
import type { NodeRole, TriggerControl } from '../trigger/control.js';
import type { ProgressListener } from './progress.js';

export interface Preflight {
  readonly trigger: TriggerControl;
  readonly listener: Pick<ProgressListener, 'line'>;
  /** Waits; rejects where the run is interrupted. */
  readonly pause: (time: Nanoseconds) => Promise<void>;
  readonly note: (text: string) => void;
  readonly sayRoles: (roles: readonly NodeRole[]) => void;
}

/** Whole seconds, for a person who waits. */
const waiting = (time: Nanoseconds): string => formatDuration(ns(Math.ceil(time / 1e9) * 1e9));

/** Waits until the pair has rested enough (flap budget, pause between two failovers, over all runs). */
export const awaitTurn = async ({
  trigger,
  listener,
  pause,
}: Pick<Preflight, 'trigger' | 'listener' | 'pause'>): Promise<void> => {
  for (;;) {
    const turn = await trigger.pacing.next();
    if (turn === null) return;
    listener.line(`waiting ${waiting(turn.wait_ns)}: ${turn.why}`);
    await pause(turn.wait_ns);
  }
};

/**
 * Whatever has to hold before a pair is touched: the time, the budget, who the nodes are, who is active, health. Two
 * active nodes or none stop the run. Throws KnownError; nothing was touched by then.
 */
export const preflight = async (
  context: Preflight,
): Promise<{ readonly roles: readonly NodeRole[]; readonly node: string | null }> => {
  const { trigger, note, sayRoles } = context;
  trigger.pacing.requireWindow();
  await awaitTurn(context);
  // The wait may have taken the run out of its window.
  trigger.pacing.requireWindow();
  const identities = await trigger.identify();
  if (identities !== '') note(identities);
  const roles = await trigger.roles();
  const node = trigger.choose(roles);
  sayRoles(roles);
  const { ok, detail } = await trigger.health();
  if (!ok)
    throw new KnownError(`the pair is not healthy before the trial: ${detail}`, {
      remedy: 'mend the pair first; nothing was touched',
    });
  return { roles, node };
};

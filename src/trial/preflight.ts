import { KnownError } from '../model/error.js';
import { ns, type Nanoseconds } from '../model/time.js';
import { formatDuration } from '../model/duration.js';
import type { TriggerControl } from '../trigger/pair.js';
import type { NodeRole } from '../trigger/ask/role.js';
import type { PairLock } from '../trigger/act/lock.js';
import type { ProgressListener } from './progress.js';
import { requireRestored } from './unrestored.js';

export interface Preflight {
  readonly trigger: TriggerControl;
  readonly lock: Pick<PairLock, 'extend'>;
  readonly listener: Pick<ProgressListener, 'line'>;
  /** Waits; rejects where the run is interrupted. */
  readonly pause: (time: Nanoseconds) => Promise<void>;
  /** Asks the pair; rejects where the run is interrupted. */
  readonly ask: <T>(question: (signal: AbortSignal) => Promise<T>) => Promise<T>;
  readonly note: (text: string) => void;
  readonly sayRoles: (roles: readonly NodeRole[]) => void;
}

/** Whole seconds, for a person who waits. */
const waiting = (time: Nanoseconds): string => formatDuration(ns(Math.ceil(time / 1e9) * 1e9));

/**
 * Waits until the pair has rested enough (flap budget, pause between two failovers, over all runs). @returns whether it
 * had to.
 */
export const awaitTurn = async ({
  trigger,
  listener,
  pause,
}: Pick<Preflight, 'trigger' | 'listener' | 'pause'>): Promise<boolean> => {
  for (let waited = false; ; waited = true) {
    const turn = await trigger.pacing.next();
    if (turn === null) return waited;
    listener.line(`waiting ${waiting(turn.wait_ns)}: ${turn.why}`);
    await pause(turn.wait_ns);
  }
};

/**
 * Whatever has to hold before a pair is touched: the time, that no earlier run has left it changed, who the nodes are,
 * the budget, who is active, health. Two active nodes or none stop the run. Throws KnownError; nothing was touched by
 * then.
 */
export const preflight = async (
  context: Preflight,
): Promise<{ readonly roles: readonly NodeRole[]; readonly node: string | null }> => {
  const { trigger, lock, ask, note, sayRoles } = context;
  trigger.pacing.requireWindow();
  // Before a node is asked: one that a killed run has left without power says nothing.
  await requireRestored(trigger.keys);
  const identities = await ask((signal) => trigger.identify(signal));
  if (identities !== '') note(identities);
  // By who they are the nodes may be known to a run that reaches them in another way.
  await lock.extend();
  await requireRestored(trigger.keys);
  if (await awaitTurn(context)) {
    // Meanwhile the window may be over, and an address have moved.
    trigger.pacing.requireWindow();
    await ask((signal) => trigger.identify(signal));
  }
  const roles = await ask((signal) => trigger.roles(signal));
  const node = trigger.choose(roles);
  sayRoles(roles);
  const { ok, detail } = await ask((signal) => trigger.health(signal));
  if (!ok)
    throw new KnownError(`the pair is not healthy before the trial: ${detail}`, {
      remedy: 'mend the pair first; nothing was touched',
    });
  return { roles, node };
};

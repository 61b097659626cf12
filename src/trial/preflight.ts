import { formatDuration } from '../model/duration.js';
import { KnownError } from '../model/error.js';
import { ns, type Nanoseconds } from '../model/time.js';
import type { PairLock } from '../trigger/act/lock.js';
import type { PairKeys } from '../trigger/act/pair-keys.js';
import { pendingOf, removePending, restoreLine, type Pending } from '../trigger/act/pending.js';
import type { NodeRole } from '../trigger/ask/role.js';
import type { Trigger } from '../trigger/trigger.js';
import { isUndone, leftoverOf, type Leftover } from './leftover.js';
import type { ProgressListener } from './progress.js';

export interface Preflight {
  readonly trigger: Trigger;
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
 * the budget, who is active, health, and that what would give the node its power back can be read. Two active nodes or none stop the run. Throws KnownError; nothing was touched by
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
  await ask((signal) => trigger.requireUndoable(node, signal));
  return { roles, node };
};

/** The command for this very run: by its name where its folder is gone, and nothing else would be found there. */
const lineFor = ({ folder, name, header }: Leftover): string =>
  restoreLine(folder ?? name, header?.drivers ?? []);

const refusal = async (mark: Pending, all: readonly Pending[]): Promise<KnownError | null> => {
  const left = await leftoverOf(mark.run, all, mark);
  if (isUndone(left)) return null;
  if (left.lines === null && left.problem === null && left.open.length === 0)
    return new KnownError(
      `the run ${mark.run} has changed the pair, and what would undo it is not there any more`,
      {
        remedy: `look whether both nodes are as they should be, then remove ${mark.path}, or say so to: ${lineFor(left)}`,
      },
    );
  return new KnownError(`the run ${mark.run} has not been restored; nothing was touched`, {
    remedy: lineFor(left),
  });
};

/**
 * A run that was killed has left the pair as it was in that moment; what is measured on it then is not what the
 * scenario says. A mark whose run has nothing to undo any more is removed. Throws KnownError.
 */
export const requireRestored = async (keys: PairKeys): Promise<void> => {
  const all = await pendingOf(keys);
  for (const mark of all) {
    const refused = await refusal(mark, all);
    if (refused !== null) throw refused;
    await removePending(mark);
  }
};

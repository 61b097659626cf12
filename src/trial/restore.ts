import { holdsWithin } from '../deadline.js';
import { EXIT, KnownError, messageOf } from '../model/error.js';
import { toMs, type Nanoseconds } from '../model/time.js';
import type { Trigger } from '../trigger/trigger.js';
import type { UndoJournal } from '../trigger/act/journal.js';
import { byHand } from '../trigger/act/undo.js';

const POLL_MS = 500;

export interface Restoring {
  readonly trigger: Trigger;
  readonly journal: UndoJournal;
  /** How long the pair may take until it is healthy. */
  readonly within: Nanoseconds;
}

/**
 * Carries out what the journal holds, newest first, and waits until the pair is healthy: one active, the rest
 * standby, ready, state in sync. Runs to its end also after Ctrl-C.
 * @throws KnownError (exit 3) that says what a person must do where it fails.
 */
export const restorePair = async (
  { trigger, journal, within }: Restoring,
  say: (node: string, detail: string, ok: boolean) => void,
): Promise<void> => {
  const failed: string[] = [];
  for (const entry of journal.pending()) {
    const node = entry.node ?? 'pair';
    try {
      const { detail } = await trigger.undo(entry);
      say(node, detail, true);
      // A journal that cannot be written keeps the entry: to undo it once more does no harm.
      await journal
        .done(entry.id)
        .catch((error: unknown) => say(node, `that cannot be written down: ${messageOf(error)}`, true));
    } catch (error) {
      failed.push(byHand(entry));
      say(node, messageOf(error), false);
    }
  }
  for (const place of journal.unreadable())
    failed.push(`undo what ${place} lists, which is no entry of an undo journal, then remove that line`);
  if (failed.length > 0)
    throw new KnownError('the pair could not be restored', {
      remedy: `do by hand: ${failed.join(' · ')}`,
      exitCode: EXIT.notRestored,
    });
  await waitForHealth(trigger, within);
  await journal.settled();
};

const waitForHealth = async (trigger: Trigger, within: Nanoseconds): Promise<void> => {
  let problem = '';
  const isHealthy = async (): Promise<boolean> => {
    const { ok, detail } = await trigger.health();
    problem = detail;
    return ok;
  };
  if (await holdsWithin(isHealthy, { limit_ms: toMs(within), every_ms: POLL_MS })) return;
  throw new KnownError(
    `the pair is not healthy ${Math.round(within / 1e9)} s after the restore: ${problem}`,
    { remedy: 'look at both nodes; seqgap has nothing more to undo', exitCode: EXIT.notRestored },
  );
};

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { KnownError } from '../model/error.js';
import { UNDO_FILE } from '../store/names.js';
import { whyUndo } from '../store/undo-left.js';
import type { PairKeys } from '../trigger/pair-keys.js';
import { pendingOf, removePending, type Pending } from '../trigger/pending.js';

const refusal = async ({ run, path }: Pending): Promise<KnownError | null> => {
  const there = await access(join(run, UNDO_FILE)).then(
    () => true,
    () => false,
  );
  if (!there)
    return new KnownError(
      `the run ${run} has changed the pair, and what would undo it is not there any more`,
      {
        remedy: `look whether both nodes are as they should be, then remove ${path}`,
      },
    );
  const why = await whyUndo(run);
  if (why === null) return null;
  return new KnownError(`the run ${run} has not been restored; nothing was touched`, {
    remedy: `seqgap restore ${run}`,
  });
};

/**
 * A run that was killed has left the pair as it was in that moment; what is measured on it then is not what the
 * scenario says. A mark whose run has nothing to undo any more is removed. Throws KnownError.
 */
export const requireRestored = async (keys: PairKeys): Promise<void> => {
  for (const pending of await pendingOf(keys)) {
    const refused = await refusal(pending);
    if (refused !== null) throw refused;
    await removePending(pending);
  }
};

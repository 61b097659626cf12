import { KnownError } from '../model/error.js';
import type { PairKeys } from '../trigger/act/pair-keys.js';
import { pendingOf, removePending, restoreLine, type Pending } from '../trigger/act/pending.js';
import { isUndone, leftoverOf, type Leftover } from './leftover.js';

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

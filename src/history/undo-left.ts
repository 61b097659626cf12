import { join } from 'node:path';
import { KnownError } from '../model/error.js';
import { restoreLine } from '../trigger/act/pending.js';
import { openIn, readUndoLines } from '../trigger/act/undo-lines.js';
import { UNDO_FILE } from '../store/names.js';

/**
 * Why changes of a run to its pair may not have been taken back, in a clause; null: they were, or there was none. Its
 * undo journal is only read, unlike by those who go on with it. What a damaged one holds nobody knows.
 */
export const whyUndo = async (run: string): Promise<string | null> => {
  try {
    const lines = await readUndoLines(join(run, UNDO_FILE));
    if (lines === null || (openIn(lines).length === 0 && lines.unreadable.length === 0)) return null;
    return `the pair was not restored: ${restoreLine(run, lines.header?.drivers ?? [])}`;
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return error.message;
  }
};

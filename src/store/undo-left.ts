import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../model/error.js';
import { UNDO_FILE } from './names.js';

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** `{"id":1,…}` begins a change, `{"done":1}` ends it; null: neither. */
const entryOf = (line: string): { readonly id: number; readonly done: boolean } | null => {
  try {
    const { id, done } = JSON.parse(line) as { id?: unknown; done?: unknown };
    if (typeof done === 'number') return { id: done, done: true };
    return typeof id === 'number' ? { id, done: false } : null;
  } catch {
    return null;
  }
};

/** What a damaged journal holds nobody knows; of a torn last line the change was never made. */
const hasOpen = (text: string): boolean => {
  const open = new Set<number>();
  for (const line of text.split('\n').slice(0, -1)) {
    const entry = entryOf(line);
    if (entry === null) return true;
    if (entry.done) open.delete(entry.id);
    else open.add(entry.id);
  }
  return open.size > 0;
};

/**
 * Why changes of a run to its pair may not have been taken back, in a clause; null: they were, or there was none. Its
 * undo journal is only read, unlike by those who go on with it.
 */
export const whyUndo = async (run: string): Promise<string | null> => {
  try {
    const text = await readFile(join(run, UNDO_FILE), 'utf8');
    return hasOpen(text) ? `the pair was not restored: seqgap restore ${run}` : null;
  } catch (error) {
    return isMissing(error) ? null : `its undo journal cannot be read: ${messageOf(error)}`;
  }
};

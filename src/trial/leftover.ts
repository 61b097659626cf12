import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KnownError, hasCode } from '../model/error.js';
import { UNDO_FILE } from '../store/names.js';
import { isSameRun, runName, type MarkedRun, type Pending } from '../trigger/act/pending.js';
import {
  openIn,
  readUndoLines,
  type JournalHeader,
  type Recorded,
  type UndoLines,
} from '../trigger/act/undo-lines.js';

/** What a run may have left behind: by its journal, and by the marks that say that it has changed a pair. */
export interface Leftover {
  /** As its folder was called. */
  readonly name: string;
  /** null: it is gone, and only the marks know of it. */
  readonly folder: string | null;
  /** null: gone, or `problem` says why it cannot be read. */
  readonly lines: UndoLines | null;
  readonly problem: string | null;
  readonly header: JournalHeader | null;
  readonly marks: readonly Pending[];
  /** Latest first. */
  readonly open: readonly Recorded[];
  readonly unreadable: readonly string[];
}

const readLines = async (folder: string | null): Promise<Pick<Leftover, 'lines' | 'problem'>> => {
  if (folder === null) return { lines: null, problem: null };
  try {
    return { lines: await readUndoLines(join(folder, UNDO_FILE)), problem: null };
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return { lines: null, problem: error.message };
  }
};

/** What cannot be looked at is there. */
const isThere = (folder: string): Promise<boolean> =>
  stat(folder).then(
    () => true,
    (error: unknown) => !hasCode(error, 'ENOENT', 'ENOTDIR'),
  );

/**
 * What is left by a run: of a folder, or of a mark, which may have lost its folder. A journal of another run in the
 * place of one that was deleted is none of its.
 *
 * @param folder where its journal should be; null: not known
 * @param all marks on this host, among which are those of the run
 */
export const leftoverOf = async (
  folder: string | null,
  all: readonly Pending[],
  mark: Pending | null = null,
): Promise<Leftover> => {
  const found = await readLines(folder);
  const isOwn =
    folder !== null &&
    (mark === null ||
      found.lines === null ||
      isSameRun(mark, { run: folder, journal: found.lines.header ?? mark.journal }));
  const { lines, problem } = isOwn ? found : { lines: null, problem: null };
  const own: MarkedRun = mark ?? { run: folder ?? '', journal: lines?.header ?? null };
  const marks = all.filter((each) => isSameRun(each, own));
  const header = lines?.header ?? marks.find(({ journal }) => journal !== null)?.journal ?? null;
  return {
    name: runName({ run: own.run, journal: header }),
    folder: isOwn && (await isThere(folder)) ? folder : null,
    lines,
    problem,
    header,
    marks,
    open: openIn(
      lines,
      marks.flatMap(({ open }) => open ?? []),
    ),
    unreadable: lines?.unreadable ?? [],
  };
};

/** Is it certain that nothing is left to be undone? Without the journal by the copy in a mark alone. */
export const isUndone = ({ lines, marks, open, unreadable }: Leftover): boolean =>
  open.length === 0 &&
  unreadable.length === 0 &&
  (lines !== null || marks.some((mark) => mark.open !== null));

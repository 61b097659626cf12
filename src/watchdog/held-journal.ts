import { existsSync, fstatSync, mkdirSync, openSync, readlinkSync, readSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UNDO_FILE } from '../store/names.js';
import { openIn, parseUndoLines, wholeLines } from '../trigger/act/undo-lines.js';

/** A journal is some lines; what is longer is not read whole. */
const MOST_BYTES = 1 << 22;

/**
 * The undo journal of a run, held open: it can be read to the end also where the folder was moved or deleted, or its
 * disk is full. What it says is what is on disk, so nothing has to be told to whoever holds it.
 */
export class HeldJournal {
  readonly #folder: string;
  readonly #fd: number;

  /** Throws the system's error where the run's folder holds no journal. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#fd = openSync(join(folder, UNDO_FILE), 'r');
  }

  /** Is anything to be undone, or not known to be undone? */
  isOpen(): boolean {
    const bytes = this.#read();
    if (bytes === null) return true;
    const lines = parseUndoLines(UNDO_FILE, wholeLines(bytes).toString('utf8'));
    return openIn(lines).length > 0 || lines.unreadable.length > 0;
  }

  /**
   * The run's folder, wherever it is by now. One that was deleted is written again, as far as its undo goes; throws the
   * system's error where that cannot be done.
   */
  folder(): string {
    const now = this.#where();
    if (now !== null && existsSync(join(now, UNDO_FILE))) return now;
    const path = join(this.#folder, UNDO_FILE);
    mkdirSync(this.#folder, { recursive: true });
    if (!existsSync(path)) writeFileSync(path, this.#read() ?? '', { mode: 0o600 });
    return this.#folder;
  }

  /** Linux knows the name that an open file has by now; elsewhere it is taken to be the old one. */
  #where(): string | null {
    try {
      const path = readlinkSync(`/proc/${process.pid}/fd/${this.#fd}`);
      return path.endsWith(' (deleted)') ? null : dirname(path);
    } catch {
      return this.#folder;
    }
  }

  #read(): Buffer | null {
    try {
      const { size } = fstatSync(this.#fd);
      const bytes = Buffer.alloc(Math.min(size, MOST_BYTES));
      const read = readSync(this.#fd, bytes, 0, bytes.length, 0);
      return size > MOST_BYTES ? null : bytes.subarray(0, read);
    } catch {
      return null;
    }
  }
}

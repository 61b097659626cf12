import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode, KnownError, messageOf } from '../../model/error.js';
import type { UndoEntry } from './action.js';
import type { PairMark } from './pending.js';
import {
  journalBytes,
  openIn,
  parseUndoLines,
  wholeLines,
  type JournalHeader,
  type JournalLine,
  type Recorded,
} from './undo-lines.js';

export interface JournalOptions {
  /** Of the pair; null: nobody has to be told. */
  readonly mark?: PairMark | null;
  /** Written first, where the journal is new. */
  readonly header?: JournalHeader | null;
}

/** A journal that a killed run has left, as far as it is there. */
export interface LeftJournal {
  /** null: it is gone. */
  readonly path: string | null;
  readonly mark: PairMark;
  /** What was open by the mark's own copy. */
  readonly copy: readonly Recorded[];
}

/**
 * The undo of every change, on disk before the change is made: JSON lines, `{"id":1,"node":…,"undo":[…]}` and
 * `{"done":1}`. Commands in it are redacted: an entry is carried out from the scenario and its drivers. What is open is
 * in the mark of the pair as well, which outlives the results.
 */
export class UndoJournal {
  readonly #path: string | null;
  readonly #mark: PairMark | null;
  readonly #pending = new Map<number, Recorded>();
  #handle: FileHandle | null = null;
  #unreadable: readonly string[] = [];
  #problem: string | null = null;
  #lastId = 0;
  /** Bytes of whole lines that are on disk. */
  #length = 0;
  /** The file may go on behind them, with part of a line. */
  #torn = false;

  private constructor(path: string | null, mark: PairMark | null) {
    this.#path = path;
    this.#mark = mark;
  }

  /**
   * Opens a journal, or starts one. A torn last line is cut off: its record call never returned, so its change was
   * never made; or it is a `done`, and then the undo is carried out once more, which does no harm. Damage elsewhere
   * keeps nobody from what is readable: see `unreadable`. Throws KnownError if the file cannot be opened.
   */
  static async open(path: string, { mark = null, header = null }: JournalOptions = {}): Promise<UndoJournal> {
    const journal = new UndoJournal(path, mark);
    await journal.#open(path, []);
    try {
      if (journal.#length === 0 && header !== null) await journal.#append({ done: 0, journal: header });
      return journal;
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  /**
   * Opens what is there to be undone. Where the file is gone or cannot be opened, the mark's copy is gone by, and what
   * is done stands in the mark: a full disk keeps nobody from taking a change back.
   */
  static async reopen({ path, mark, copy }: LeftJournal): Promise<UndoJournal> {
    const journal = new UndoJournal(path, mark);
    try {
      if (path !== null) await journal.#open(path, copy);
    } catch (error) {
      if (!(error instanceof KnownError)) throw error;
      journal.#problem = error.message;
    }
    if (journal.#handle === null && journal.#pending.size === 0) journal.#take(copy);
    return journal;
  }

  /** Why what is done does not stand in the file; null: it does, or there is none. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Resolves when the entry is on disk. Throws KnownError if it cannot be: then the change must not be made. */
  async record(planned: UndoEntry): Promise<Recorded> {
    const { node, action, variant, driver, transport, steps, undo, identity } = planned;
    const id = ++this.#lastId;
    const entry: Recorded = { id, node, action, variant, driver, transport, steps, undo, identity };
    // First: a run that is killed between the two has changed nothing yet, and its undo does no harm.
    await this.#mark?.set([...this.#pending.values(), entry]);
    await this.#append(entry);
    this.#pending.set(entry.id, entry);
    return entry;
  }

  /** The change of this entry is taken back. Throws KnownError if that cannot be written. */
  async done(id: number): Promise<void> {
    if (this.#handle !== null) await this.#append({ done: id });
    this.#pending.delete(id);
    // Where there is a file, it says so already; the next change brings the copy up to date.
    const copied = this.#mark?.set([...this.#pending.values()]);
    await (this.#handle === null ? copied : copied?.catch(() => undefined));
  }

  /** The pair was seen to be as it was: whoever comes next need not look here. Does nothing while anything is open. */
  async settled(): Promise<void> {
    if (this.#pending.size === 0 && this.#unreadable.length === 0) await this.#mark?.clear();
  }

  /** What is still to be undone, the latest change first. */
  pending(): Recorded[] {
    return [...this.#pending.values()].sort((a, b) => b.id - a.id);
  }

  /** Where lines stand that are not entries, as `file:line`. What they would undo is for a person to find out. */
  unreadable(): readonly string[] {
    return this.#unreadable;
  }

  async close(): Promise<void> {
    await this.#handle?.close();
  }

  #take(entries: readonly Recorded[]): void {
    for (const entry of entries) this.#pending.set(entry.id, entry);
    this.#lastId = Math.max(this.#lastId, ...entries.map(({ id }) => id));
  }

  /** @param copy of what was open, as the mark has it. */
  async #open(path: string, copy: readonly Recorded[]): Promise<void> {
    const found = (await journalBytes(path)) ?? Buffer.alloc(0);
    const whole = wholeLines(found);
    const lines = parseUndoLines(path, whole.toString('utf8'));
    this.#unreadable = lines.unreadable;
    this.#lastId = Math.max(0, ...lines.entries.map(({ id }) => id));
    this.#take(openIn(lines, copy));
    try {
      const handle = await open(path, 'a', 0o600);
      try {
        if (whole.length < found.length) await handle.truncate(whole.length);
        await sync(handle, path);
      } catch (error) {
        await handle.close();
        throw error;
      }
      this.#handle = handle;
      this.#length = whole.length;
    } catch (error) {
      throw journalError(path, error);
    }
  }

  async #append(line: JournalLine): Promise<void> {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    try {
      if (this.#handle === null) throw new Error('it is not open');
      if (this.#torn) await this.#cutOff();
      this.#torn = true;
      await this.#handle.appendFile(bytes);
      await this.#handle.sync();
      this.#length += bytes.length;
      this.#torn = false;
    } catch (error) {
      // Now, while the program lives; where that fails too, before the next line at the latest.
      await this.#cutOff().catch(() => undefined);
      throw journalError(this.#path ?? '', error);
    }
  }

  /** A line behind half a line (a full disk leaves one) could be read no more than the half. */
  async #cutOff(): Promise<void> {
    await this.#handle?.truncate(this.#length);
    await this.#handle?.sync();
    this.#torn = false;
  }
}

/** Makes the file itself and its name in the folder durable. */
const sync = async (handle: FileHandle, path: string): Promise<void> => {
  await handle.sync();
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } catch (error) {
    // Some network file systems cannot sync a folder; the file is synced.
    if (!hasCode(error, 'EINVAL', 'ENOTSUP')) throw error;
  } finally {
    await folder.close();
  }
};

const journalError = (path: string, error: unknown): KnownError =>
  new KnownError(`cannot keep the undo journal ${path}: ${messageOf(error)}`, {
    remedy: 'free some space or choose another place with --out; nothing is changed without its undo on disk',
    cause: error,
  });

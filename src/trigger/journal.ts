import { open, readFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { KnownError, messageOf } from '../model/error.js';
import { ACTIONS } from '../model/plan.js';
import type { UndoEntry } from './action.js';
import type { PairMark } from './pending.js';

/** An action whose undo is on disk. */
export type Recorded = UndoEntry & { readonly id: number };

const lineSchema = z.union([
  z.object({
    id: z.int(),
    node: z.string().nullable(),
    action: z.enum([...ACTIONS, 'sync-off']),
    variant: z.string().nullable().default(null),
    driver: z.string(),
    transport: z.string(),
    steps: z.array(z.string()),
    undo: z.array(z.string()),
    identity: z.string().nullable().default(null),
  }),
  z.object({ done: z.int() }),
]);

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/**
 * The undo of every change, on disk before the change is made: JSON lines, `{"id":1,"node":…,"undo":[…]}` and
 * `{"done":1}`. Commands in it are redacted: an entry is carried out from the scenario and its drivers.
 */
export class UndoJournal {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #mark: PairMark | null;
  readonly #pending = new Map<number, Recorded>();
  readonly #unreadable: string[] = [];
  #lastId = 0;
  /** Bytes of whole lines that are on disk. */
  #length = 0;
  /** The file may go on behind them, with part of a line. */
  #torn = false;

  private constructor(path: string, handle: FileHandle, mark: PairMark | null) {
    this.path = path;
    this.#handle = handle;
    this.#mark = mark;
  }

  /**
   * Opens a journal, or starts one. A torn last line is cut off: its record call never returned, so its change was
   * never made; or it is a `done`, and then the undo is carried out once more, which does no harm. Damage elsewhere
   * keeps nobody from what is readable: see `unreadable`. Throws KnownError if the file cannot be opened.
   * @param mark of the pair; null: nobody has to be told.
   */
  static async open(path: string, mark: PairMark | null = null): Promise<UndoJournal> {
    const found = await readBytes(path);
    const whole = found.subarray(0, found.lastIndexOf('\n') + 1);
    try {
      const handle = await open(path, 'a', 0o600);
      const journal = new UndoJournal(path, handle, mark);
      try {
        journal.#read(whole.toString('utf8'));
        journal.#length = whole.length;
        if (whole.length < found.length) await handle.truncate(whole.length);
        await journal.#sync();
      } catch (error) {
        await handle.close();
        throw error;
      }
      return journal;
    } catch (error) {
      throw error instanceof KnownError ? error : journalError(path, error);
    }
  }

  /** Resolves when the entry is on disk. Throws KnownError if it cannot be: then the change must not be made. */
  async record(planned: UndoEntry): Promise<Recorded> {
    const { node, action, variant, driver, transport, steps, undo, identity } = planned;
    const id = ++this.#lastId;
    const entry: Recorded = { id, node, action, variant, driver, transport, steps, undo, identity };
    // First: a run that is killed between the two has changed nothing yet, which the journal says.
    if (this.#pending.size === 0) await this.#mark?.set();
    await this.#append(entry);
    this.#pending.set(entry.id, entry);
    return entry;
  }

  /** The change of this entry is taken back. Throws KnownError if that cannot be written. */
  async done(id: number): Promise<void> {
    await this.#append({ done: id });
    this.#pending.delete(id);
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

  close(): Promise<void> {
    return this.#handle.close();
  }

  #read(text: string): void {
    for (const [index, line] of text.split('\n').slice(0, -1).entries()) {
      const entry = parseLine(line);
      if (entry === null) this.#unreadable.push(`${this.path}:${index + 1}`);
      else if ('done' in entry) this.#pending.delete(entry.done);
      else {
        this.#pending.set(entry.id, entry);
        this.#lastId = Math.max(this.#lastId, entry.id);
      }
    }
  }

  async #append(line: Recorded | { done: number }): Promise<void> {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    try {
      if (this.#torn) await this.#cutOff();
      this.#torn = true;
      await this.#handle.appendFile(bytes);
      await this.#handle.sync();
      this.#length += bytes.length;
      this.#torn = false;
    } catch (error) {
      // Now, while the program lives; where that fails too, before the next line at the latest.
      await this.#cutOff().catch(() => undefined);
      throw journalError(this.path, error);
    }
  }

  /** A line behind half a line (a full disk leaves one) could be read no more than the half. */
  async #cutOff(): Promise<void> {
    await this.#handle.truncate(this.#length);
    await this.#handle.sync();
    this.#torn = false;
  }

  /** Makes the file itself and its name in the folder durable. */
  async #sync(): Promise<void> {
    await this.#handle.sync();
    const folder = await open(dirname(this.path), 'r');
    try {
      await folder.sync();
    } catch (error) {
      // Some network file systems cannot sync a folder; the file is synced.
      if (!hasCode(error, 'EINVAL') && !hasCode(error, 'ENOTSUP')) throw error;
    } finally {
      await folder.close();
    }
  }
}

const readBytes = async (path: string): Promise<Buffer> => {
  try {
    return await readFile(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return Buffer.alloc(0);
    throw journalError(path, error);
  }
};

const parseLine = (line: string): z.output<typeof lineSchema> | null => {
  try {
    return lineSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
};

const journalError = (path: string, error: unknown): KnownError =>
  new KnownError(`cannot keep the undo journal ${path}: ${messageOf(error)}`, {
    remedy: 'free some space or choose another place with --out; nothing is changed without its undo on disk',
    cause: error,
  });

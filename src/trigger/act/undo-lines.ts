import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { KnownError, messageOf, hasCode } from '../../model/error.js';
import { jsonOf } from '../../model/json.js';
import { ACTIONS } from '../../model/plan.js';
import { holderSchema } from './holder.js';

/** All that is needed to carry out a journal, whatever becomes of the files beside it. No secret is in it. */
export const journalHeaderSchema = z.object({
  format: z.literal(1),
  /** Of this journal and no other, wherever it is moved or copied to. */
  id: z.string(),
  /** The name that the run's folder was given. */
  run: z.string(),
  /** Version of seqgap. */
  tool: z.string(),
  /** Absolute paths: the scenario's file, what relative commands are relative to, more folders with drivers. */
  scenario_file: z.string(),
  working: z.string(),
  drivers: z.array(z.string()),
  /** Nodes, trigger and lab as the run resolved them; what it means is for who carries it out. */
  target: z.unknown(),
  /** Who writes this journal. */
  holder: holderSchema,
});

export type JournalHeader = z.output<typeof journalHeaderSchema>;

export const recordedSchema = z.object({
  id: z.int(),
  node: z.string().nullable(),
  action: z.enum([...ACTIONS, 'sync-off']),
  variant: z.string().nullable().default(null),
  driver: z.string(),
  transport: z.string(),
  steps: z.array(z.string()).readonly(),
  undo: z.array(z.string()).readonly(),
  identity: z.string().nullable().default(null),
});

/** An action whose undo is on disk. */
export type Recorded = z.output<typeof recordedSchema>;

/**
 * The header stands in a line that ends a change which nobody made: so a version that knows no header reads the
 * journal as well. One of a newer format is no header to this version, and what follows it is read all the same.
 */
const lineSchema = z.union([
  recordedSchema,
  z.object({ done: z.int(), journal: journalHeaderSchema.nullable().catch(null).default(null) }),
]);

export type JournalLine = Recorded | { readonly done: number; readonly journal?: JournalHeader };

/** What a newer version has written is no entry to this one; what it would undo can still be told. */
const foreignSchema = z.object({ node: z.string().nullable().catch(null), undo: z.array(z.string()).min(1) });

/** What stands in a journal. */
export interface UndoLines {
  /** null: written by a version without one, or by a newer one. */
  readonly header: JournalHeader | null;
  /** Every change with its undo, and those that are taken back, by id. */
  readonly entries: readonly Recorded[];
  readonly done: ReadonlySet<number>;
  /** Where lines stand that are not entries, as `file:line`, with what they say. */
  readonly unreadable: readonly string[];
}

const sayForeign = (json: unknown): string => {
  const foreign = foreignSchema.safeParse(json);
  if (!foreign.success) return '';
  return ` (on ${foreign.data.node ?? 'this host'}: ${foreign.data.undo.join('; ')})`;
};

/** @param text whole lines. */
export const parseUndoLines = (path: string, text: string): UndoLines => {
  let header: JournalHeader | null = null;
  const entries: Recorded[] = [];
  const done = new Set<number>();
  const unreadable: string[] = [];
  for (const [index, line] of text.split('\n').slice(0, -1).entries()) {
    const json = jsonOf(line);
    const parsed = lineSchema.safeParse(json);
    if (!parsed.success) unreadable.push(`${path}:${index + 1}${sayForeign(json)}`);
    else if ('done' in parsed.data) {
      header ??= parsed.data.journal;
      done.add(parsed.data.done);
    } else entries.push(parsed.data);
  }
  return { header, entries, done, unreadable };
};

/** Up to the end of its last whole line: of a torn one the change was never made. */
export const wholeLines = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.lastIndexOf('\n') + 1);

/** The bytes of a journal; null: there is none. Throws KnownError where it cannot be read. */
export const journalBytes = async (path: string): Promise<Buffer | null> => {
  try {
    return await readFile(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw new KnownError(`the undo journal ${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
};

/** Only reads, unlike who goes on with a journal. null: there is none. Throws KnownError. */
export const readUndoLines = async (path: string): Promise<UndoLines | null> => {
  const bytes = await journalBytes(path);
  return bytes === null ? null : parseUndoLines(path, wholeLines(bytes).toString('utf8'));
};

/**
 * What is still to be undone, the latest change first: of the journal, and of a copy of what was open when it was made.
 * What the copy has and the journal does not was recorded last, or was lost from it: to undo it does no harm.
 */
export const openIn = (lines: UndoLines | null, copy: readonly Recorded[] = []): Recorded[] => {
  const all = new Map([...copy, ...(lines?.entries ?? [])].map((entry) => [entry.id, entry]));
  return [...all.values()].filter(({ id }) => lines?.done.has(id) !== true).sort((a, b) => b.id - a.id);
};

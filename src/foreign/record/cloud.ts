import type { Told } from './form.js';

/** What an entry of a cloud's log tells, with the stamp as it is written. */
export interface EntryTold {
  readonly told: Told;
  readonly time: string;
}

/** A log of a cloud's API: one list of entries in a document of JSON. */
export interface CloudForm {
  readonly name: string;
  /** Whose clock stamps it. */
  readonly clock: string;
  /** Is a document of it that begins so? */
  readonly knows: (head: string) => boolean;
  /** Under which key the list stands, where it is not the document itself. */
  readonly keys: readonly string[];
  /** null: not an entry of it. None: an entry that tells nothing of a failover. */
  readonly read: (entry: unknown) => readonly EntryTold[] | null;
  /** What its reader ought to know; a sentence each. */
  readonly notes: readonly string[];
}

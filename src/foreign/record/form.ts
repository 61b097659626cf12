import type { EvidenceKind } from '../../model/evidence.js';
import type { Role } from '../../model/event.js';

/** What a stamp allows, by the clock that wrote it: milliseconds since 1970. */
export interface Instant {
  readonly lo_ms: number;
  readonly hi_ms: number;
}

/** What a line tells of one instant. */
export interface Told {
  readonly kind: EvidenceKind;
  /** null: whoever wrote the line. */
  readonly subject: string | null;
  /** null, of `address-moved`: to whoever wrote the line. */
  readonly value: string | null;
  readonly part?: string;
  /** Left out: the line's own time. */
  readonly at?: Instant;
  /** Who wrote the line, where its form says so and no host stands in front of it. Left out: it does not. */
  readonly by?: string;
}

/** A line of a record, as its form is handed it. */
export interface RecordLine {
  readonly text: string;
  /** null: it has no time that can be placed. */
  readonly at: Instant | null;
}

/**
 * What a line tells: nothing, for what is known to tell nothing of a failover; null, for one that looks as if it did, but is
 * not understood: it is counted and quoted.
 */
export type Reading = readonly Told[] | null;
export type ReadLine = (line: RecordLine) => Reading;

/**
 * How a record calls a member of the pair: `self`, whose record it is; `peer`, the other one; `member`, one of the two; or
 * what it is called elsewhere.
 */
export interface Naming {
  readonly name: string;
  readonly is: 'self' | 'peer' | 'member' | { readonly called: string };
}

/** One form of lines that a device writes. */
export interface RecordForm {
  /** In words: "Cisco ASA syslog". */
  readonly name: string;
  /** For messages: what one of its lines looks like. */
  readonly example: string;
  /** Is the line of this form? Asked of every line of every log, so it has to be cheap. */
  readonly knows: (line: string) => boolean;
  /** The line with its own time in front, where that is written elsewhere or in another order. */
  readonly plain?: (line: string) => string;
  /** Who wrote the line, where no header says so; null: it does not say. */
  readonly writer?: (line: string) => string | null;
  /** What a line says of names that only the pair itself uses: serial numbers, node0 and node1. */
  readonly names?: (line: string) => readonly Naming[];
  /** Is the line of a list that stands beside others, so that a time before the last is no clock that was set? */
  readonly listed?: (line: string) => boolean;
  /** Some tell one thing in several lines. */
  readonly open: () => ReadLine;
}

export const NOTHING: readonly Told[] = [];

export const role = (value: Role, subject: string | null = null, part: string | null = null): Told =>
  part === null ? { kind: 'role', subject, value } : { kind: 'role', subject, value, part };

/** Of the peer: missed, dead, alive again. */
export const peer = (kind: 'hello-lost' | 'peer-lost' | 'peer-found', value: string | null = null): Told => ({
  kind,
  subject: null,
  value,
});

export const link = (subject: string, up: boolean): Told => ({
  kind: 'link',
  subject,
  value: up ? 'up' : 'down',
});

/** What a device calls its states, as our roles; null: no word of it. */
export const roleOf = (words: Readonly<Record<string, Role>>, word: string): Role | null =>
  Object.hasOwn(words, word) ? (words[word] as Role) : null;

/** What a line tells by the first pattern that fits; nothing, where none does. */
export type Rule = readonly [pattern: RegExp, tell: (match: RegExpExecArray) => Reading];

export const byRules = (rules: readonly Rule[], text: string): Reading => {
  for (const [pattern, tell] of rules) {
    const match = pattern.exec(text);
    if (match !== null) return tell(match);
  }
  return NOTHING;
};

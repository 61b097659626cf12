import type { LogTimeReader } from './log-time.js';
import type { Targets } from './targets.js';

/** How each tool is called in `--format` and in what is printed. */
export const FORMATS = ['ping', 'windows', 'fping', 'irtt'] as const;
export type FormatName = (typeof FORMATS)[number];

/** What the options and the sample of the beginning say about the log. Nanoseconds. */
export interface ReadSettings {
  /** `--interval`; null: not given. */
  readonly interval_ns: number | null;
  /** How long Windows' ping waits for an answer. */
  readonly timeout_ns: number;
  /** Do its times stand on lines of their own, before what happened then, as `date` writes them in a loop? */
  readonly apart: boolean;
}

/** Everything a reader of lines works with. */
export interface ReadContext {
  readonly settings: ReadSettings;
  readonly stamps: LogTimeReader;
  readonly targets: Targets;
  readonly text: (bytes: Buffer, from: number, to: number) => string;
}

/**
 * Reads one format, line by line.
 *
 * Where the tool writes what it counted itself, that goes to `ProbeLog.end`, with `ProbeLog.begin` (or `goOn`) at its
 * heading: the summary is a witness, and where it contradicts the lines no outage of that part is told.
 */
export interface LineReader {
  /**
   * True: the line was understood, be it that it is about no probe. False: it was not; it is counted and quoted, and where
   * it looks like a probe's, there is no figure. So nothing but what is known for sure is to be passed over with true.
   */
  line(bytes: Buffer, from: number, to: number): boolean;
  /** Could a line that was not understood be about a probe, beside those that look so in any tool? Left out: none. */
  suspects?(line: string): boolean;
}

/** One format of text. */
export interface TextFormat {
  readonly name: FormatName;
  /** For messages: what one of its lines looks like. */
  readonly example: string;
  /** Is this line, without a stamp, of this format? Only asked about the beginning of a log. */
  readonly knows: (line: string) => boolean;
  /** Is it the heading that the tool begins with? Left out: it has none. */
  readonly begins?: (line: string) => boolean;
  readonly open: (context: ReadContext) => LineReader;
}

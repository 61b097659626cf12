import type { LogTimeReader } from './log-time.js';
import type { TargetResult, Targets } from './targets.js';

/** How each tool is called in `--format` and in what is printed. */
export const FORMATS = [
  'ping',
  'windows',
  'fping',
  'irtt',
  'marks',
  'curl',
  'csv',
  'powershell',
  'tcping',
  'psping',
  'paping',
  'httping',
  'mikrotik',
  'vmping',
  'fping-C',
  'fping-json',
  'tcpdump',
  'pcap',
  'iperf3',
  'hping3',
  'nping',
  'mtr',
] as const;
export type FormatName = (typeof FORMATS)[number];

/** What the options and the sample of the beginning say about the log. Nanoseconds. */
export interface ReadSettings {
  /** `--interval`; null: not given. */
  readonly interval_ns: number | null;
  /** `--timeout`, how long the tool waits for an answer; null: not given, and each format has its default. */
  readonly timeout_ns: number | null;
  /** Do its times stand on lines of their own, before what happened then, as `date` writes them in a loop? */
  readonly apart: boolean;
  readonly threshold_ns: number | null;
  readonly mergeGap_ns: number;
}

/** What a reader that puts its targets together itself found. */
export interface FinishedLog {
  readonly targets: readonly TargetResult[];
  readonly assumptions: readonly string[];
  readonly notes: readonly string[];
  /** When something was, in the terms of the log; left out: by the stamps before its lines. */
  readonly time?: (at_ns: number) => string | null;
}

/** Everything a reader of lines works with. */
export interface ReadContext {
  /** How the log is called. */
  readonly source: string;
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
  /** No more lines, none of which forbids a figure. Left out: the targets are those of the context. */
  finish?(): FinishedLog;
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
  /** The line with its time at the beginning, where it stands elsewhere. */
  readonly plain?: (line: string) => string;
  readonly open: (context: ReadContext) => LineReader;
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { logFile } from '../../src/foreign/open-log.js';
import { readLog, type ForeignLog, type ReadOptions } from '../../src/foreign/read-log.js';
import { parseDuration } from '../../src/model/duration.js';
import { KnownError } from '../../src/model/error.js';
import type { OutageRow, StreamRow } from '../../src/model/tables.js';
import { ns } from '../../src/model/time.js';

/** What is right of a log. Lengths in seconds, of the longest loss outage. */
interface Right {
  /** From the first lost to the last lost. */
  readonly lo_s?: number;
  /** From the last reply to the next one; null: the outage is open at one end. */
  readonly hi_s?: number | null;
  /** No loss outage is listed, nor is the stream never answered or not recovered. */
  readonly no_outage?: true;
  /** A known error with a message that says why. */
  readonly refuse?: true;
  /** In words: only the counts are compared. */
  readonly note?: string;
}

export interface LogCase {
  /** `keep`, or the group of what was in the way. */
  readonly kind: string;
  /** A list: any of them. */
  readonly right: Right | readonly Right[];
  readonly why: string;
  readonly sent?: number;
  readonly received?: number;
  /** Not fewer, not more. */
  readonly late?: readonly [number, number];
  readonly first_seq?: number;
  readonly tol_s?: number;
  readonly wide_ok?: true;
  /** As on the command line, without dashes. */
  readonly options?: Readonly<Record<string, string>>;
}

export const casesIn = (folder: string): Readonly<Record<string, LogCase>> =>
  JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<string, LogCase>;

const optionsOf = (given: Readonly<Record<string, string>> = {}): ReadOptions => ({
  format: (given['format'] ?? null) as ReadOptions['format'],
  interval_ns: given['interval'] === undefined ? null : parseDuration(given['interval']),
  timeout_ns: given['timeout'] === undefined ? null : parseDuration(given['timeout']),
  threshold_ns: given['delay-threshold'] === undefined ? null : parseDuration(given['delay-threshold']),
  mergeGap_ns: given['merge-gap'] === undefined ? ns(0) : parseDuration(given['merge-gap']),
});

const isLoss = ({ kind }: OutageRow): boolean => kind === 'loss';
const longestOf = (log: ForeignLog): OutageRow | undefined =>
  log.targets
    .flatMap(({ outages }) => outages)
    .filter(isLoss)
    .toSorted((a, b) => (b.outage_s ?? 0) - (a.outage_s ?? 0))[0];

const interval = (outage: OutageRow, right: Right, tol: number, wideOk: boolean): string | null => {
  const { lo_s, outage_s, hi_s } = outage;
  const said = `${lo_s} … ${outage_s} … ${String(hi_s)} s`;
  const lo = right.lo_s ?? 0;
  const hi = right.hi_s ?? null;
  if ((hi === null) !== (hi_s === null)) return `${said}: open at an end, or not`;
  if (lo_s > lo + tol) return `${said}: the lower bound is above ${lo}`;
  if (hi !== null && (hi_s as number) < hi - tol) return `${said}: the upper bound is below ${hi}`;
  if (outage_s === null ? hi !== null : outage_s < lo - tol || outage_s > (hi ?? Infinity) + tol) return `${said}: the point is outside`;
  const room = tol + (hi ?? lo) / 5;
  if (wideOk) return null;
  return lo_s < lo - room || (hi !== null && (hi_s as number) > hi + room) ? `${said}: too wide` : null;
};

const outageFault = (log: ForeignLog, right: Right, each: LogCase): string | null => {
  const longest = longestOf(log);
  const mute = log.targets.find(({ stream: { status, received } }) => status === 'down-at-start' && received > 0);
  if (mute !== undefined) return 'never answered, beside replies';
  if (right.refuse === true) return 'was not refused';
  if (right.note !== undefined) return null;
  if (right.no_outage === true) {
    const bad = log.targets.find(({ stream: { status } }) => /^(?:down-at-start|not-recovered)$/.test(status));
    return longest === undefined && bad === undefined ? null : 'lists a loss outage, or one without an end';
  }
  return longest === undefined
    ? 'lists no loss outage'
    : interval(longest, right, each.tol_s ?? 0.1, each.wide_ok === true);
};

/** Are the counts those of the target with the longest outage, of any target where there is none, or of all together? */
const countFault = (log: ForeignLog, each: LogCase): string | null => {
  const longest = longestOf(log);
  const streams = log.targets.map(({ stream }) => stream);
  const sum = (count: (stream: StreamRow) => number): number =>
    streams.reduce((total, stream) => total + count(stream), 0);
  const own = streams.filter(({ stream }) => longest === undefined || stream === longest.stream);
  const fits = (wanted: number | undefined, count: (stream: StreamRow) => number): boolean =>
    wanted === undefined || own.some((stream) => count(stream) === wanted) || sum(count) === wanted;
  const { late = [0, Infinity] } = each;
  if (!fits(each.sent, ({ sent }) => sent)) return `sent ${sum(({ sent }) => sent)}, not ${each.sent}`;
  if (!fits(each.received, ({ received }) => received))
    return `received ${sum(({ received }) => received)}, not ${each.received}`;
  const slow = sum((stream) => stream.late);
  if (slow < late[0] || slow > late[1]) return `${slow} late, not ${late.join(' to ')}`;
  return each.first_seq === undefined || longest?.first_seq === each.first_seq
    ? null
    : `from probe ${String(longest?.first_seq)}, not ${each.first_seq}`;
};

/** What is wrong with how a log is read; null: nothing. */
export const judge = async (folder: string, name: string, each: LogCase): Promise<string | null> => {
  const rights: readonly Right[] = [each.right].flat();
  let log: ForeignLog;
  try {
    log = await readLog(logFile(join(folder, name), name), optionsOf(each.options));
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return rights.some(({ refuse }) => refuse === true) ? null : `refused: ${error.message}`;
  }
  const faults = rights.map((right) => outageFault(log, right, each));
  return (faults.includes(null) ? null : (faults[0] as string)) ?? countFault(log, each);
};

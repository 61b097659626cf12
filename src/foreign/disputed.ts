import type { LogResult } from '../analysis/log.js';
import type { OutageRow, StreamRow } from '../model/tables.js';
import { NS_PER_S } from '../model/time.js';
import type { Disputed, ProbeLog, Quiet } from './probe-log.js';

/** A result, and where it has none, why. */
export interface DisputedResult extends LogResult {
  readonly silent: string | null;
}

const total = (parts: readonly Disputed[], key: 'transmitted' | 'received' | 'replies' | 'probes'): number =>
  parts.reduce((sum, part) => sum + part[key], 0);

const isIn = (parts: readonly Disputed[], { first_seq, last_seq }: OutageRow): boolean =>
  parts.some(({ from, to }) => first_seq < to && last_seq >= from);

const seconds = (value_ns: number): string => `${(value_ns / NS_PER_S).toFixed(1)} s`;

/** `15 of 60 lost: 3.0 s if in one piece` */
const counted = (transmitted: number, received: number, interval_ns: number): string => {
  const lost = transmitted - received;
  const each = `${received} of ${transmitted} came back`;
  return lost > 0 ? `${each}, ${lost} lost: ${seconds(lost * interval_ns)} if in one piece` : each;
};

/** A stream of which something is not known has no outage but those of the parts that are. */
const withoutFigures = (stream: StreamRow, kept: readonly OutageRow[], reason: string | null): StreamRow => {
  const losses = kept.filter(({ kind }) => kind === 'loss' || kind === 'late');
  const longest = losses.toSorted((a, b) => (b.outage_s ?? 0) - (a.outage_s ?? 0))[0];
  return {
    ...stream,
    status: reason === null ? 'unaffected' : 'void',
    void_reason: reason,
    periods: losses.length,
    longest_lo_s: longest?.lo_s ?? null,
    longest_s: longest?.outage_s ?? null,
    longest_hi_s: longest?.hi_s ?? null,
    total_s: longest === undefined ? null : losses.reduce((sum, { outage_s }) => sum + (outage_s ?? 0), 0),
    span_s: null,
    disruption_s: null,
    background_loss: null,
  };
};

const UNTIMED = (runs: number): string =>
  `${runs} runs of ping with one probe each, and nothing tells when: no outage can be told`;

/** Is it a loop of `ping -q`: sections that tell nothing but their counts, and something came back in one? */
const isQuiet = ({ quiet, sections }: ProbeLog): boolean =>
  sections > 1 && quiet.length === sections && quiet.some(({ received }) => received > 0);

/** More of them nobody reads. */
const MOST_SECTIONS = 12;

/** `section 3: 4 of 10 lost: 4.0 s if in one piece, one sent every 1.0 s` */
const saidOf = ({ section, transmitted, received }: Quiet, interval_ns: number): string => {
  const lost = transmitted - received;
  const which = `section ${section}`;
  const every = `one sent every ${seconds(interval_ns)}`;
  if (lost < 0) return `${which}: ${received} came back of ${transmitted}: that cannot be`;
  return received === 0
    ? `${which}: all ${transmitted} lost: ${seconds((transmitted - 1) * interval_ns)} at least, ${every}`
    : `${which}: ${lost} of ${transmitted} lost: ${seconds(lost * interval_ns)} if in one piece, ${every}`;
};

/** Of a log of summaries alone there are counts, and no outage: when is not in it. */
const quietResult = (
  target: string,
  log: ProbeLog,
  found: LogResult,
  interval_ns: number,
): DisputedResult => {
  const sum = (key: 'transmitted' | 'received'): number =>
    log.quiet.reduce((all, part) => all + part[key], 0);
  const [sent, received] = [sum('transmitted'), sum('received')];
  const bad = log.quiet.filter((part) => part.received !== part.transmitted);
  const reason =
    bad.length === 0
      ? null
      : `${log.quiet.length} summaries and no line about a probe: when is not in the log`;
  const more = bad.length - MOST_SECTIONS;
  const told = bad.slice(0, MOST_SECTIONS).map((part) => saidOf(part, interval_ns));
  const isPossible = log.quiet.every((part) => part.received <= part.transmitted);
  return {
    ...found,
    stream: {
      ...withoutFigures(found.stream, [], reason),
      ...(isPossible ? { sent, received, lost: sent - received } : {}),
    },
    outages: [],
    notes: [
      `${target}: ${reason ?? `no line is about a reply, but by ${log.quiet.length} summaries ${counted(sent, received, interval_ns)}`}`,
      ...told.map((text) => `${target}: ${text}`),
      ...(more > 0 ? [`${target}: and ${more} sections more that lost probes`] : []),
    ],
    silent: null,
  };
};

/**
 * The summary in a log is a witness. Where it says otherwise than the lines, what the lines do not show is not lost but
 * unknown: the counts are the summary's, and no outage of that part is told.
 *
 * @param interval_ns how far apart sends are taken to be
 */
export const disputedResult = (
  target: string,
  log: ProbeLog,
  found: LogResult,
  interval_ns: number,
): DisputedResult => {
  const parts = log.disputed;
  const { stream } = found;
  if (isQuiet(log)) return quietResult(target, log, found, interval_ns);
  if (parts.length === 0)
    return log.untimedRuns > 1 && stream.lost > 0
      ? {
          ...found,
          stream: withoutFigures(stream, [], UNTIMED(log.untimedRuns)),
          outages: [],
          notes: [`${target}: ${UNTIMED(log.untimedRuns)}`],
          silent: `${UNTIMED(log.untimedRuns)} (${stream.received} of ${stream.sent} came back)`,
        }
      : { ...found, silent: null };
  const [transmitted, received, replies] = [
    total(parts, 'transmitted'),
    total(parts, 'received'),
    total(parts, 'replies'),
  ];
  // What came back is counted; what the lines had lost in these parts is given up for what the summary lost.
  const emitted = parts.reduce((sum, { from, to }) => sum + (to - from), 0);
  const outside = { sent: stream.sent - emitted, received: stream.received - replies };
  const sent = Math.max(0, outside.sent) + transmitted;
  const back = Math.max(0, outside.received) + received;
  const outages = found.outages.filter((row) => !isIn(parts, row));
  const counts = counted(transmitted, received, interval_ns);
  // A summary by which more came back than was sent is no witness: the counts are those of the lines.
  const isPossible = received <= transmitted && back <= sent;
  const clean =
    isPossible && received >= transmitted && replies <= received && total(parts, 'probes') <= transmitted;
  const why =
    replies === 0
      ? `no line is about a reply, but by the summary ${counts}`
      : `${replies} replies have a line, but by the summary ${counts}`;
  const reason =
    clean && outages.length === 0
      ? null
      : `${why}: ${isPossible ? 'when is not in the log' : 'that cannot be'}, so no outage of that part is told`;
  return {
    ...found,
    stream: {
      ...withoutFigures(stream, outages, reason),
      ...(isPossible ? { sent, received: back, lost: sent - back } : {}),
    },
    outages,
    notes: [`${target}: ${reason ?? why}`],
    silent:
      replies === 0 && !clean && outside.received <= 0 ? `${target}: ${counts} (its own summary)` : null,
  };
};

import { slug } from '../send/local-failure.js';

/** One line of iputils' `ping -D -O` that says something about a probe. `at_s` is wall-clock time. */
export type PingLine =
  | {
      readonly kind: 'reply';
      readonly seq16: number;
      readonly at_s: number | null;
      readonly ttl: number | null;
      readonly rtt_ms: number | null;
      readonly duplicate: boolean;
    }
  | { readonly kind: 'no-answer-yet'; readonly seq16: number; readonly at_s: number | null }
  | {
      readonly kind: 'unreachable';
      readonly seq16: number;
      readonly at_s: number | null;
      readonly from: string;
      readonly cause: string;
    }
  /** `text` as strerror says it: "Network is unreachable". */
  | { readonly kind: 'local-error'; readonly at_s: number | null; readonly text: string };

const STAMP = /^\[(\d+\.\d+)\] /;
const REPLY = /icmp_seq=(\d+)(?: ttl=(\d+))?(?: hlim=(\d+))?(?: time=([\d.]+) ms)?/;
const NO_ANSWER = /^no answer yet for icmp_seq=(\d+)/;
const UNREACHABLE = /^From (\S+?):? icmp_seq=(\d+) (.+)$/;
const LOCAL_ERROR = /^ping6?: (?:sendmsg|local error): (.+)$/;

const numberOf = (text: string | undefined): number | null => (text === undefined ? null : Number(text));

/** Where ping's words differ from the causes that the prober's own ICMP socket gives. */
const SAME_CAUSE: Readonly<Record<string, string>> = {
  'packet-filtered': 'admin-prohibited',
  'administratively-prohibited': 'admin-prohibited',
  'frag-needed': 'fragmentation-needed',
  'time-to-live-exceeded': 'time-exceeded',
  'time-exceeded-hop-limit': 'time-exceeded',
};

const causeOf = (text: string): string => {
  const words = text.replace(/^Destination (unreachable: )?/, '').replace(/ and DF set.*$/, '');
  const cause = slug(words);
  return SAME_CAUSE[cause] ?? cause;
};

/** @returns null for headings, summaries and anything else that is about no probe. */
export const parsePingLine = (line: string): PingLine | null => {
  const stamp = STAMP.exec(line);
  const at_s = numberOf(stamp?.[1]);
  const text = stamp === null ? line : line.slice(stamp[0].length);
  const waiting = NO_ANSWER.exec(text);
  if (waiting !== null) return { kind: 'no-answer-yet', seq16: Number(waiting[1]), at_s };
  const local = LOCAL_ERROR.exec(text);
  if (local !== null) return { kind: 'local-error', at_s, text: local[1] as string };
  const unreachable = UNREACHABLE.exec(text);
  // "From 10.0.0.1: icmp_seq=2 Redirect Host(New nexthop: 10.0.0.2)": the probe is still on its way.
  if (unreachable !== null && /^(Redirect|Source Quench)/.test(unreachable[3] as string)) return null;
  if (unreachable !== null)
    return {
      kind: 'unreachable',
      seq16: Number(unreachable[2]),
      at_s,
      from: unreachable[1] as string,
      cause: causeOf(unreachable[3] as string),
    };
  if (!/^\d+ bytes from /.test(text)) return null;
  const reply = REPLY.exec(text);
  if (reply === null) return null;
  return {
    kind: 'reply',
    seq16: Number(reply[1]),
    at_s,
    ttl: numberOf(reply[2] ?? reply[3]),
    rtt_ms: numberOf(reply[4]),
    duplicate: text.includes('(DUP!)'),
  };
};

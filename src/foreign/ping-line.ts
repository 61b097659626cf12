import { parsePingLine } from '../probe/stream/ping-log.js';
import { decimal_ns } from './byte-cursor.js';
import { LONGEST_STAMPED, type Place } from './stamp.js';
import { summaryIn, type Summary } from './summary.js';

export interface PingReply {
  /** Who answered; `target`: not said. */
  readonly from: string;
  readonly seq: number;
  /** NaN: not said. */
  readonly rtt_ns: number;
  /** -1: not said. */
  readonly ttl: number;
  readonly duplicate: boolean;
}

/** What one line of a ping that numbers its probes says, in whatever language. */
export type PingSays =
  | ({ readonly kind: 'reply' } & PingReply)
  /** None yet as the next one left (`-O`, macOS), or none within the time that the tool waits. */
  | {
      readonly kind: 'unanswered' | 'timed-out';
      readonly seq: number;
      readonly translated: boolean;
      /** Of a tool that sends the next only then. */
      readonly waited?: true;
    }
  | {
      readonly kind: 'error';
      readonly seq: number;
      readonly from: string;
      readonly cause: string;
      readonly translated: boolean;
    }
  | { readonly kind: 'local-error'; readonly text: string; readonly of: 'announced' | 'next' }
  /** An error that does not say which probe it is about. */
  | { readonly kind: 'remark'; readonly text: string; readonly from: string }
  | {
      readonly kind: 'heading';
      readonly target: string;
      /** As it was given. */
      readonly name: string;
      readonly local: string | null;
      readonly first: 0 | 1;
    }
  | ({ readonly kind: 'summary' } & Summary)
  | { readonly kind: 'interrupted' }
  /** Above a summary; the target as it was given. */
  | { readonly kind: 'statistics'; readonly line: string }
  /** Of the tool, and about no probe. */
  | { readonly kind: 'aside' };

/** Not translated by anybody: `icmp_seq=7`, `icmp_req=7` (old iputils), `icmp6_seq`, BusyBox's `seq=7`. */
const SEQ = /icmp6?_[sr]eq[=: ]\s?(\d+)|\bbytes from .*[ :]seq=(\d+)|\bRequest (\d+) timed out/;
const TTL = /\b(?:ttl|hlim)=(\d+)/i;
/** `time=0.345 ms`, `Zeit=0,345 ms`, `时间=0.3 毫秒`, `time<1ms.` */
const VALUES = /([^\s=<]+)\s?[=<]{1,2}\s?(\d+(?:[.,]\d+)?)(?:\s?([^\s\d=().,;"'\\|]{1,9})(?!\S*=))?/g;
const NO_TIME = new Set(['ttl', 'hlim', 'icmp_seq', 'icmp_req', 'icmp6_seq', 'seq']);
const UNIT_NS: Readonly<Record<string, number>> = {
  ms: 1e6,
  msec: 1e6,
  мс: 1e6,
  毫秒: 1e6,
  ミリ秒: 1e6,
  밀리초: 1e6,
  us: 1e3,
  usec: 1e3,
  µs: 1e3,
  μs: 1e3,
  мкс: 1e3,
  微秒: 1e3,
  s: 1e9,
  sec: 1e9,
  с: 1e9,
  秒: 1e9,
};

const HEX = '[0-9a-f]{1,4}';
const GROUPS = `${HEX}(?::${HEX}){0,6}`;
/** Four numbers; eight groups, or fewer around `::`. A time of day is none. */
const ADDRESS = new RegExp(
  String.raw`(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]\d)|` +
    String.raw`(?<![\w:])(?:(?:${HEX}:){7}${HEX}|(?:${GROUPS})?::(?:${GROUPS})?)(?:%\w+)?(?![\w:]\w)`,
  'i',
);

/** The first address in a line; null: there is none. */
export const addressIn = (line: string): string | null => ADDRESS.exec(line)?.[0] ?? null;

/** A round trip in a line: its digits, where they begin, and their unit. */
interface RoundTrip {
  readonly whole: string;
  readonly fraction: string;
  readonly at: number;
  readonly unit_ns: number;
}

/** 'none': not said; null: said, but not understood, as where the line is cut off. */
const roundTrip = (line: string): RoundTrip | 'none' | null => {
  let cut = false;
  for (const match of line.matchAll(VALUES)) {
    const [all, key, value, unit] = match as unknown as [string, string, string, string | undefined];
    if (NO_TIME.has(key.replace(/^.*[(:]/, '').toLowerCase())) continue;
    const unit_ns = unit === undefined ? undefined : UNIT_NS[unit];
    if (unit_ns !== undefined) {
      const [whole, fraction = ''] = value.split(/[.,]/) as [string, string?];
      return { whole, fraction, at: match.index + all.indexOf(value, key.length), unit_ns };
    }
    cut = true;
  }
  return cut ? null : 'none';
};

const inNs = ({ whole, fraction, unit_ns }: Omit<RoundTrip, 'at'>): number =>
  decimal_ns(Number(whole), Number(fraction), fraction.length, unit_ns);

/** `64 bytes from host (10.4.4.4): …` */
const SENDER = /\d+ bytes from (\S+?)(?: \(([^)]+)\))?[:,] /;

const senderOf = (line: string): string => {
  const sender = SENDER.exec(line);
  return sender?.[2] ?? sender?.[1] ?? addressIn(line) ?? 'target';
};

const NO_ANSWER = /no answer yet for icmp_seq[= ]|Request timeout for icmp_seq /;
const TIMED_OUT = /timed out/i;
/** `echo reply from 10.4.4.4 (10.4.4.4): icmp_seq=11 timeout` */
const OPING_TIMEOUT = /echo reply from \S+ .*icmp_seq=\d+ timeout$/;
const FROM = /(?:^|\s)(From \S+ icmp_seq=\d+ .*)$/;
const LOCAL = /(?:^|\s)ping6?: (?:sendmsg|local error): (.+)$/;
const BSD_SEND = /(?:(?:^|\s)ping6?: (?:sendto|wrote \S+|connect)|^connect): (.+)$/;
const BSD_ERROR =
  /\d+ bytes from ([^ :]+): (Destination .+|Communication prohibited.*|Time to live exceeded)$/;
const ASIDES = [
  // The header that an error of BSD's is about.
  /^(?:Vr HL TOS|\s*\d \s?\d \s*\d\d )/,
  // `rtt min/avg/max/mdev = 0.1/0.2/0.3/0.1 ms`
  /\d[.,]?\d*\/\d+[.,]?\d*\/\d/,
  /^round-trip min/,
  /^pipe \d+$/,
  /^RTT\[ms\]: min = /,
  // FortiGate does not number them; the next reply does.
  /(?:^|\s)Timeout \.\.\.$/,
];

/** `--- 10.4.4.4 ping statistics ---`, in any language. */
const STATISTICS = /-{2,4} .* -{2,4}$/;

const replyOf = (line: string, seq: number): PingSays | null => {
  const ttl = TTL.exec(line)?.[1];
  const rtt = roundTrip(line);
  if (rtt === null || (ttl === undefined && rtt === 'none' && !/\d+ bytes from /.test(line))) return null;
  return {
    kind: 'reply',
    from: senderOf(line),
    seq,
    rtt_ns: rtt === 'none' ? NaN : inNs(rtt),
    ttl: ttl === undefined ? -1 : Number(ttl),
    duplicate: line.includes('DUP!'),
  };
};

/** A probe's number without a reply: an error if somebody's address says so, else no answer. */
const unansweredOf = (line: string, seq: number): PingSays | null => {
  if (OPING_TIMEOUT.test(line)) return { kind: 'timed-out', seq, translated: false, waited: true };
  if (NO_ANSWER.test(line)) return { kind: 'unanswered', seq, translated: false };
  if (TIMED_OUT.test(line)) return { kind: 'timed-out', seq, translated: false };
  const english = FROM.exec(line);
  if (english !== null) {
    const parsed = parsePingLine((english[1] as string).trim());
    return parsed?.kind === 'unreachable'
      ? { kind: 'error', seq, from: parsed.from, cause: parsed.cause, translated: false }
      : { kind: 'aside' };
  }
  const before = line.slice(0, SEQ.exec(line)?.index);
  const from = addressIn(before);
  if (from === null) return { kind: 'unanswered', seq, translated: true };
  // A redirect names the better way, and the probe goes on.
  if (addressIn(line.slice(before.length)) !== null || /redire/i.test(line)) return { kind: 'aside' };
  return { kind: 'error', seq, from, cause: 'unknown', translated: true };
};

/**
 * `PING host (10.4.4.4) from 10.4.3.4 eth0: 56(84) bytes of data.`, `PING ::1(::1) 56 data bytes` (iputils, which
 * numbers from 1); `PING 10.4.4.4 (10.4.4.4): 56 data bytes` (BusyBox, GNU, macOS: from 0), `PING6(56=40+8+8 bytes) a --> b`;
 * `PING 10.4.4.4 56 data bytes` (SR OS: from 1).
 */
const headingOf = (line: string): PingSays | null => {
  const six = /^PING6\(.*\) (\S+) --> (\S+)/.exec(line);
  if (six !== null)
    return {
      kind: 'heading',
      target: six[2] as string,
      name: six[2] as string,
      local: six[1] as string,
      first: 0,
    };
  const bare = /^PING6? (\S+) \d+ data bytes/.exec(line);
  if (bare !== null && !(bare[1] as string).includes('('))
    return { kind: 'heading', target: bare[1] as string, name: bare[1] as string, local: null, first: 1 };
  const match = /^PING6? \S.*?\(([^()]+)\)\)?(.*\d.*)$/.exec(line);
  if (match === null) return null;
  const rest = match[2] as string;
  const zero = /: \d+ /.test(rest) && !/\d\(\d+\)/.test(rest) && / \(/.test(line);
  return {
    kind: 'heading',
    target: match[1] as string,
    name: /^PING6? ([^\s(]+)/.exec(line)?.[1] ?? (match[1] as string),
    local: / from (\S+?):? /.exec(rest)?.[1] ?? addressIn(rest),
    first: zero ? 0 : 1,
  };
};

const withoutSeq = (line: string): PingSays | null => {
  const heading = /(?:^|[\s"'])(PING6?[ (].*)$/.exec(line);
  const found = heading === null ? null : headingOf(heading[1] as string);
  if (found !== null) return found;
  const local = LOCAL.exec(line);
  if (local !== null) return { kind: 'local-error', text: local[1] as string, of: 'announced' };
  const send = BSD_SEND.exec(line);
  if (send !== null) return { kind: 'local-error', text: send[1] as string, of: 'next' };
  const summary = summaryIn(line);
  if (summary !== null) return { kind: 'summary', ...summary };
  // macOS does not say which probe the error is about; the timeout line that follows does.
  const error = BSD_ERROR.exec(line);
  if (error !== null) return { kind: 'remark', from: error[1] as string, text: error[2] as string };
  if (STATISTICS.test(line)) return { kind: 'statistics', line };
  if (line.startsWith('^C')) return { kind: 'interrupted' };
  return ASIDES.some((pattern) => pattern.test(line)) ? { kind: 'aside' } : null;
};

/** The commonest line of all, read at once. */
const COMMON =
  /(?:^| )\d+ bytes from \S+(?: \(\S+\))?: (?:icmp_)?seq=(\d+) ttl=(\d+) time=(\d+)(?:\.(\d+))? ms$/;

/** @returns null for what is not understood. The line comes without its stamp; what stands before or behind does not matter. */
export const pingSays = (line: string): PingSays | null => {
  if (line.length > LONGEST_STAMPED) return null;
  const common = COMMON.exec(line);
  if (common !== null)
    return {
      kind: 'reply',
      from: senderOf(line),
      seq: Number(common[1]),
      rtt_ns: inNs({ whole: common[3] as string, fraction: common[4] ?? '', unit_ns: 1e6 }),
      ttl: Number(common[2]),
      duplicate: false,
    };
  const match = SEQ.exec(line);
  if (match === null) return withoutSeq(line.trim());
  const seq = Number(match[1] ?? match[2] ?? match[3]);
  const reply = replyOf(line, seq);
  if (reply !== null) return reply;
  // Of what was a reply before it was cut off nothing is told.
  return TTL.test(line) || /\d+ bytes from /.test(line) ? null : unansweredOf(line, seq);
};

/** A reply of which all but the numbers is known: `take` gives it those of another line. */
export class RepeatedReply implements PingReply {
  readonly from: string;
  readonly duplicate: boolean;
  seq: number;
  rtt_ns: number;
  ttl: number;
  readonly #digits: number;
  readonly #unit_ns: number;

  constructor({ from, seq, rtt_ns, ttl, duplicate }: PingReply, digits: number, unit_ns: number) {
    this.from = from;
    this.duplicate = duplicate;
    this.seq = seq;
    this.rtt_ns = rtt_ns;
    this.ttl = ttl;
    this.#digits = digits;
    this.#unit_ns = unit_ns;
  }

  take(numbers: Float64Array, first: number): void {
    this.seq = numbers[first] as number;
    this.ttl = numbers[first + 1] as number;
    const whole = numbers[first + 2] as number;
    const fraction = this.#digits === 0 ? 0 : (numbers[first + 3] as number);
    this.rtt_ns = decimal_ns(whole, fraction, this.#digits, this.#unit_ns);
  }
}

/** Where a number stands that a match ends with. */
const last = (match: RegExpExecArray | null): Place | null => {
  const digits = match === null ? null : /\d+$/.exec(match[0]);
  if (match === null || digits === null) return null;
  const to = match.index + match[0].length;
  return { from: to - digits[0].length, to };
};

const commonPlaces = (line: string, common: RegExpExecArray): readonly Place[] => {
  const [, seq, ttl, whole, fraction = ''] = common as unknown as [string, string, string, string, string?];
  const places: Place[] = [];
  // From the end of the line on.
  let to = line.length - ' ms'.length;
  const before = (digits: string, behind: string): void => {
    places.unshift({ from: to - digits.length, to });
    to -= digits.length + behind.length;
  };
  if (fraction !== '') before(fraction, '.');
  before(whole, ' time=');
  before(ttl, ' ttl=');
  before(seq, '');
  return places;
};

/** The numbers of a reply: its own, its time to live and its round trip; null: it has not all of them, or who knows where. */
export const replyPlaces = (
  line: string,
  reply: PingReply,
): { readonly places: readonly Place[]; readonly said: RepeatedReply } | null => {
  const common = COMMON.exec(line);
  if (common !== null)
    return {
      places: commonPlaces(line, common),
      said: new RepeatedReply(reply, common[4]?.length ?? 0, 1e6),
    };
  const [seq, ttl, rtt] = [last(SEQ.exec(line)), last(TTL.exec(line)), roundTrip(line)];
  if (seq === null || ttl === null || rtt === null || rtt === 'none') return null;
  const whole = { from: rtt.at, to: rtt.at + rtt.whole.length };
  const fraction = { from: whole.to + 1, to: whole.to + 1 + rtt.fraction.length };
  return {
    places: rtt.fraction === '' ? [seq, ttl, whole] : [seq, ttl, whole, fraction],
    said: new RepeatedReply(reply, rtt.fraction.length, rtt.unit_ns),
  };
};

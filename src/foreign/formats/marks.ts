import { NS_PER_MS, NS_PER_S } from '../../model/time.js';
import {
  exactly,
  PASSED,
  type Pace,
  probe,
  type Said,
  type Say,
  seriesFormat,
  UNKNOWN,
  upTo,
} from './series.js';

/** `Sending 100, 100-byte ICMP Echos to 192.0.2.1, timeout is 2 seconds:` of IOS, IOS XE, IOS XR and ASA */
const SENDING =
  /^Sending \d+, .{0,80}\b(?:Echos?|probes?) to ([^\s,]+)(?:.{0,80}timeout is ([\d.]+) (milli)?seconds?)?/i;
/** `PING 192.0.2.1 (192.0.2.1): 56 data bytes`, `PING 192.0.2.1 56 data bytes`: Junos and SR OS with `rapid`. */
const HEADING = /^PING (\S+?):?(?: \(([^)]+)\):?)? .*\bbytes\b/;
const SUCCESS =
  /^Success rate is \d+(?:\.\d+)? percent \((\d+)\/(\d+)\)(?:, round-trip min\/avg\/max = [\d.]+\/[\d.]+\/([\d.]+) ms)?/;
const COUNTS = /^(\d+) packets transmitted, (\d+) (?:packets )?received/;
const MARKS = /^[!.UQMNPA?&]+$/;
const OTHER =
  /^(?:Type escape sequence|Packet sent with|Reply data will|Data pattern|-+ .*statistics|round-trip |\S*[>#] ?ping\b|Packet has )/i;

/** What Cisco's other marks mean: an error came back. */
const CAUSES: Readonly<Record<string, string>> = {
  U: 'host-unreachable',
  N: 'net-unreachable',
  P: 'protocol-unreachable',
  A: 'admin-prohibited',
  M: 'fragmentation-needed',
  Q: 'source-quench',
  '&': 'time-exceeded',
  '?': 'unknown-answer',
};

/**
 * A mark is a probe, in the order of sending: `!` answered, `.` waited for in vain. Cisco says for how long, and sends the
 * next as soon as it is done with one; Junos and SR OS say neither.
 */
const open = (pace: Pace): Say => {
  const given = pace.interval.most_ns !== null;
  let wait_ns = NaN;
  /** The slowest answer by the summaries so far; null: one did not say. */
  let slowest_ns: number | null = 0;
  const marked = (mark: string): Said => {
    if (mark === '!') return probe('answered');
    const cause = CAUSES[mark];
    return cause === undefined
      ? probe('lost', { waited_ns: given ? NaN : wait_ns })
      : probe('unreachable', { cause });
  };
  const success = (match: RegExpExecArray): Said => {
    const most = match[3] === undefined ? null : Number(match[3]) * NS_PER_MS;
    slowest_ns = most === null || slowest_ns === null ? null : Math.max(slowest_ns, most);
    // A millisecond is what round trips are cut to.
    if (!given && !Number.isNaN(wait_ns))
      pace.interval = upTo(slowest_ns === null ? wait_ns : slowest_ns + NS_PER_MS);
    return { kind: 'summary', target: null, sent: Number(match[2]), received: Number(match[1]) };
  };
  return (line) => {
    if (MARKS.test(line)) return Array.from(line, marked);
    const sending = SENDING.exec(line);
    if (sending !== null) {
      if (sending[2] !== undefined) {
        wait_ns = Number(sending[2]) * (sending[3] === undefined ? NS_PER_S : NS_PER_MS);
        if (!given && pace.interval.most_ns === null) pace.interval = upTo(wait_ns);
      }
      return { kind: 'target', target: sending[1] as string };
    }
    const end = SUCCESS.exec(line);
    if (end !== null) return success(end);
    const counts = COUNTS.exec(line);
    if (counts !== null)
      return { kind: 'summary', target: null, sent: Number(counts[1]), received: Number(counts[2]) };
    const heading = HEADING.exec(line);
    if (heading !== null) return { kind: 'target', target: (heading[2] ?? heading[1]) as string };
    return OTHER.test(line) ? PASSED : null;
  };
};

export const marksFormat = seriesFormat({
  name: 'marks',
  example: '!!!!!!!.....!!!!! of Cisco, Junos or SR OS',
  knows: (line) => SENDING.test(line) || SUCCESS.test(line) || (/!/.test(line) && MARKS.test(line)),
  timeless: true,
  suspicious: /^\s*[!.]{2,}/,
  pace: ({ interval_ns }) => ({
    interval: interval_ns === null ? UNKNOWN : exactly(interval_ns),
    wait: interval_ns === null ? UNKNOWN : exactly(interval_ns),
    pause: exactly(0),
    said:
      interval_ns === null
        ? 'marks have no times: each dot took the time-out that the log states, each answer no longer than the slowest; where it states none, only the counts are known (--interval says otherwise)'
        : `marks have no times: bounds assume a send every ${interval_ns / NS_PER_S} s (--interval)`,
  }),
  open,
});

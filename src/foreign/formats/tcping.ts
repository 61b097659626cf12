import { durationOf, everySecond } from './connect.js';
import { PASSED, probe, type Said, type Say, seriesFormat, UNKNOWN } from './series.js';

/** `Probing 192.0.2.1:443/tcp - Port is open - time=1.1ms`: tcping.exe of Eli Fulkerson */
const PROBING =
  /^Probing (\S+?)(?:\/\w+)? - (Port is open|No response|Connection refused|.+?) - time=\s*([\d.]+) ?ms/;
const PROBING_COUNTS = /^\s*(\d+) probes? sent\./;
const PROBING_SUCCESS = /^\s*(\d+) successful, (\d+) failed\./;
/** `Reply from host (192.0.2.1) on port 443 TCP_conn=1 time=1.23 ms`, `No reply from …`: tcping of Go */
const REPLY = /^Reply from (\S+)(?: \(([^)]+)\))? on port (\d+).*?\btime=([\d.]+) ?ms/;
const NO_REPLY = /^No reply from (\S+)(?: \(([^)]+)\))? on port (\d+)/;
const REPLY_COUNTS = /^(\d+) probes transmitted(?: on port \d+)? \| (\d+) received/;
/** `Ping tcp://host:443(192.0.2.1:443) connected - time=12ms dns=5ms`, `… Failed(timeout) - time=1s` */
const SCHEME_STATE =
  /^Ping tcp:\/\/([^\s(]+)\S*(?: -)? (connected|failed\([^)]*\)|failed|timeout).*?\btime=([\d.]+)(ms|s|µs|us)/i;
/** `seq 0: tcp response from 192.0.2.1 [open]  1.234 ms`, `seq 1: no response (timeout)`: tcpping over tcptraceroute */
const SEQ = /^seq (\d+): tcp response from (\S+)(?: \(([^)]+)\))? \[(\w+)\]\s+([\d.]+) ms/;
const SEQ_LOST = /^seq (\d+): no response/;
const HEADING = /^(?:TCPinging|Pinging|tcpping|TCPING|Pinging continuously)\b/i;
const OTHER =
  /^(?:\*\* Pinging continuously|Ping statistics for|Was unable to connect|Approximate (?:trip|round)|\s*Minimum = |-+ .*statistics|successful probes|unsuccessful probes|last (?:un)?successful|total (?:up|down)time|longest |rtt |TCPing (?:started|ended)|duration|retried to resolve|IP address changed|\s*Control-C)/i;

const failure = (state: string): 'refused' | 'lost' => (/refused/i.test(state) ? 'refused' : 'lost');

const open = (): Say => {
  /** "16 probes sent.", of which the next line has the rest. */
  let sent: number | null = null;
  const counted = (line: string): Said | null => {
    const reply = REPLY_COUNTS.exec(line);
    if (reply !== null)
      return { kind: 'summary', target: null, sent: Number(reply[1]), received: Number(reply[2]) };
    const sends = PROBING_COUNTS.exec(line);
    if (sends !== null) {
      sent = Number(sends[1]);
      return PASSED;
    }
    const success = PROBING_SUCCESS.exec(line);
    if (success === null) return null;
    const all = sent ?? Number(success[1]) + Number(success[2]);
    return { kind: 'summary', target: null, sent: all, received: Number(success[1]) };
  };
  return (line) => {
    const probing = PROBING.exec(line);
    if (probing !== null) {
      const [, target = '', state = '', time = ''] = probing;
      const took_ns = durationOf(time);
      return state === 'Port is open'
        ? probe('answered', { target, rtt_ns: took_ns })
        : probe(failure(state), { target, waited_ns: took_ns });
    }
    const reply = REPLY.exec(line);
    if (reply !== null)
      return probe('answered', {
        target: `${reply[2] ?? reply[1]}:${reply[3]}`,
        rtt_ns: durationOf(reply[4] as string),
      });
    const none = NO_REPLY.exec(line);
    if (none !== null) return probe('lost', { target: `${none[2] ?? none[1]}:${none[3]}` });
    const scheme = SCHEME_STATE.exec(line);
    if (scheme !== null) {
      const [, target = '', state = '', time = '', unit] = scheme;
      return /^connected/i.test(state)
        ? probe('answered', { target, rtt_ns: durationOf(time, unit) })
        : probe(failure(state), { target, waited_ns: durationOf(time, unit) });
    }
    const seq = SEQ.exec(line);
    if (seq !== null)
      return probe(seq[4] === 'open' ? 'answered' : 'refused', {
        target: (seq[3] ?? seq[2]) as string,
        seq: Number(seq[1]),
        rtt_ns: durationOf(seq[5] as string),
      });
    const lost = SEQ_LOST.exec(line);
    if (lost !== null) return probe('lost', { seq: Number(lost[1]) });
    return counted(line) ?? (HEADING.test(line) || OTHER.test(line) ? PASSED : null);
  };
};

export const tcpingFormat = seriesFormat({
  name: 'tcping',
  example: 'Probing 10.4.4.4:443/tcp - Port is open - time=1.234ms',
  knows: (line) =>
    PROBING.test(line) ||
    REPLY.test(line) ||
    NO_REPLY.test(line) ||
    SCHEME_STATE.test(line) ||
    SEQ.test(line) ||
    SEQ_LOST.test(line),
  pace: (settings) => everySecond(settings, 'tcping', UNKNOWN),
  open,
});

import { durationOf, everySecond } from './connect.js';
import { PASSED, probe, type Say, seriesFormat, UNKNOWN } from './series.js';

/** `connected to 10.4.4.4:80 (294 bytes), seq=0 time=  1.22 ms`, `… 503 Service Unavailable` with `-s` */
const CONNECTED =
  /^connected to (\S+?)(?: \(\d+ bytes\)| \(\d+\/\d+ bytes\))?, seq=(\d+)\s+time=\s*([\d.,]+)\s*ms(?:\s+(?:\S+\s+)??(\d{3})\b.*)?/;
/** Whatever went wrong: a line without a number. */
const FAILED =
  /^(?:timeout while |time ?out|connection (?:timed out|refused)|could ?n[o']t connect|error connecting to|connect(?:ion)? (?:failed|time)|short read|receive timeout|problem connecting to host|no route to host|.*\b(?:Connection refused|No route to host|Network is unreachable|timed out|Connection reset by peer)\b)/i;
const HEADING = /^PING (\S+?)(?: \([^)]*\))?:/;
const COUNTS = /^(\d+) connects, (\d+) ok/;
const OTHER = /^(?:-+ .*statistics|round-trip |got signal|\S* ?(?:ping|http(?:ing)?) )/i;

const open = (): Say => (line) => {
  const connected = CONNECTED.exec(line);
  if (connected !== null) {
    const code = connected[4];
    return probe(code !== undefined && Number(code) >= 500 ? 'unreachable' : 'answered', {
      target: connected[1] as string,
      seq: Number(connected[2]),
      rtt_ns: durationOf(connected[3] as string),
      cause: code !== undefined && Number(code) >= 500 ? `http-${code}` : null,
    });
  }
  const counts = COUNTS.exec(line);
  if (counts !== null)
    return { kind: 'summary', target: null, sent: Number(counts[1]), received: Number(counts[2]) };
  const heading = HEADING.exec(line);
  if (heading !== null) return { kind: 'target', target: heading[1] as string };
  if (FAILED.test(line)) return probe(/refused/i.test(line) ? 'refused' : 'lost');
  return OTHER.test(line) ? PASSED : null;
};

export const httpingFormat = seriesFormat({
  name: 'httping',
  example: 'connected to 10.4.4.4:80 (294 bytes), seq=0 time=  1.22 ms',
  knows: (line) => CONNECTED.test(line) || line.startsWith('timeout while connecting to host'),
  pace: (settings) => everySecond(settings, 'httping', UNKNOWN),
  open,
});

import { durationOf, everySecond } from './connect.js';
import { PASSED, probe, type Say, seriesFormat, UNKNOWN } from './series.js';

/** `Connecting to 10.4.4.4:443 (warmup): from 10.4.3.4:50215: 1.25ms`, or why not instead of the time. */
const CONNECT = /^Connecting to (\S+?)( \(warmup\))?:(?: from (\S+):)?\s+(.+)$/;
const REPLY = /^(Reply from|Pinging) (\S+?)( \(warmup\))?: ([\d.,]+) ?ms$/;
const TIMED_OUT = /^Request timed out\.?$/;
const HEADING = /^TCP connect to (\S+):$/;
const COUNTS = /^\s*Sent = (\d+), Received = (\d+), Lost = (\d+)/;
const OTHER =
  /^(?:PsPing v|Copyright|Sysinternals|Pinging \S+ with \d+ bytes|\d+ iterations|Infinite|TCP (?:connect|roundtrip)|Ping statistics|\s*Minimum = |Control-C|\^C)/i;

const open = (): Say => (line) => {
  const connect = CONNECT.exec(line) ?? null;
  if (connect !== null) {
    const [, target = '', warmup, , what = ''] = connect;
    // The first is thrown away by the tool's own summary.
    if (warmup !== undefined) return PASSED;
    const time = /^([\d.,]+) ?ms$/.exec(what);
    if (time !== null) return probe('answered', { target, rtt_ns: durationOf(time[1] as string) });
    // Windows says why in a sentence, in any language; what was cut off says nothing.
    if (what.startsWith('from ') || !/\p{L}.*[.。]$/u.test(what)) return null;
    return probe(/refused/i.test(what) ? 'refused' : 'lost', { target });
  }
  const reply = REPLY.exec(line);
  if (reply !== null)
    return reply[3] === undefined
      ? probe('answered', { target: reply[2] as string, rtt_ns: durationOf(reply[4] as string) })
      : PASSED;
  if (TIMED_OUT.test(line)) return probe('lost');
  const heading = HEADING.exec(line);
  if (heading !== null) return { kind: 'target', target: heading[1] as string };
  const counts = COUNTS.exec(line);
  if (counts !== null)
    return { kind: 'summary', target: null, sent: Number(counts[1]), received: Number(counts[2]) };
  return OTHER.test(line) ? PASSED : null;
};

export const pspingFormat = seriesFormat({
  name: 'psping',
  example: 'Connecting to 10.4.4.4:443: from 10.4.3.4:50215: 1.25ms',
  knows: (line) => CONNECT.test(line) || (REPLY.test(line) && !/=/.test(line)),
  pace: (settings) => everySecond(settings, 'psping', UNKNOWN),
  open,
});

import { durationOf, everySecond } from './connect.js';
import { probe, type Say, seriesFormat, UNKNOWN } from './series.js';

/** `[11/14/2023 10:13:21 PM] 192.0.2.1	1ms` */
const REPLY = /^(\S+)\t\s*<?(\d+) ?ms$/;
const FAILED =
  /^(\S+)\t\s*(Request timed out|Host unreachable|Destination .+|Unable to .+|TTL .+|Port (?:open|closed).*|.*unreachable.*|Error.*)\.?$/i;

const open = (): Say => (line) => {
  const reply = REPLY.exec(line);
  if (reply !== null)
    return probe('answered', { target: reply[1] as string, rtt_ns: durationOf(reply[2] as string) });
  const failed = FAILED.exec(line);
  if (failed === null) return null;
  const [, target = '', what = ''] = failed;
  if (/^port open/i.test(what)) return probe('answered', { target });
  return /unreachable/i.test(what)
    ? probe('unreachable', { target, cause: 'host-unreachable' })
    : probe('lost', { target });
};

export const vmpingFormat = seriesFormat({
  name: 'vmping',
  example: '[11/14/2023 10:13:21 PM] 192.0.2.1<tab>1ms',
  knows: (line) => REPLY.test(line) || FAILED.test(line),
  pace: (settings) => everySecond(settings, 'vmPing', UNKNOWN),
  open,
});

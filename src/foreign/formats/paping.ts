import { NS_PER_S } from '../../model/time.js';
import { durationOf, everySecond } from './connect.js';
import { exactly, PASSED, probe, type Say, seriesFormat } from './series.js';

const CONNECTED = /^Connected to (\S+?): time=([\d.,]+)ms protocol=(\w+) port=(\d+)/;
const FAILED = /^Connection (timed out|refused)\b/;
const HEADING = /^Connecting to (\S+)(?: \[([^\]]+)\])? on TCP (\d+)/;
const COUNTS = /^\s*Attempted = (\d+), Connected = (\d+), Failed = \d+/;
const OTHER = /^(?:paping v|Connection statistics|Approximate connection|\s*Minimum = )/i;

const open = (): Say => (line) => {
  const connected = CONNECTED.exec(line);
  if (connected !== null)
    return probe('answered', {
      target: `${connected[1]}:${connected[4]}`,
      rtt_ns: durationOf(connected[2] as string),
    });
  const failed = FAILED.exec(line);
  if (failed !== null) return probe(failed[1] === 'refused' ? 'refused' : 'lost');
  const heading = HEADING.exec(line);
  if (heading !== null) return { kind: 'target', target: `${heading[2] ?? heading[1]}:${heading[3]}` };
  const counts = COUNTS.exec(line);
  if (counts !== null)
    return { kind: 'summary', target: null, sent: Number(counts[1]), received: Number(counts[2]) };
  return OTHER.test(line) ? PASSED : null;
};

export const papingFormat = seriesFormat({
  name: 'paping',
  example: 'Connected to 10.4.4.4: time=1.21ms protocol=TCP port=443',
  knows: (line) => CONNECTED.test(line) || FAILED.test(line),
  // It waits for a second, its default.
  pace: (settings) => everySecond(settings, 'paping', exactly(NS_PER_S)),
  open,
});

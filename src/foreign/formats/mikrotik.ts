import { NS_PER_MS, NS_PER_S } from '../../model/time.js';
import { steady } from './connect.js';
import { PASSED, probe, type Say, seriesFormat } from './series.js';

/** Hosts are shown as addresses. `   10 192.0.2.1   56  64 1ms`, `   5 192.0.2.1   timeout`, `   5 192.0.2.9  84 64 3ms host unreachable` */
const ROW =
  /^ {0,16}(\d{1,10}) ([^\s.:]{0,63}[.:]\S{0,190}) {1,80}(?:(\d{1,10}) {1,80}(\d{1,3}) {1,80})?((?:\d{1,10}(?:ms|us|s)){1,3})? {0,80}([a-z][a-z -]{0,60})?$/;
const COUNTS = /^\s*sent=(\d+) received=(\d+)/;
const HEADING = /^\s*SEQ HOST +SIZE +TTL +TIME/;
const OTHER = /^(?:\s*min-rtt=|\[\S+@[^\]]+\] |--)/;

const rttOf = (text: string): number => {
  let total = 0;
  for (const [, value, unit] of text.matchAll(/(\d+)(ms|us|s)/g))
    total += Number(value) * (unit === 's' ? NS_PER_S : unit === 'ms' ? NS_PER_MS : 1e3);
  return total;
};

const open = (): Say => (line) => {
  const row = ROW.exec(line);
  if (row !== null) {
    const [, seq = '', target = '', , ttl, time, status] = row;
    const number = { target, seq: Number(seq) };
    if (status === undefined && time !== undefined)
      return probe('answered', {
        ...number,
        rtt_ns: rttOf(time),
        ttl: ttl === undefined ? null : Number(ttl),
      });
    // An error comes from somebody else, whose address stands in the line.
    if (status === 'timeout') return probe('lost', number);
    if (status !== undefined)
      return probe('unreachable', { seq: Number(seq), cause: status.trim().replaceAll(' ', '-') });
  }
  const counts = COUNTS.exec(line);
  if (counts !== null)
    return {
      kind: 'summary',
      target: null,
      sent: Number(counts[1]),
      received: Number(counts[2]),
      running: true,
    };
  return HEADING.test(line) || OTHER.test(line) ? PASSED : null;
};

export const mikrotikFormat = seriesFormat({
  name: 'mikrotik',
  example: '   10 192.0.2.1   56  64 1ms, as /ping of RouterOS writes it',
  knows: (line) => HEADING.test(line) || ROW.test(line),
  pace: steady,
  open,
});

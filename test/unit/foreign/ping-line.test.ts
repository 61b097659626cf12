import { expect, test } from 'vitest';
import { pingSays } from '../../../src/foreign/ping-line.js';

test.each([
  ['64 bytes from 10.4.4.4: icmp_seq=7 ttl=62 time=0.345 ms', ['10.4.4.4', 7, 62, 345_000, false]],
  ['64 bytes from 10.4.4.4: seq=0 ttl=62 time=12.5 ms', ['10.4.4.4', 0, 62, 12_500_000, false]],
  [
    '64 bytes from fw (10.4.4.4): icmp_seq=65535 ttl=255 time=1008 ms (DUP!)',
    ['10.4.4.4', 65_535, 255, 1.008e9, true],
  ],
  ['16 bytes from 2001:db8::1, icmp_seq=3 hlim=62 time=1.311 ms', ['2001:db8::1', 3, 62, 1_311_000, false]],
  ['64 Bytes von 10.4.4.4: icmp_seq=1 ttl=64 Zeit=1,005 ms', ['10.4.4.4', 1, 64, 1_005_000, false]],
  ['12 bytes from 10.4.4.4: icmp_seq=2 ttl=62', ['10.4.4.4', 2, 62, NaN, false]],
])('%s', (line, [from, seq, ttl, rtt_ns, duplicate]) => {
  expect(pingSays(line)).toEqual({ kind: 'reply', from, seq, ttl, rtt_ns, duplicate });
});

test.each(['64 bytes from 10.4.4.4: icmp_seq=7 ttl=62 time=0.3', '64 bytes from 10.4.4.4: icmp_seq='])(
  'of a reply that is cut off nothing is told: %j',
  (line) => {
    expect(pingSays(line)).toBeNull();
  },
);

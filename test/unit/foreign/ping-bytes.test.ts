import { expect, test } from 'vitest';
import { PingReply } from '../../../src/foreign/ping-reader.js';
import { LogTimeReader } from '../../../src/foreign/log-time.js';

const read = (line: string): PingReply | null => {
  const reply = new PingReply();
  const bytes = Buffer.from(`before\n${line}\nafter`);
  return reply.read(bytes, 7, 7 + Buffer.byteLength(line), new LogTimeReader()) ? reply : null;
};

test.each([
  ['64 bytes from 10.4.4.4: icmp_seq=7 ttl=62 time=0.345 ms', [7, 62, 345_000, false]],
  ['64 bytes from 10.4.4.4: seq=0 ttl=62 time=12.5 ms', [0, 62, 12_500_000, false]],
  ['64 bytes from fw (10.4.4.4): icmp_seq=65535 ttl=255 time=1008 ms (DUP!)', [65_535, 255, 1.008e9, true]],
  ['16 bytes from 2001:db8::1, icmp_seq=3 hlim=62 time=1.311 ms', [3, 62, 1_311_000, false]],
  ['[1700000000.123456] 64 bytes from ::1: icmp_seq=1 ttl=64 time=0.03 ms', [1, 64, 30_000, false]],
  ['12 bytes from 10.4.4.4: icmp_seq=2 ttl=62', [2, 62, NaN, false]],
])('%s', (line, expected) => {
  const reply = read(line);
  expect([reply?.seq, reply?.ttl, reply?.rtt_ns, reply?.duplicate]).toEqual(expected);
});

test.each([
  '64 bytes from 10.4.4.4: icmp_seq=7 ttl=62 time=0.3',
  '64 bytes from 10.4.4.4: icmp_seq=',
  '64 bytes from 10.4.4.4: icmp_seq=7 ttl=62 time=0.345 ms (DIFFERENT ADDRESS!)',
  'From 10.4.3.1 icmp_seq=7 Destination Host Unreachable',
  'no answer yet for icmp_seq=7',
  '92 bytes from 10.4.3.1: Destination Host Unreachable',
  '[17] 64 bytes from 10.4.4.4: icmp_seq=7 ttl=62 time=0.345 ms',
  '',
])('left to the slower readers: %j', (line) => {
  expect(read(line)).toBeNull();
});

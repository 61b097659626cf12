import { expect, test } from 'vitest';
import { type Rtos, RtoLines } from '../../../src/probe/session/rto.js';

/** `ss -tinH state established`, iproute2 6.1. */
const RECORDED = `0      0          127.0.0.1:51110      127.0.0.1:7
\t cubic wscale:7,7 rto:204 rtt:0.048/0.024 ato:40 mss:32768 pmtu:65535 rcvmss:536 advmss:65483 cwnd:10
0      0      [fd00:4:3::4]:40022  [fd00:4:4::4]:22
\t cubic wscale:10,10 rto:208.5 backoff:1 rtt:4.3/2.1 mss:1428 cwnd:10
0      0      [fe80::1]%eth0:40024  [fe80::2]:22
\t cubic wscale:10,10 rto:212
0      64         127.0.0.1:51112      127.0.0.1:7
\t cubic wscale:7,7 mss:32768
`;

const read = (text: string): Rtos => {
  const lines = new RtoLines();
  for (const line of text.split('\n')) lines.take(line);
  return lines.found;
};

test('the timeout of each connection by its local end, both families', () => {
  expect([...read(RECORDED)]).toEqual([
    ['127.0.0.1:51110', 204],
    ['fd00:4:3::4:40022', 208.5],
    ['fe80::1:40024', 212],
  ]);
});

test('nothing in, nothing out', () => {
  expect(read('').size).toBe(0);
  expect(read('Error: bad filter\n').size).toBe(0);
});

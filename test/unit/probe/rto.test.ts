import { expect, test } from 'vitest';
import { parseRtos } from '../../../src/probe/session/rto.js';

/** `ss -tinH state established`, iproute2 6.1. */
const RECORDED = `0      0          127.0.0.1:51110      127.0.0.1:7
\t cubic wscale:7,7 rto:204 rtt:0.048/0.024 ato:40 mss:32768 pmtu:65535 rcvmss:536 advmss:65483 cwnd:10
0      0      [fd00:4:3::4]:40022  [fd00:4:4::4]:22
\t cubic wscale:10,10 rto:208.5 backoff:1 rtt:4.3/2.1 mss:1428 cwnd:10
0      64         127.0.0.1:51112      127.0.0.1:7
\t cubic wscale:7,7 mss:32768
`;

test('the timeout of each connection by its local port, both families', () => {
  expect([...parseRtos(RECORDED)]).toEqual([
    [51_110, 204],
    [40_022, 208.5],
  ]);
});

test('nothing in, nothing out', () => {
  expect(parseRtos('').size).toBe(0);
  expect(parseRtos('Error: bad filter\n').size).toBe(0);
});

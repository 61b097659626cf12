import { expect, test } from 'vitest';
import { refusal, told } from '../told.js';

const line = (seq: number): string =>
  `len=46 ip=10.4.4.4 ttl=64 DF id=0 sport=80 flags=SA seq=${seq} win=64240 rtt=1.2 ms\n`;
const HEADING = 'HPING 10.4.4.4 (eth0 10.4.4.4): S set, 40 headers + 0 data bytes\n';
const counts = (sent: number, received: number): string =>
  `\n--- 10.4.4.4 hping statistic ---\n${sent} packets transmitted, ${received} packets received, 1% packet loss\n`;

test('what has no answer was lost, also at the end, wherever the summary stands', async () => {
  const body = HEADING + [0, 1, 2, 5, 6].map(line).join('');
  expect(await told(body + counts(7, 5))).toEqual(['hping3', '10.4.4.4 7/5, 2: 1.00 … 2.00 … 3.00']);
  expect(await told(counts(7, 5) + body)).toEqual(['hping3', '10.4.4.4 7/5, 2: 1.00 … 2.00 … 3.00']);
  expect(await told(counts(10, 5) + body)).toEqual([
    'hping3',
    '10.4.4.4 9/5, 2: 1.00 … 2.00 … 3.00, 2: 1.00 … ? … ?',
  ]);
});

test('lines that were left out are not lost probes', async () => {
  expect(await refusal(HEADING + [0, 1, 6].map(line).join('') + counts(7, 7))).toContain(
    '7 sent and 7 received',
  );
});

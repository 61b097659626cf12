import { expect, test } from 'vitest';
import { readText } from '../read.js';
import { refusal, told } from '../told.js';

const cisco = (marks: string, percent: string, wait = '2 seconds'): string =>
  [
    'Router#ping 10.4.4.4 repeat 20',
    'Type escape sequence to abort.',
    `Sending 20, 100-byte ICMP Echos to 10.4.4.4, timeout is ${wait}:`,
    marks,
    `Success rate is ${percent}, round-trip min/avg/max = 1/2/4 ms`,
    '',
  ].join('\r\n');

const LOSS = `${'!'.repeat(10)}${'.'.repeat(4)}${'!'.repeat(6)}`;

test('Cisco says how long a dot was waited for', async () => {
  expect(await told(cisco(LOSS, '80 percent (16/20)'))).toEqual([
    'marks',
    '10.4.4.4 20/16, 4: 6.00 … 7.00 … 8.01',
  ]);
  expect(await told(cisco(LOSS, '80 percent (16/20)', '500 milliseconds'))).toEqual([
    'marks',
    '10.4.4.4 20/16, 4: 1.50 … 1.75 … 2.00',
  ]);
});

test('Junos and SR OS do not: counts, and no upper end', async () => {
  const junos = `PING 10.4.4.4 (10.4.4.4): 56 data bytes\n${LOSS}\n--- 10.4.4.4 ping statistics ---\n20 packets transmitted, 16 packets received, 20% packet loss\n`;
  expect(await told(junos)).toEqual(['marks', '10.4.4.4 20/16, 4: 0.00 … ? … ?']);
  expect((await readText(junos)).targets[0]?.stream).toMatchObject({
    longest_s: null,
    total_s: null,
    rtt_before_ms: null,
  });
  expect(await told(junos, { interval_ns: 500e6 })).toEqual([
    'marks',
    '10.4.4.4 20/16, 4: 1.50 … 2.00 … 2.50',
  ]);
});

test('an error that came back took no time-out', async () => {
  expect(await told(cisco(`${'!'.repeat(10)}UUUU${'!'.repeat(6)}`, '80 percent (16/20)'))).toEqual([
    'marks',
    '10.4.4.4 20/16, 4: 0.00 … ? … ?',
  ]);
});

test('two runs are two targets, for nobody knows the time between', async () => {
  const text = cisco(LOSS, '80 percent (16/20)') + cisco('!'.repeat(20), '100 percent (20/20)');
  expect(await told(text)).toEqual([
    'marks',
    '10.4.4.4 20/16, 4: 6.00 … 7.00 … 8.01',
    '10.4.4.4 (run 2) 20/20',
  ]);
});

test('marks that contradict their summary give no figure', async () => {
  expect(await refusal(cisco(LOSS, '90 percent (18/20)'))).toContain('summary says 20 sent and 18 received');
});

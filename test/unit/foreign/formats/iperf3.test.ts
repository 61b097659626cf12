import { expect, test } from 'vitest';
import { readText } from '../read.js';
import { refusal, told } from '../told.js';

const row = (from: number, lost: number, total: number, side = ''): string =>
  `[  5]   ${from.toFixed(2)}-${(from + 1).toFixed(2)}   sec  97.7 KBytes   800 Kbits/sec  0.006 ms  ${lost}/${total} (0%)  ${side}\n`;
const HEADING = '[  5] local 10.4.4.4 port 5201 connected to 10.4.3.4 port 58479\n';

test('all losses of an outage stand in the interval in which it ended', async () => {
  const rows = [
    [0, 1000],
    [0, 1000],
    [0, 115],
    [1609, 1885],
    [0, 1000],
    [0, 1000],
  ] as const;
  const text = HEADING + rows.map(([lost, total], index) => row(index, lost, total)).join('');
  expect(await told(text)).toEqual(['iperf3', '10.4.3.4 6000/4391, 1609: 0.88 … 1.61 … 1.61']);
});

test('where only the whole is told, it is that', async () => {
  const text = `${HEADING}[  5]   0.00-8.00   sec   624 KBytes   639 Kbits/sec  0.006 ms  1609/8000 (20%)  receiver\n`;
  expect(await told(text)).toEqual(['iperf3', '10.4.3.4 8000/6391, 1609: 0.00 … 1.61 … 1.61']);
});

test('nothing at the end has no end', async () => {
  const text =
    HEADING + [row(0, 0, 1000), row(1, 0, 1000), row(2, 0, 1000), row(3, 0, 0), row(4, 0, 0)].join('');
  expect((await readText(text)).targets[0]?.stream).toMatchObject({
    status: 'not-recovered',
    longest_hi_s: null,
  });
});

test('intervals that contradict the whole give no figure', async () => {
  const whole = '[  5]   0.00-2.00   sec   195 KBytes   800 Kbits/sec  0.006 ms  7/2000 (0%)  receiver\n';
  expect(await refusal(HEADING + row(0, 0, 1000) + row(1, 5, 1000) + whole)).toContain(
    '7 of 2000 lost, its intervals 5 of 2000',
  );
});

test('TCP, or the sender alone, knows of no loss', async () => {
  expect(await refusal(`${HEADING}[  5]   0.00-1.00   sec  97.7 KBytes   800 Kbits/sec  1000\n`)).toContain(
    'no count of lost',
  );
});

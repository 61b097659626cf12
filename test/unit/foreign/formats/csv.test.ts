import { expect, test } from 'vitest';
import { readText } from '../read.js';
import { refusal, told } from '../told.js';

test('a column for each target of Prometheus, in any place of its row', async () => {
  const text = [
    '"probe_success{instance=""a""}";"Time";"probe_success{instance=""b""}"',
    ...['1;1', '1;1', '1;0', ';0', '1;1'].map((cells, index) => {
      const [a, b] = cells.split(';');
      return `${a};"2023-11-14 22:13:${20 + 5 * index}";${b}`;
    }),
    '',
  ].join('\n');
  expect(await told(text)).toEqual(['csv', 'a 4/4', 'b 5/3, 2: 4.00 … 10.00 … 16.00']);
});

test('seconds and milliseconds since 1970', async () => {
  const rows = [1, 1, 0, 1];
  const seconds = rows.map((up, index) => `${1_700_000_000 + index * 10},${up}\n`).join('');
  const milliseconds = rows.map((up, index) => `${1_700_000_000_000 + index * 10_000},${up}\n`).join('');
  const [a, b] = await Promise.all([readText(`Time,up\n${seconds}`), readText(`Time,up\n${milliseconds}`)]);
  expect(a.targets[0]?.outages[0]?.start_utc).toBe('2023-11-14T22:13:40.000Z');
  expect(b.targets[0]?.outages[0]?.start_utc).toBe('2023-11-14T22:13:40.000Z');
});

test('a table of a script: what failed has no round trip, or says so', async () => {
  const rows = ['1,OK', '1,OK', ',TimedOut', ',Destination host unreachable', '2,OK'];
  const text = rows.map((row, index) => `2023-11-14T22:13:2${index}Z,10.4.4.4,${row}\n`).join('');
  const log = await readText(`Timestamp,Address,Latency (ms),Status\n${text}`);
  expect(log.targets[0]?.stream).toMatchObject({ sent: 5, received: 3, unreachable: 1 });
});

test('a row that is not understood leaves no figure', async () => {
  const text = 'Time,Status\n22:13:20,OK\n22:13:21,perhaps\n22:13:22,OK\n';
  expect(await refusal(text)).toMatch(/looks like one of a probe was not understood.*perhaps/);
});

import { expect, test } from 'vitest';
import { readText } from '../read.js';
import { refusal, told } from '../told.js';

const at = (second: number): string => `22:13:${String(second).padStart(2, '0')}`;
const loop = (lines: readonly string[]): string =>
  lines.map((line, index) => `${at(20 + index)} ${line}\n`).join('');

test('000 is no answer, a status is, one of 500 and more is an error', async () => {
  expect(await told(loop(['200 0.004', '200 0.004', '000 1.001', '000 1.001', '200 0.004']))).toEqual([
    'curl',
    'target 5/3, 2: 0.00 … 2.00 … 4.00',
  ]);
  expect(await told(loop(['200', '200', '503', '404', '200']))).toEqual([
    'curl',
    'target 5/4, 1: 0.00 … 1.00 … 3.00',
  ]);
});

test('its own error beside what -w wrote is one request', async () => {
  const error = 'curl: (28) Connection timed out after 1001 milliseconds\n';
  const beside = loop(['200 0.004', '200 0.004', '000 1.001', '200 0.004']).replace(
    '22:13:22',
    `${error}22:13:22`,
  );
  expect(await told(beside)).toEqual(['curl', 'target 4/3, 1: 0.00 … 1.00 … 3.00']);
  const below = ['200 0.004', '200 0.004', `${error}000 1.001`, '200 0.004'];
  expect(await told(below.map((line, index) => `${at(20 + index)}\n${line}\n`).join(''))).toEqual([
    'curl',
    'target 4/3, 1: 0.00 … 1.00 … 3.00',
  ]);
});

test('exit codes and words', async () => {
  const log = await readText(loop(['exit 0', 'exit 0', 'exit 28', 'exit 7', 'exit 0']));
  expect(log.targets[0]?.notes).toEqual([
    'target: 1 probe lost: timed-out',
    'target: 1 probe lost: connect-failed',
  ]);
});

test('a refusal is no loss', async () => {
  const text = loop([
    '200',
    '200',
    'curl: (7) Failed to connect to 10.4.4.4 port 80: Connection refused',
    '200',
  ]);
  expect((await readText(text)).targets[0]?.stream).toMatchObject({ sent: 4, lost: 0, refused: 1 });
});

test('a time and nothing behind it, where bodies are printed', async () => {
  const text = loop(['- <h1>a</h1>', '- <h1>a</h1>', '- ', '- <h1>b</h1>']);
  expect(await told(text)).toEqual(['curl', 'target 4/3, 1: 0.00 … 1.00 … 3.00']);
});

test('a page is no log', async () => {
  expect(await refusal('<html>\n<body>\n<h1>hello</h1>\n</body>\n</html>\n')).toContain('not understood');
});

import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const inRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

test('a test that is tried again has its measurement made anew, and the tally says what the first try said', async () => {
  const args = ['run', '--root', inRoot('test/fixtures/measuring')];
  const { stdout, exitCode } = await execa(
    process.execPath,
    [inRoot('node_modules/vitest/vitest.mjs'), ...args],
    { reject: false, env: { NO_COLOR: '1' } },
  );
  const again = stdout.split('\n').filter((line) => line.startsWith('passed at the second try: '));
  expect(again).toEqual([
    'passed at the second try: again.test.ts > a measurement > is made anew where one is tried again: ' +
      'expected { number: 1, empty: true } to deeply equal { number: 2, empty: true } | - Expected | + Received | { | "empty": true, | -   "number": 2, | +   "number": 1, | }',
  ]);
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('4 passed, 0 failed, 0 skipped');
  expect(exitCode).toBe(0);
});

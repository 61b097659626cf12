import { expect, test } from 'vitest';
import { run, succeeds } from '../../../src/lab/ground/command.js';

test('a program that hangs is ended, and that is what is said', async () => {
  const hangs = ['-c', 'trap "" TERM; sleep 20'];
  await expect(run('sh', hangs, 100)).rejects.toThrow('not done within 0.1 s');
});

test('one that fails is told of by its last word', async () => {
  await expect(run('sh', ['-c', 'echo first >&2; echo last >&2; exit 1'])).rejects.toThrow(/: last$/);
  expect(await succeeds('false', [])).toBe(false);
});

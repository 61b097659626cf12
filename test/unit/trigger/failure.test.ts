import { afterEach, describe, expect, test } from 'vitest';
import { forgetSecrets, registerSecret } from '../../../src/model/secret.js';
import { failureOf } from '../../../src/trigger/ask/bound.js';
import type { ExecResult } from '../../../src/trigger/transport/transport.js';

afterEach(forgetSecrets);

const failed = (stderr: string, stdout = ''): ExecResult => ({
  stdout,
  stderr,
  code: 1,
  signal: null,
  ended: 'exited',
  sent: true,
});

describe('why a command failed', () => {
  test('is what it said on standard error, or else as its output, on one line', () => {
    expect(failureOf(failed('\nno route\nusage: …\n', 'out'))).toBe('exit 1: no route usage: …');
    expect(failureOf(failed('', 'out\nmore'))).toBe('exit 1: out more');
    expect(failureOf(failed(''))).toBe('exit 1');
    expect(failureOf({ ...failed('warning'), code: 0 })).toBeNull();
  });

  test('is cut at 320 characters', () =>
    expect(failureOf(failed('x'.repeat(500)))).toBe(`exit 1: ${'x'.repeat(320)}`));

  test('has no part of a secret at the cut', () => {
    registerSecret('hunter2-hunter2');
    const before = '-'.repeat(310);
    expect(failureOf(failed(`${before}hunter2-hunter2 was refused`))).toBe(`exit 1: ${before}*** was re`);
  });

  test('has no line of a secret of several', () => {
    registerSecret('BEGIN KEY\nabcdef\nEND KEY\n');
    expect(failureOf(failed('', 'bad key BEGIN KEY\nabcdef\nEND KEY\n'))).toBe('exit 1: bad key ***');
    expect(failureOf(failed('BEGIN KEY\nabcdef\nEND KEY\n'))).toBe('exit 1: ***');
  });
});

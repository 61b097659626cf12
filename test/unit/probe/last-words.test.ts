import { afterEach, describe, expect, test } from 'vitest';
import { forgetSecrets, registerSecret } from '../../../src/model/secret.js';
import { LastWords } from '../../../src/probe/agent/agent-client.js';

afterEach(forgetSecrets);

const after = (...chunks: readonly string[]): string => {
  const words = new LastWords();
  for (const chunk of chunks) words.add(chunk);
  return words.line();
};

describe('the last words of a program', () => {
  test('are its last line that is not empty', () => {
    expect(after('one\ntw', 'o\n\n')).toBe('two');
    expect(after()).toBe('');
  });

  test('are found after a flood', () => {
    expect(after(...Array.from({ length: 100 }, () => `${'x'.repeat(1500)}\n`), 'refused\n')).toBe('refused');
  });

  test('have no part of a secret that came in two chunks', () => {
    registerSecret('hunter2-hunter2');
    expect(after('bad password hunter2', '-hunter2 again\n')).toBe('bad password *** again');
  });

  test.each([1990, 1995, 2000, 2005])('have no part of a secret %i characters before the end', (length) => {
    registerSecret('hunter2-hunter2');
    expect(after(`hunter2-hunter2${'x'.repeat(length)}`)).not.toMatch(/[hunter2-]{2}/);
  });

  test('have no last line of a secret of several', () => {
    registerSecret('BEGIN KEY\nabcdef\nEND KEY\n');
    expect(after('bad key BEGIN KEY\nabc', 'def\nEND KEY\n')).toBe('bad key ***');
  });

  test('are not a line whose beginning was not kept, even if little is left of it', () => {
    registerSecret('hunter2-hunter2');
    expect(after('hunter2-hunter2'.repeat(10_000))).toBe('');
  });
});

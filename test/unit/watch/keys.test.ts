import { describe, expect, test } from 'vitest';
import { Keys } from '../../../src/cli/watch/keys.js';
import { ns } from '../../../src/model/time.js';

const typed = (...keys: string[]): { readonly done: string[]; readonly typing: string | null } => {
  const done: string[] = [];
  const listener = {
    stop: () => void done.push('stop'),
    mark: (text: string, at: number) => void done.push(`${text} at ${at}`),
  };
  const own = new Keys(listener);
  for (const [at, key] of keys.entries()) own.type(Buffer.from(key), ns(at));
  return { done, typing: own.typing };
};

describe('what is typed at a watch', () => {
  test('q and Ctrl-C end it', () => {
    expect(typed('q', 'Q', '\u0003').done).toEqual(['stop', 'stop', 'stop']);
  });

  test('m, words and Enter are a mark at the instant of m', () => {
    expect(typed('x', 'm', 'o', 'f', 'f', '\r')).toEqual({ done: ['off at 1'], typing: null });
    expect(typed('m', 'quiet', '\n').done).toEqual(['quiet at 0']);
    expect(typed('m', '\r').done).toEqual(['mark at 0']);
  });

  test('it can be mended, and taken back', () => {
    expect(typed('m', 'of', '\u007f', 'n', '\r').done).toEqual(['on at 0']);
    expect(typed('m', 'off', '\u001b', 'q').done).toEqual(['stop']);
    expect(typed('m', 'off', '\u0003')).toEqual({ done: [], typing: null });
  });

  test('arrows and other keys are no words; what is typed so far is known', () => {
    expect(typed('m', 'a', '\u001b[A', '\t', 'b').typing).toBe('ab');
    expect(typed('x', '\u001b[A')).toEqual({ done: [], typing: null });
  });

  test('a letter of two octets may come in two parts', () => {
    const [first, second] = [...Buffer.from('ü')] as [number, number];
    const done: string[] = [];
    const keys = new Keys({ stop: () => undefined, mark: (text) => void done.push(text) });
    for (const bytes of [Buffer.from('m'), Buffer.from([first]), Buffer.from([second]), Buffer.from('\r')])
      keys.type(bytes, ns(0));
    expect(done).toEqual(['ü']);
  });

  test('where no history is kept there are no marks', () => {
    const keys = new Keys({ stop: () => undefined, mark: null });
    keys.type(Buffer.from('m'), ns(0));
    expect(keys.typing).toBeNull();
  });
});

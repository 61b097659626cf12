import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerIn, endOfEcho, onScreen } from '../../../src/trigger/transport/shell-session.js';

const PAGER = /-+ more -+/gim;

/** What a terminal does, letter by letter, on one line. */
const byHand = (text: string): string => {
  const cells: string[] = [];
  let at = 0;
  for (const letter of text) {
    if (letter === '\r') at = 0;
    else {
      cells[at] = letter;
      at += 1;
    }
  }
  return cells.join('').trimEnd();
};

describe('the screen', () => {
  test('a carriage return goes back, and what follows covers what was there', () => {
    expect(onScreen('abcdef\rxy\r1')).toBe('1ycdef');
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\r', 'xyz') }), (text) => {
        expect(onScreen(text)).toBe(byHand(text));
      }),
    );
  });

  test('a backspace takes a letter away, of two code units too, and none of another line', () => {
    expect(onScreen('abc\b\bx')).toBe('ax');
    expect(onScreen('a😀\b\b\bb')).toBe('b');
    expect(onScreen('a\n\b\bb')).toBe('a\nb');
  });

  test('lines end by LF, CR LF and CR CR LF', () => {
    expect(onScreen('a\nb\r\nc\r\r\nd')).toBe('a\nb\nc\nd');
  });

  test('an echo that the device has wrapped is found', () => {
    const screen = 'show in\nterface\nup\nfw>';
    expect(screen.slice(0, endOfEcho(screen, 'show interface'))).toBe('show in\nterface');
    expect(answerIn(screen, 'show interface', PAGER)).toBe('up\n');
    expect(endOfEcho('something else', 'show interface')).toBe(-1);
  });
});

/*
 * Texts that were quadratic: a second each is far more than one pass takes, and far less than a square of it (an hour).
 * The test's own time-out is what fails.
 */
describe('of 4 MiB costs one pass', { timeout: 20_000 }, () => {
  const SIZE = 4 << 20;
  test.each([
    ['carriage returns', '\r'],
    ['carriage returns with a letter each', 'x\r'],
    ['backspaces', 'x\b'],
    ['escapes that do not end', '\u001b['],
    ['titles that do not end', '\u001b]'],
    ['blanks', ' '],
    ['the first letter of the line that was typed', 's'],
    ['lines', 'interface up\r\n'],
  ])('%s', (_, piece) => {
    const screen = onScreen(piece.repeat(SIZE / piece.length));
    expect(endOfEcho(screen, 'show role')).toBe(-1);
    expect(answerIn(screen, 'show role', PAGER).length).toBeLessThanOrEqual(SIZE);
  });
});

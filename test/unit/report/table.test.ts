import { describe, expect, test } from 'vitest';
import { tableLines, textWidth, truncate, wrap } from '../../../src/report/text/table.js';
import { oneLine } from '../../../src/model/outside.js';

const same = (cell: string): string => cell;

describe('tableLines', () => {
  const columns = [
    { title: 'name', align: 'left', shrinks: true },
    { title: 'n', align: 'right', shrinks: false },
    { title: 'note', align: 'left', shrinks: true },
  ] as const;

  test('aligns by width, not by code units', () => {
    expect(
      tableLines(
        columns,
        [
          ['連接', '1', 'a'],
          ['größer', '100', ''],
        ],
        40,
        same,
      ),
    ).toEqual(['name      n  note', '連接      1  a', 'größer  100']);
  });

  test('takes room from text and never from figures', () => {
    const lines = tableLines(columns, [['x'.repeat(50), '1234567', 'y'.repeat(30)]], 30, same);
    expect(lines.every((line) => textWidth(line) <= 30)).toBe(true);
    expect(lines[1]).toContain('1234567');
    expect(lines[1]).toContain('…');
  });

  test('keeps a cell on its line', () => {
    expect(tableLines(columns, [['a\r\nb', '1', '\u001b[31mred']], 40, same)).toHaveLength(2);
  });
});

describe('text', () => {
  test('width: combining marks take none, East Asian text and emoji two', () => {
    expect(['abc', 'e\u0301', '連', '😀', 'a\u200db', ''].map(textWidth)).toEqual([3, 1, 2, 2, 2, 0]);
  });

  test('truncate never exceeds the width, also amid wide characters', () => {
    expect(truncate('連接連接', 4)).toBe('連…');
    expect(truncate('連接', 4)).toBe('連接');
  });

  test('oneLine drops line ends and escapes', () => {
    expect(oneLine(' a\r\nb\u001b[0m\tc\u2028d ')).toBe('a b [0m c d');
  });

  test('wrap breaks between words and indents what follows', () => {
    expect(wrap('one two three four', 9, 2)).toEqual(['one two', '  three', '  four']);
    expect(wrap('a-word-longer-than-the-line', 10)).toEqual(['a-word-lo…']);
    expect(wrap('', 10)).toEqual(['']);
  });
});

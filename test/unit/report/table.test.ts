import { describe, expect, test } from 'vitest';
import { namedLines, tableLines, textWidth, truncate, wrap } from '../../../src/report/text/table.js';
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

describe('namedLines', () => {
  const columns = [
    { title: 'file', align: 'left', shrinks: true },
    { title: 'target', align: 'left', shrinks: true },
    { title: 'lost', align: 'right', shrinks: false, yields: 2 },
    { title: 'outage', align: 'left', shrinks: false },
    { title: 'total', align: 'left', shrinks: false, yields: 1 },
  ] as const;
  const rows = [
    ['a.log', '10.4.4.4', '14', '1.45 s  [1.14 … 1.57]', '2.40 s'],
    ['a.log', '10.4.4.4', '9', '0.95 s  [0.64 … 1.06]', ''],
    ['b.log', '10.4.4.4', '1', '< 0.2 s', '1.00 s'],
  ];

  test('is a table where there is room', () => {
    expect(namedLines(columns, rows, 60, same)).toEqual(tableLines(columns, rows, 60, same));
  });

  test('puts names above the rows that they are the names of', () => {
    expect(namedLines(columns, rows, 45, same)).toEqual([
      'file  target',
      '  lost  outage                 total',
      'a.log  10.4.4.4',
      '    14  1.45 s  [1.14 … 1.57]  2.40 s',
      '     9  0.95 s  [0.64 … 1.06]',
      'b.log  10.4.4.4',
      '     1  < 0.2 s                1.00 s',
    ]);
  });

  test('puts below what yields first, then what yields next', () => {
    expect(namedLines(columns, rows, 36, same).slice(0, 6)).toEqual([
      'file  target',
      '  lost  outage',
      'a.log  10.4.4.4',
      '    14  1.45 s  [1.14 … 1.57]',
      '    total 2.40 s',
      '     9  0.95 s  [0.64 … 1.06]',
    ]);
    expect(namedLines(columns, rows, 24, same).slice(0, 6)).toEqual([
      'file  target',
      '  outage',
      'a.log  10.4.4.4',
      '  1.45 s  [1.14 … 1.57]',
      '    lost 14',
      '    total 2.40 s',
    ]);
  });

  test('breaks a name that is wider than a line', () => {
    const [, , ...lines] = namedLines(columns, [['f'.repeat(40), 't', '1', '< 0.2 s', '']], 30, same);
    expect(lines).toEqual(['f'.repeat(30), `${'f'.repeat(10)}  t`, '     1  < 0.2 s']);
  });

  test('paints cells and titles, not what is between them', () => {
    const paint = (cell: string, column: number, row: number | null): string =>
      `<${row ?? 't'}${column}:${cell}>`;
    expect(namedLines(columns, rows.slice(0, 1), 36, paint)).toEqual([
      '<t0:file>  <t1:target>',
      '  <t2:lost>  <t3:outage>',
      '<00:a.log>  <01:10.4.4.4>',
      '    <02:14>  <03:1.45 s  [1.14 … 1.57]>',
      '    <t4:total> <04:2.40 s>',
    ]);
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
    expect(wrap('', 10)).toEqual(['']);
  });

  test('wrap breaks a word that is longer than a line, and loses nothing of it', () => {
    expect(wrap('a-word-longer-than-the-line', 10)).toEqual(['a-word-lon', 'ger-than-t', 'he-line']);
    expect(wrap('the a-word-longer', 9, 2)).toEqual(['the', '  a-word-', '  longer']);
    expect(wrap('連接連接 b', 5, 1)).toEqual(['連接', ' 連接', ' b']);
  });
});

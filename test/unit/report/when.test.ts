import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  piecesOf,
  sayDay,
  sayLocal,
  sayTimeOfDay,
  sayUtc,
  sayZone,
  withLocal,
} from '../../../src/analysis/words/when.js';
import { timed } from '../../../src/report/html/markup.js';
import {
  instantCell,
  list,
  minuteCell,
  section,
  sentence,
  table,
  tableOn,
  text,
  textOf,
  type Face,
} from '../../../src/report/sections.js';
import { markdownReport } from '../../../src/report/text/markdown.js';
import { terminalText } from '../../../src/report/text/terminal-text.js';

const before = process.env['TZ'];
const inZone = (zone: string): void => {
  process.env['TZ'] = zone;
};
afterEach(() => {
  process.env['TZ'] = before;
});

describe('local time', () => {
  test.each([
    ['Asia/Kolkata', '2026-11-30T21:04:14.120Z', '2026-12-01 02:34:14 UTC+05:30'],
    ['Europe/Berlin', '2026-11-30T21:04:14.120Z', '22:04:14 UTC+01:00'],
    // Of each instant by itself: in July the clocks are an hour ahead.
    ['Europe/Berlin', '2026-07-30T21:04:14Z', '23:04:14 UTC+02:00'],
    ['Europe/Berlin', '2026-07-30T21:04Z', '23:04 UTC+02:00'],
    ['America/St_Johns', '2026-11-30T01:04:14Z', '2026-11-29 21:34:14 UTC-03:30'],
    ['Europe/London', '2026-07-30T21:04:14Z', '22:04:14 UTC+01:00'],
    ['Europe/London', '2026-11-30T21:04:14Z', null],
    ['UTC', '2026-11-30T21:04:14Z', null],
    ['Asia/Kolkata', 'no instant', null],
  ])('in %s of %s is %s', (zone, utc, expected) => {
    inZone(zone);
    expect(sayLocal(utc)).toBe(expected);
  });

  test('of a watch, by the host or in UTC', () => {
    inZone('Asia/Kolkata');
    const utc = '2026-11-30T21:04:14.120Z';
    expect([sayDay(utc, 'local'), sayTimeOfDay(utc, 'local'), sayZone('local', utc)]).toEqual([
      '2026-12-01',
      '02:34:14.120',
      'local time, UTC+05:30',
    ]);
    expect([sayDay(utc, 'utc'), sayTimeOfDay(utc, 'utc'), sayZone('utc', utc), sayUtc(utc)]).toEqual([
      '2026-11-30',
      '21:04:14.120',
      'UTC',
      '2026-11-30 21:04:14 UTC',
    ]);
  });
});

describe('instants in a text', () => {
  test.each([
    ['at 2026-11-30T21:04:14.120Z, on fw', '2026-11-30T21:04:14.120Z'],
    ['at 2026-11-30 21:04:14 UTC: off', '2026-11-30T21:04:14Z'],
    ['2026-01-31 22:00 UTC', '2026-01-31T22:00Z'],
    ['2026-11-29 08:14:27.539Z', '2026-11-29T08:14:27.539Z'],
  ])('%s', (said, utc) => {
    expect(piecesOf(said).flatMap((piece) => piece.utc ?? [])).toEqual([utc]);
    expect(
      piecesOf(said)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(said);
  });

  test.each([
    'at 21:04:14 UTC',
    '2026-11-30 21:04:14',
    '2026-11-30 22:04:14 UTC+01:00',
    '2026-99-99T21:04:14Z',
    '20261130T210414Z-watch',
  ])('%s says none', (said) => {
    inZone('Asia/Kolkata');
    expect(piecesOf(said).filter(({ utc }) => utc !== null)).toEqual([]);
    expect(withLocal(said)).toBe(said);
    expect(timed(said).markup).toBe(said);
  });

  test('a page has them marked, and stays text', () => {
    expect(timed('<b> 2026-11-30 21:04:14 UTC').markup).toBe(
      '&lt;b&gt; <time datetime="2026-11-30T21:04:14Z">2026-11-30 21:04:14 UTC</time>',
    );
  });
});

describe('the faces', () => {
  const cells = [
    text('started (UTC)', minuteCell),
    text('seen (UTC)', (utc: string) => instantCell(utc)),
    text('n', () => '4'),
  ];
  const shown = [
    section(
      null,
      sentence('Begun 2026-07-30 21:04:14 UTC.'),
      list(['off 2026-07-30 21:04:14 UTC: no outage']),
      table(['2026-07-30T21:04:14Z'], cells, { toneOf: () => 'strong' }),
    ),
  ];
  const titles = (face: Face): string[] =>
    tableOn(face, table(['2026-07-30T21:04:14Z'], cells)).columns.map(({ title }) => title);

  beforeEach(() => inZone('Europe/Berlin'));

  test('a terminal and Markdown say the time of this host beside it, with its zone', () => {
    const terminal = terminalText(shown, { columns: 100, color: false });
    const markdown = markdownReport('x', shown);
    for (const said of [terminal, markdown]) {
      expect(said).toContain('Begun 2026-07-30 21:04:14 UTC (23:04:14 UTC+02:00).');
      expect(said).toContain('off 2026-07-30 21:04:14 UTC (23:04:14 UTC+02:00): no outage');
    }
    expect(titles('terminal')).toEqual(['started (UTC)', 'local time', 'seen (UTC)', 'local time', 'n']);
    expect(markdown).toContain(
      '| 2026-07-30 21:04 | 23:04 UTC+02:00 | 2026-07-30T21:04:14Z | 23:04:14 UTC+02:00 | 4 |',
    );
  });

  test('a page leaves that to its reader; where local time is UTC nothing is said twice', () => {
    expect(titles('html')).toEqual(['started (UTC)', 'seen (UTC)', 'n']);
    inZone('UTC');
    expect(titles('markdown')).toEqual(['started (UTC)', 'seen (UTC)', 'n']);
    expect(markdownReport('x', shown)).toContain('Begun 2026-07-30 21:04:14 UTC.');
  });

  test('a page has no column that is empty in every row', () => {
    const sparse = [
      text('name', (row: string) => row),
      text('reason', (row: string) => (row === 'b' ? 'void' : '')),
    ];
    const columnsOf = (face: Face, rows: readonly string[]): string[] =>
      tableOn(face, table(rows, sparse)).columns.map(({ title }) => title);
    expect(columnsOf('html', ['a'])).toEqual(['name']);
    expect(columnsOf('html', ['a', 'b'])).toEqual(['name', 'reason']);
    expect(columnsOf('markdown', ['a'])).toEqual(['name', 'reason']);
  });

  test('the tone of a row is that of its local time, too', () => {
    const { rows } = tableOn('terminal', table(['2026-07-30T21:04:14Z'], cells, { toneOf: () => 'strong' }));
    expect(rows[0]?.map(textOf)[1]).toBe('23:04 UTC+02:00');
    expect(rows[0]?.every((cell) => typeof cell !== 'string' && cell.tone === 'strong')).toBe(true);
  });
});

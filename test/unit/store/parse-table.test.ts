import { describe, expect, test } from 'vitest';
import { type StreamRow, columnsOf, SESSIONS, STREAMS, TRIALS } from '../../../src/model/tables.js';
import { csvFiles } from '../../../src/report/text/csv.js';
import { parseTable } from '../../../src/store/table-file.js';
import { fullInput } from '../../golden/report/input.js';

const STREAM_COLUMNS = columnsOf(STREAMS);
const { tables } = fullInput;
const files = csvFiles(tables);
const streams = files['streams.csv'];

const parse = (csv: string): StreamRow[] => parseTable('r/streams.csv', 'r', csv, STREAMS);

/** The file with one cell changed; line 1 is the header. */
const withCell = (line: number, column: (typeof STREAM_COLUMNS)[number], cell: string): string => {
  const lines = streams.split('\r\n');
  const cells = (lines[line - 1] ?? '').split(',').with(STREAM_COLUMNS.indexOf(column), cell);
  return lines.with(line - 1, cells.join(',')).join('\r\n');
};

describe('what was written is read back', () => {
  test('every row of every table, hostile text included', () => {
    const path = 'r';
    expect(
      csvFiles({
        trials: parseTable(path, path, files['trials.csv'], TRIALS),
        streams: parse(streams),
        outages: tables.outages,
        sessions: parseTable(path, path, files['sessions.csv'], SESSIONS),
        timeline: tables.timeline ?? [],
        phases: tables.phases ?? [],
      }),
    ).toEqual(files);
    expect(parse(streams)[0]).toEqual(tables.streams[0]);
  });

  test('also with LF, as an editor may save it', () => {
    expect(parse(streams.replaceAll('\r\n', '\n'))).toEqual(parse(streams));
  });

  test('a table without rows', () => {
    expect(parse(`${STREAM_COLUMNS.join(',')}\r\n`)).toEqual([]);
  });
});

describe('what is wrong is named by line and column', () => {
  test.each([
    ['longest_s', 'x', 'longest_s is "x", not a number'],
    ['longest_s', '1e3', 'longest_s is "1e3", not a number'],
    ['longest_s', ' 3.2', 'longest_s is " 3.2", not a number'],
    ['longest_s', 'Infinity', 'longest_s is "Infinity", not a number'],
    ['sent', '12.5', 'sent is "12.5", not a count'],
    ['sent', '-1', 'sent is "-1", not a count'],
    ['sent', '', 'sent is empty'],
    ['stream', '', 'stream is empty'],
    ['class', 'stateful', 'class is "stateful", not one of stateless,'],
    ['status', 'fine', 'status is "fine", not one of ok, '],
    ['phase', 'failover ', 'phase is "failover ", not one of failover, failback'],
    ['trial', '1.0', 'trial is "1.0", not a count'],
  ] as const)('%s = %j', (column, cell, message) => {
    expect(() => parse(withCell(3, column, cell))).toThrow(`r/streams.csv:3: ${message}`);
  });

  test('a comma for the point makes a cell too many', () => {
    expect(() => parse(withCell(2, 'longest_s', '3,2'))).toThrow(
      `r/streams.csv:2: ${STREAM_COLUMNS.length + 1} cells instead of ${STREAM_COLUMNS.length}`,
    );
  });

  test('in quotes it is no number, and lines are counted as an editor does', () => {
    const lines = withCell(3, 'causes', '"two\nlines"').split('\r\n');
    const csv = lines
      .with(
        3,
        (lines[3] ?? '').replace(
          /^([^,]*,){19}[^,]*/,
          (head) => `${head.slice(0, head.lastIndexOf(','))},"3,2"`,
        ),
      )
      .join('\r\n');
    expect(() => parse(csv)).toThrow(/^r\/streams\.csv:5: [a-z_]+ is "3,2", not a /);
  });

  test.each([
    ['a quote that is never closed', `${streams}"`, /^r\/streams\.csv.*: not RFC 4180: /],
    ['an empty file', '', /^r\/streams\.csv is empty$/],
    ['an empty line', streams.replace('\r\n', '\r\n\r\n'), /^r\/streams\.csv:2: 1 cells instead of /],
    [
      'another header',
      streams.replace('class', 'klass'),
      /^r\/streams\.csv:1: column 8 is "klass" instead of "class"$/,
    ],
  ])('%s', (_, csv, message) => {
    expect(() => parse(csv)).toThrow(message);
  });

  test('the remedy is to make it again', () => {
    expect(() => parse('')).toThrow(expect.objectContaining({ remedy: 'seqgap report r makes it again' }));
  });
});

describe('columns are only added at the end', () => {
  /** Keeps the first so many cells of each line. */
  const cut = (columns: number): string => {
    const plain = csvFiles({
      ...tables,
      streams: tables.streams.slice(0, 2).map((row) => ({ ...row, causes: null, void_reason: null })),
    });
    return plain['streams.csv']
      .split('\r\n')
      .map((line) => line.split(',').slice(0, columns).join(','))
      .join('\r\n');
  };

  test('an older table lacks one that may be empty: it is', () => {
    const [row] = parse(cut(STREAM_COLUMNS.length - 2));
    expect(row).toMatchObject({ longest_hole_s: null, causes: null, stream: 'ping' });
  });

  test('one that may not be empty cannot be made up', () => {
    expect(() => parse(cut(STREAM_COLUMNS.indexOf('refused')))).toThrow(
      'r/streams.csv is of an older version: it has no column refused',
    );
  });

  test('what a newer version added is passed over', () => {
    const newer = cut(STREAM_COLUMNS.length)
      .split('\r\n')
      .map((line, index) => (line === '' ? line : `${line},${index === 0 ? 'jitter_ms' : '7'}`))
      .join('\r\n');
    expect(parse(newer)).toEqual(parse(cut(STREAM_COLUMNS.length)));
  });
});

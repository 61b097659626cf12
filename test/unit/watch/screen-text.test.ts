import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { screenText, type TargetView } from '../../../src/cli/watch/screen-text.js';
import { textWidth } from '../../../src/report/text/table.js';
import { LastMinute } from '../../../src/cli/watch/last-minute.js';
import { rowsOf } from './rows.js';

const target = (given: Partial<TargetView> = {}): TargetView => ({
  name: '10.4.4.4',
  state: 'up',
  cause: null,
  since_ns: 1e9,
  now_ns: 13.4e9,
  sent: 1240,
  lost: 34,
  late: 2,
  rtt_ms: 0.31,
  rtt_median_ms: 0.29,
  gaps: 3,
  worst_s: 3.42,
  strip: (cells) => '▂'.repeat(cells),
  ...given,
});
const hint = 'q or Ctrl-C for the summary';
const options = { columns: 100, rows: 24, color: false, hint, typing: null };

describe('the live view', () => {
  test('two lines for each target, without colours', () => {
    const text = screenText(
      [target(), target({ name: '[fd00::4]:22', state: 'down', gaps: 0, worst_s: null })],
      [],
      options,
    );
    expect(text).toBe(
      [
        '',
        '  10.4.4.4      ✓ up 12.4 s       1,240 sent    RTT 0.31 ms, median 0.29 ms   34 lost, 2 late',
        `  ${'▂'.repeat(60)}  3 gaps, worst 3.42 s`,
        '  [fd00::4]:22  ✗ DOWN 12.4 s     1,240 sent    RTT 0.31 ms, median 0.29 ms   34 lost, 2 late',
        `  ${'▂'.repeat(60)}  no gap`,
        `  ▂ delay  ✗ lost  ! late  · not sent · ${hint}`,
        '',
      ].join('\n'),
    );
  });

  test.each([40, 60, 100])('no line is wider than %d columns, with or without colours', (columns) => {
    const long = target({
      name: 'a-very-long-name-of-a-server.in.some.example.com:65535',
      state: 'blocked',
      cause: 'EPERM',
    });
    for (const color of [false, true])
      for (const line of screenText([target(), long], [], { ...options, columns, color }).split('\n'))
        expect(textWidth(stripVTControlCharacters(line))).toBeLessThanOrEqual(columns);
  });

  test('a mark that is being typed stands in the last line, and its end stays in view', () => {
    const lastOf = (typing: string): string =>
      screenText([target()], [], { ...options, columns: 60, typing })
        .split('\n')
        .at(-2) ?? '';
    expect(lastOf('plug')).toBe('▶ mark: plug▏  Enter sets it, Escape takes it back');
    const long = lastOf(`${'x'.repeat(80)} end`);
    expect(long).toMatch(/^▶ mark: x+ end▏$/);
    expect(textWidth(long)).toBeLessThanOrEqual(60);
  });

  test('a low terminal: one line each, and those that are down first', () => {
    const many = Array.from({ length: 30 }, (_, index) =>
      target({ name: `host-${index}`, state: index === 29 ? 'down' : 'up' }),
    );
    const lines = screenText(many, [], { ...options, rows: 12 }).split('\n');
    expect(lines.length).toBeLessThanOrEqual(12);
    expect(lines[1]).toContain('host-29');
    expect(lines.join('\n')).toContain('… and 22 more');
  });

  test('hours and minutes on the clock', () => {
    const at = (since_ns: number): string =>
      screenText([target({ since_ns, now_ns: 10_000e9 })], [], options);
    expect(at(9_990e9)).toContain('up 10.0 s');
    expect(at(9_500e9)).toContain('up 8:20 min');
    expect(at(100e9)).toContain('up 2:45 h');
  });
});

describe('the last minute of a stream', () => {
  const stripOf = (pattern: string): LastMinute => {
    const strip = new LastMinute();
    for (const row of rowsOf(pattern))
      strip.add(row, row.received_ns !== null && row.received_ns - (row.sent_ns ?? 0) > 1e8);
    return strip;
  };

  test('a cell a second: delay, loss, lateness, nothing sent', () => {
    const ten = (letter: string): string => letter.repeat(10);
    const strip = stripOf(`${ten('.')}${ten('s')}....x.....${ten('.')}....L.....${ten('b')}`);
    expect(strip.render(8, 5.9e9, null, 1e6)).toBe('▂█✗▂!·  ');
  });

  test('an open gap is seen before its rows are there', () => {
    expect(stripOf('.'.repeat(10)).render(6, 3.5e9, 1.2e9, 1e6)).toBe('▂✗✗✗  ');
  });

  test('it moves when it is full, and keeps no more than it shows', () => {
    expect(stripOf('.'.repeat(2000)).render(60, 199.9e9, null, 1e6)).toBe('▂'.repeat(60));
  });
});

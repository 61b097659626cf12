import { describe, expect, test } from 'vitest';
import { WatchAnalyzer } from '../../../src/analysis/watch.js';
import { textWidth } from '../../../src/report/text/table.js';
import { watchSummary } from '../../../src/cli/watch/summary.js';
import { sayTimeOfDay, sayZone } from '../../../src/analysis/words/when.js';
import { rowsOf, scenarioOf } from './rows.js';

const analyse = (streams: Readonly<Record<string, string>>): Parameters<typeof watchSummary>[0] => {
  const analyzer = new WatchAnalyzer(
    scenarioOf(Object.keys(streams)),
    { run: '', scenario: 'watch', version: 'fw' },
    [],
  );
  for (const [name, pattern] of Object.entries(streams))
    for (const row of rowsOf(pattern, name)) analyzer.push(row);
  return { ...analyzer.finish(), sessions: [] };
};
const options = { columns: 100, color: false, watched_s: 41.2, zone: 'utc', folder: null } as const;

describe('the summary', () => {
  test('a line for each target, columns only where there is something in them', () => {
    const result = analyse({
      '10.4.4.4': '..........xxxx....',
      '10.4.4.5:22': 'rrrrrrrrrr',
      '10.4.4.9': 'xxxx',
    });
    expect(watchSummary(result, { ...options, folder: 'results/watch/x' })).toBe(
      [
        'Watched 3 targets for 41.20 s.',
        '',
        'target       sent  lost  gaps  longest                     total  RTT min/med/max ms',
        '10.4.4.4       18     4     1  0.400 s  [0.299 … 0.500]  0.400 s      1.00/1.00/1.00',
        '10.4.4.5:22    10     0     0  < 0.100 s                              1.00/1.00/1.00',
        '10.4.4.9        4     4     1  never answered',
        '',
        'note: delay threshold 100 ms: 10.4.4.4, 10.4.4.5:22, 10.4.4.9',
        'Results: results/watch/x',
        '',
      ].join('\n'),
    );
  });

  test('late answers, duplicates, blocks and holes have columns where they occur', () => {
    const text = watchSummary(analyse({ '10.4.4.4': '..........LL....bb....' }), options);
    expect(text).toMatch(/sent +lost +late +unsent +holes +gaps/);
    expect(text).toContain('this host stood still 1 time, for up to 0.300 s: nothing was sent then');
  });

  test('a gap that was open at the end makes the total a lower bound', () => {
    const text = watchSummary(analyse({ a: '..........xxxx......xxx' }), options);
    expect(text).toMatch(/2 {2}≥ 0.299 s +≥ 0.599 s/);
  });

  test('fits 100 columns with long names and everything at once', () => {
    const name = 'a-very-long-name-of-a-server.in.some.example.com:65535';
    const text = watchSummary(analyse({ [name]: '..........xxLLss...bb...ss..' }), options);
    for (const line of text.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(100);
  });
});

test('times of day are said in a zone', () => {
  expect(sayTimeOfDay('2026-11-21T14:03:22.412Z', 'utc')).toBe('14:03:22.412');
  expect(sayTimeOfDay('2026-11-21T14:03:22.412Z', 'local')).toMatch(/^\d\d:\d\d:22\.412$/);
  expect(sayTimeOfDay(null, 'utc')).toBe('--:--:--.---');
  expect(sayZone('local', '2026-11-21T14:03:22.412Z')).toMatch(/^local time, UTC[+-]\d\d:\d\d$/);
});

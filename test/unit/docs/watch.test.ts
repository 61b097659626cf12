import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TrialEvent } from '../../../src/model/event.js';
import { ns } from '../../../src/model/time.js';
import { sayNotice, type Notice } from '../../../src/cli/watch/notice.js';
import { screenText, type TargetView } from '../../../src/cli/watch/screen-text.js';
import { watchSummary } from '../../../src/cli/watch/summary.js';
import { WatchTracker } from '../../../src/cli/watch/tracker.js';
import { chunkOf, liveOf, rowsOf, scenarioOf } from '../watch/rows.js';
import { blocks, page, rows, section } from './markdown.js';

const KEY = { run: '', scenario: 'watch', version: 'fw' };
const NAMES = ['10.4.4.4', '10.4.4.4:443'];
const text = page('watch.md');
const [sample = '', picture = ''] = blocks(text, 'text');

/*
 * test/golden/watch is the history of the sample: two namespaces, 3.5 % of the echoes dropped at random, everything for
 * 3.4 s, and then the service stopped for 4 s.
 */
const recorded = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../golden/watch', name), 'utf8');

describe('the sample', () => {
  const [before = '', summary = ''] = sample.split('\n\nWatched');
  const news: string[] = [];
  const tracker = new WatchTracker(scenarioOf(NAMES), KEY, (each) => news.push(sayNotice(each, 12, 'utc')));
  for (const line of recorded('events.jsonl').trim().split('\n'))
    tracker.event(JSON.parse(line) as TrialEvent);
  tracker.probes(recorded('probes.csv').replace(/^.*\n/, ''));
  const result = tracker.finish();

  test('has the lines that its history gives; that a gap opens is known before its rows', () => {
    const lines = before.split('\n').slice(1);
    expect(lines.filter((line) => !line.endsWith('  ✗ down'))).toEqual(news);
    const opened = lines.filter((line) => line.endsWith('  ✗ down'));
    const closed = lines.filter((line) => line.includes(' ✓ down for 3.4'));
    expect(opened.map((line) => line.slice(0, 28)).toSorted()).toEqual(
      closed.map((line) => line.slice(0, 28)).toSorted(),
    );
  });

  test('has their summary', () => {
    const watched_s = Number(/for ([\d.]+) s/.exec(summary)?.[1]);
    const folder = /Results: (.+)/.exec(summary)?.[1] ?? '';
    expect(`Watched${summary}`).toBe(
      watchSummary(result, { columns: 100, color: false, watched_s, zone: 'utc', folder }),
    );
  });
});

test('the picture is drawn as the page shows it', () => {
  const lines = picture.split('\n');
  const target = (at: number, given: Partial<TargetView>): TargetView => ({
    name: '',
    state: 'up',
    cause: null,
    since_ns: 0,
    now_ns: 0,
    sent: 200,
    lost: 0,
    late: 0,
    rtt_ms: null,
    rtt_median_ms: null,
    gaps: 1,
    worst_s: null,
    strip: (cells) => (lines[2 * at + 1] ?? '').slice(2, 2 + cells),
    ...given,
  });
  const shown = screenText(
    [
      target(0, {
        ...{ name: '10.4.4.4', now_ns: 1.5e9, sent: 201, rtt_ms: 0.15, rtt_median_ms: 0.12 },
        ...{ lost: 27, gaps: 3, worst_s: 1.99 },
      }),
      target(1, {
        ...{ name: '10.4.4.4:443', state: 'refused', now_ns: 3.6e9, rtt_ms: 0.38, rtt_median_ms: 0.3 },
        ...{ lost: 20, worst_s: 2 },
      }),
      target(2, { name: '10.4.4.9', state: 'down', now_ns: 20e9, lost: 198 }),
    ],
    [],
    { columns: 100, rows: 24, color: false, hint: 'm to mark, q or Ctrl-C for the summary', typing: null },
  );
  const trimmed = shown.split('\n').map((line) => line.trimEnd());
  expect(lines).toEqual(trimmed.slice(1));
});

interface Circumstances {
  /** The live picture says that it is down from this row on, when so many rows are known. */
  readonly down?: { readonly row: number; readonly known: number };
  readonly threshold_ms?: number;
  /** Answers to the rows from 10 to this one came at this second. */
  readonly held?: { readonly row: number; readonly until_s: number };
  readonly name?: string;
}

const linesOf = (pattern: string, given: Circumstances = {}): string[] => {
  const { down, threshold_ms = null, held, name = '10.4.4.4' } = given;
  const lines: string[] = [];
  const tell = (news: Notice): number => lines.push(sayNotice(news, 8, 'utc'));
  const tracker = new WatchTracker(scenarioOf([name], threshold_ms), KEY, tell);
  const probes = rowsOf(pattern, name).map((row) =>
    held !== undefined && row.seq >= 10 && row.seq <= held.row
      ? { ...row, received_ns: ns(held.until_s * 1e9) }
      : row,
  );
  const known = down?.known ?? probes.length;
  tracker.probes(chunkOf(probes.slice(0, known)));
  if (down !== undefined)
    tracker.live([liveOf({ name, down_since_ns: ns(down.row * 1e8) })], down.row * 1e8 + 3e8);
  tracker.probes(chunkOf(probes.slice(known)));
  tracker.finish();
  return lines;
};

test('the table has every line that there is, and no other', () => {
  const good = '.'.repeat(10);
  const atOnce = { down: { row: 10, known: 11 } };
  const all = [
    ...linesOf(`${good}xxxx....xxx`, atOnce),
    ...linesOf(`${good}aaaa....`, atOnce),
    ...linesOf(`${good}uuuu....`, atOnce),
    ...linesOf(`${good}${good}`, { down: { row: 10, known: 10 } }),
    ...linesOf('xxxx....', { down: { row: 0, known: 1 } }),
    ...linesOf('xxxx'),
    ...linesOf(`${good}bb....`),
    ...linesOf(`${good}x${good}${good}${good}`.repeat(4)),
    ...linesOf(`${good}LLLL......`, { held: { row: 13, until_s: 1.35 } }),
    ...linesOf(good.repeat(3), { threshold_ms: 1000, held: { row: 19, until_s: 1.99 } }),
    ...linesOf('rrrr....rrrr....rr', { name: '10.4.4.4:443' }),
  ];
  const plain = (words: string): string => words.replaceAll(/[\d.]+/g, '#');
  const codes = rows(section(text, '## What the lines say')).flatMap(([cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => plain(code)),
  );
  expect(all.filter((line) => !codes.some((code) => plain(line).includes(code)))).toEqual([]);
  expect(codes.filter((code) => !all.some((line) => plain(line).includes(code)))).toEqual([]);
});

import { describe, expect, test } from 'vitest';
import { ns } from '../../../src/model/time.js';
import { sayNotice, type Notice } from '../../../src/cli/watch/notice.js';
import { WatchTracker } from '../../../src/cli/watch/tracker.js';
import { watchSummary } from '../../../src/cli/watch/summary.js';
import { chunkOf, liveOf, rowsOf, scenarioOf } from './rows.js';

const KEY = { run: '', scenario: 'watch', version: 'fw' };

const track = (target = '10.4.4.4') => {
  const news: Notice[] = [];
  const tracker = new WatchTracker(scenarioOf([target]), KEY, (each) => news.push(each));
  tracker.event({
    at_ns: ns(0),
    event: 'anchor',
    vantage: 'local',
    wall_ms: 0,
    offset_ns: 0,
    uncertainty_ns: 0,
  });
  const lines = (): string[] => news.map((each) => sayNotice(each, 8, 'utc'));
  return { news, tracker, lines };
};

describe('the lines of a watch', () => {
  test('a gap: one line as it opens, one as it closes, with the figures of the summary', () => {
    const { tracker, lines } = track();
    const rows = rowsOf('..........xxxx......');
    tracker.probes(chunkOf(rows.slice(0, 10)));
    // The live state is there first, several times.
    for (const now of [13, 14, 15]) tracker.live([liveOf({ down_since_ns: ns(1e9) })], now * 1e8);
    tracker.probes(chunkOf(rows.slice(10)));
    tracker.live([liveOf({})], 2.1e9);
    const { outages } = tracker.finish();
    expect(lines()).toEqual([
      '00:00:00.001  10.4.4.4  ✓ answers, RTT 1.00 ms',
      '00:00:01.000  10.4.4.4  ✗ down',
      '00:00:01.000  10.4.4.4  ✓ down for 0.400 s  [0.299 … 0.500]  back 00:00:01.401, 4 lost, first icmp_seq 10',
    ]);
    expect(outages).toMatchObject([{ lo_s: 0.299, outage_s: 0.3995, hi_s: 0.5 }]);
  });

  test('a second gap opens before the rows of the first are decided', () => {
    const { tracker, news } = track();
    const rows = rowsOf('..........xxxx....xxxx....');
    tracker.probes(chunkOf(rows.slice(0, 10)));
    tracker.live([liveOf({ down_since_ns: ns(1e9) })], 1.4e9);
    tracker.live([liveOf({})], 1.6e9);
    tracker.live([liveOf({ down_since_ns: ns(1.8e9) })], 2.1e9);
    tracker.probes(chunkOf(rows.slice(10)));
    expect(news.map(({ kind }) => kind)).toEqual(['first-answer', 'opened', 'opened', 'closed', 'closed']);
  });

  test('random loss is one line, not a gap for each', () => {
    const { tracker, lines, news } = track();
    // One of 20 is lost, for a minute and a half; then an outage.
    const lossy = Array.from({ length: 45 }, () => `..........x.........`).join('');
    tracker.probes(chunkOf(rowsOf(`${lossy}xxxxxxxxxx.....`)));
    const { streams, outages, notes } = tracker.finish();
    expect(notes[0]).toBe('10.4.4.4: 2 gaps told above are random loss');
    expect(news.map(({ kind }) => kind)).toEqual([
      'first-answer',
      'closed',
      'closed',
      'random',
      'random',
      'closed',
    ]);
    expect(lines()[3]).toMatch(
      /~ \d\.\d % random loss so far \([\d.]+ % to \d+ %\) {2}3 isolated losses, no gaps if it is below 10 %$/,
    );
    expect(lines()[4]).toMatch(/~ 5\.\d % random loss so far .* {2}\d+ isolated losses, no gaps$/);
    expect(lines()[5]).toContain('10 lost');
    expect(outages.filter(({ kind }) => kind === 'background')).toHaveLength(45);
    expect(streams[0]).toMatchObject({ periods: 1 });
    expect(streams[0]!.background_loss).toBeCloseTo(0.05, 2);
  });

  test('what was told as random loss and is a disruption in the end is said', () => {
    const { tracker, lines } = track();
    tracker.probes(chunkOf(rowsOf('..........x...x..x....x..x..'.repeat(20))));
    const { outages, notes } = tracker.finish();
    expect(lines().at(-1)).toMatch(/random loss so far .* no gaps if it is below 10 %$/);
    expect(outages.filter(({ kind }) => kind === 'loss')).toHaveLength(100);
    expect(notes[0]).toBe('10.4.4.4: 98 gaps were told above as random loss');
  });

  test('a gap that the live state saw is random as long as it is that short', () => {
    const { tracker, news } = track();
    const lossy = Array.from({ length: 10 }, () => `..........x.........`).join('');
    tracker.probes(chunkOf(rowsOf(lossy)));
    const told = news.length;
    tracker.live([liveOf({ down_since_ns: ns(20.5e9) })], 20.55e9);
    expect(news.slice(told)).toEqual([]);
    tracker.live([liveOf({ down_since_ns: ns(20.5e9) })], 21.5e9);
    expect(news.slice(told)).toMatchObject([{ kind: 'opened' }]);
  });

  test('a change to refusing and back has lines and an interval of its own', () => {
    const { tracker, lines } = track('10.4.4.4:443');
    const rows = rowsOf(`..........${'r'.repeat(40)}....rr`, '10.4.4.4:443');
    tracker.probes(chunkOf(rows));
    const { outages, streams } = tracker.finish();
    expect(lines().slice(1)).toEqual([
      '00:00:01.000  10.4.4.4:443  ✗ refuses the connection: the path is up, the service is not there',
      '00:00:01.000  10.4.4.4:443  ✓ accepts again: refused for 4.00 s  [3.90 … 4.10]',
      '00:00:05.400  10.4.4.4:443  ✗ refuses the connection: the path is up, the service is not there',
      '00:00:05.400  10.4.4.4:443  ✗ still refuses, for ≥ 0.100 s',
    ]);
    expect(outages).toMatchObject([
      { kind: 'refused', first_seq: 10, last_seq: 49, lo_s: 3.9, outage_s: 4, hi_s: 4.1, lost: 0 },
      { kind: 'refused', censored: true, hi_s: null },
    ]);
    expect(streams[0]).toMatchObject({ periods: 0, refused: 42, lost: 0 });
  });

  test('who refused from the start and accepts later: a line, with a lower bound, and no gap', () => {
    const { tracker, lines, news } = track('10.4.4.4:443');
    const rows = rowsOf(`${'r'.repeat(31)}.....rrr...`, '10.4.4.4:443');
    tracker.probes(chunkOf(rows.slice(0, 31)));
    expect(news.map(({ kind }) => kind)).toEqual(['first-answer']);
    tracker.probes(chunkOf(rows.slice(31)));
    const { outages, streams, extras, notes } = tracker.finish();
    expect(lines()).toEqual([
      '00:00:00.001  10.4.4.4:443  ✓ refuses the connection: the path is up, RTT 1.00 ms',
      '00:00:00.000  10.4.4.4:443  ✓ accepts now: refused for ≥ 3.00 s',
      '00:00:03.600  10.4.4.4:443  ✗ refuses the connection: the path is up, the service is not there',
      '00:00:03.600  10.4.4.4:443  ✓ accepts again: refused for 0.300 s  [0.200 … 0.400]',
    ]);
    expect(outages).toMatchObject([
      {
        kind: 'refused',
        period: 1,
        first_seq: 0,
        last_seq: 30,
        lost: 0,
        lo_s: 3,
        censored: true,
        hi_s: null,
      },
      { kind: 'refused', period: 2, censored: false },
    ]);
    expect(streams).toMatchObject([{ status: 'unaffected', periods: 0, refused: 34, lost: 0, late: 0 }]);
    const options = { columns: 100, color: false, watched_s: 4, zone: 'utc', folder: null } as const;
    expect(watchSummary({ outages, streams, extras, timeline: [], notes, sessions: [] }, options)).toContain(
      'note: 10.4.4.4:443: refused 2 times, the longest for at least 3.00 s: the path was up',
    );
  });

  test('what refuses is not down in the picture, and no part of what is lost after it', () => {
    const name = '10.4.4.4:443';
    const { tracker, news } = track(name);
    const rows = rowsOf('..........rrrrrxxxxx.....', name);
    tracker.probes(chunkOf(rows.slice(0, 15)));
    const live = liveOf({ name, sent: 15, bad: 0, clean_from_ns: null, refused_since_ns: ns(1e9) });
    tracker.live([live], 1.6e9);
    expect(tracker.views()).toMatchObject([{ state: 'refused', since_ns: 1e9, lost: 0, gaps: 0 }]);
    expect(tracker.views()[0]!.strip(2)).not.toContain('✗');
    tracker.probes(chunkOf(rows.slice(15, 18)));
    tracker.live([{ ...live, sent: 20, bad: 5, down_since_ns: ns(1.5e9) }], 2e9);
    expect(tracker.views()).toMatchObject([{ state: 'down', since_ns: 1.5e9, lost: 5, gaps: 1 }]);
    expect(news.at(-1)).toMatchObject({ kind: 'opened', utc: '1970-01-01T00:00:01.500Z' });
    tracker.probes(chunkOf(rows.slice(18)));
    tracker.live([{ ...live, sent: 25, bad: 5, clean_from_ns: ns(2e9), refused_since_ns: null }], 2.5e9);
    expect(tracker.views()).toMatchObject([{ state: 'up', since_ns: 2e9, lost: 5, gaps: 1 }]);
  });

  test('the bounds of a refusal stay as they were told, whatever the delay does later', () => {
    const { tracker, lines } = track('10.4.4.4:443');
    tracker.probes(chunkOf(rowsOf(`..........rrrr..........${'s.'.repeat(10)}`, '10.4.4.4:443')));
    expect(tracker.finish().outages).toMatchObject([{ kind: 'refused', lo_s: 0.3, hi_s: 0.5 }]);
    expect(lines().at(-1)).toContain('refused for 0.400 s  [0.300 … 0.500]');
  });

  test('who refused all along has not changed', () => {
    const { tracker, news } = track('10.4.4.4:443');
    tracker.probes(chunkOf(rowsOf('rrrrrrrrrrrr', '10.4.4.4:443')));
    expect(tracker.finish().outages).toEqual([]);
    expect(news.map(({ kind }) => kind)).toEqual(['first-answer']);
  });

  test('what seemed to be a gap was only slow', () => {
    const { tracker, lines } = track();
    const rows = rowsOf('LLLLLLLLLLLLLLL');
    tracker.live([liveOf({ down_since_ns: ns(5e8) })], 8e8);
    tracker.probes(chunkOf(rows));
    expect(lines().slice(2)).toEqual([
      '00:00:00.500  10.4.4.4  ✓ was only slow: every answer came within the delay threshold',
    ]);
  });

  test('late answers are slow, not down: the line waits for their end, the picture says so at once', () => {
    const { tracker, lines } = track();
    const rows = rowsOf(`..........${'L'.repeat(20)}${'.'.repeat(20)}`);
    tracker.probes(chunkOf(rows.slice(0, 10)));
    const live = liveOf({ sent: 13, bad: 3, clean_from_ns: null, down_since_ns: ns(1e9) });
    tracker.live([live], 1.3e9);
    expect(tracker.views()).toMatchObject([{ state: 'down', gaps: 1 }]);
    tracker.probes(chunkOf(rows.slice(10, 20)));
    tracker.live([{ ...live, sent: 25, bad: 15 }], 2.5e9);
    expect(tracker.views()).toMatchObject([{ state: 'up', gaps: 0, lost: 0 }]);
    expect(lines().slice(1)).toEqual(['00:00:01.000  10.4.4.4  ✗ down']);
    tracker.probes(chunkOf(rows.slice(20)));
    expect(lines().slice(2)).toEqual(['00:00:01.000  10.4.4.4  ✓ was only slow: 20 late, none lost']);
    expect(tracker.finish().outages).toMatchObject([{ kind: 'slow', late: 20 }]);
    expect(lines()).toHaveLength(3);
  });

  test('late answers to the end of the watch were only slow, too', () => {
    const { tracker, lines } = track();
    const rows = rowsOf('..........LLLLL');
    tracker.probes(chunkOf(rows.slice(0, 10)));
    tracker.live([liveOf({ down_since_ns: ns(1e9) })], 1.3e9);
    tracker.probes(chunkOf(rows.slice(10)));
    tracker.finish();
    expect(lines().slice(2)).toEqual(['00:00:01.000  10.4.4.4  ✓ was only slow: 5 late, none lost']);
  });

  test('what was held and came at once is a gap, and was not only slow', () => {
    const { tracker, news } = track();
    const rows = rowsOf('..........LLLL......').map((row) =>
      row.seq >= 10 && row.seq < 14 ? { ...row, received_ns: ns(1.35e9) } : row,
    );
    tracker.probes(chunkOf(rows.slice(0, 10)));
    tracker.live([liveOf({ down_since_ns: ns(1e9) })], 1.3e9);
    for (const row of rows.slice(10)) tracker.probes(chunkOf([row]));
    expect(news.map(({ kind }) => kind)).toEqual(['first-answer', 'opened', 'closed']);
  });

  test('causes are said, and what this host blocks', () => {
    const { tracker, lines } = track();
    const rows = rowsOf('..........uuux....aaaa....bb....');
    tracker.probes(chunkOf(rows.slice(0, 12)));
    tracker.live([liveOf({ down_since_ns: ns(1e9) })], 1.2e9);
    tracker.probes(chunkOf(rows.slice(12)));
    expect(lines().slice(1)).toEqual([
      '00:00:01.000  10.4.4.4  ✗ down: no ARP answer',
      '00:00:01.000  10.4.4.4  ✓ down for 0.400 s  [0.299 … 0.500]  back 00:00:01.401, 4 lost, first icmp_seq 10, no ARP answer (3 of 4)',
      '00:00:01.800  10.4.4.4  ✓ down for 0.400 s  [0.299 … 0.500]  back 00:00:02.201, 4 lost, first icmp_seq 18, admin-prohibited',
      '00:00:02.600  10.4.4.4  ? this host does not let the probes out: EPERM',
    ]);
  });

  test('late rows and duplicates are said', () => {
    const { tracker, lines } = track();
    const rows = rowsOf('..........LxxL.........');
    const copy = { ...rows[10]!, outcome: 'duplicate' as const };
    tracker.probes(chunkOf([...rows.slice(0, 12), copy, ...rows.slice(12)]));
    expect(lines().at(-1)).toContain(
      // Either of the late ones may have been held by the same outage.
      'down for 0.200 s  [0.099 … 0.899]  back 00:00:01.800, 2 lost, first icmp_seq 11, 1 duplicate',
    );
  });

  test('down from the start, and to the end', () => {
    const { tracker, lines } = track();
    tracker.live([liveOf({ down_since_ns: ns(0), answered: 0 })], 3e8);
    tracker.probes(chunkOf(rowsOf('xxxxx.....xxx')));
    tracker.finish();
    expect(lines()).toEqual([
      '00:00:00.000  10.4.4.4  ✗ no answer so far',
      '00:00:00.000  10.4.4.4  ✓ answers after ≥ 0.399 s without  back 00:00:00.501, 5 lost, first icmp_seq 0',
      '00:00:01.000  10.4.4.4  ✗ still down, for ≥ 0.199 s  3 lost',
    ]);
  });

  test('never answered', () => {
    const { tracker, lines } = track('10.4.4.4:22');
    tracker.probes(chunkOf(rowsOf('xxxxx', '10.4.4.4:22')));
    tracker.finish();
    expect(lines()).toEqual(['00:00:00.000  10.4.4.4:22  ✗ never answered, for ≥ 0.400 s  5 lost']);
  });

  test('a picture of the moment', () => {
    const { tracker } = track();
    tracker.probes(chunkOf(rowsOf('..........xxxx......')));
    tracker.live([liveOf({ down_since_ns: ns(2e9), bad: 9, sent: 30 })], 2.5e9);
    expect(tracker.views()).toMatchObject([
      { state: 'down', sent: 30, lost: 9, gaps: 2, worst_s: 0.3995, since_ns: 2e9, rtt_ms: 1 },
    ]);
  });
});

import { describe, expect, test } from 'vitest';
import type { ProbeRow } from '../../../src/model/probe.js';
import type { OutageRow, StreamRow } from '../../../src/model/tables.js';
import { wireSeq } from '../../../src/analysis/flow/stamp-sequence.js';
import { fromMs, ns } from '../../../src/model/time.js';
import { analyse, issued, moved, phase, probe, scenarioOf, streamPlan } from './fixture.js';

const EVERY_MS = 100;
const TRIGGER_MS = 1950;
/** The reflector's clock is an hour ahead: only differences may count. */
const AHEAD_MS = 3_600_000;

interface Reflector {
  readonly stateless?: boolean;
  /** Probe from which on it counts from 0 again. */
  readonly resetAt?: number;
  /** Counts the answers of somebody else as well, one for each of ours. */
  readonly shared?: boolean;
  /** How long a probe is under way there, and again back; left out: 1 ms. */
  readonly way_ms?: number;
}

/**
 * A STAMP stream by letters, one every 100 ms: `.` good, `f` lost there, `r` lost back, `F` and `R` 300 ms late there
 * or back, `u` refused by an ICMP error, `d` good with a second copy from the way there.
 */
const rowsOf = (pattern: string, reflector: Reflector = {}): ProbeRow[] => {
  let counter = 0;
  const { way_ms = 1 } = reflector;
  return Array.from(pattern).flatMap((letter, seq) => {
    if (seq === reflector.resetAt) counter = 0;
    const sent = seq * EVERY_MS;
    if (letter === 'f' || letter === 'u')
      return probe({ stream: 'udp', seq, sent, outcome: letter === 'u' ? 'unreachable' : 'lost', ttl: null });
    const own = counter++;
    if (reflector.shared === true) counter++;
    if (letter === 'r') return probe({ stream: 'udp', seq, sent, outcome: 'lost', ttl: null });
    const there = sent + way_ms + (letter === 'F' ? 300 : 0);
    const row = probe({
      stream: 'udp',
      seq,
      sent,
      received: there + way_ms + (letter === 'R' ? 300 : 0),
      reflected: {
        seq: reflector.stateless === true ? wireSeq(seq) : own,
        received_ns: fromMs(there + AHEAD_MS),
        sent_ns: fromMs(there + AHEAD_MS),
      },
    });
    if (letter !== 'd') return row;
    const copy = { ...row, outcome: 'duplicate' as const };
    return [row, { ...copy, reflected: { ...copy.reflected!, seq: counter++ } }];
  });
};

const GOOD = '.'.repeat(20);

const result = (
  pattern: string,
  reflector?: Reflector,
  trigger_ms = TRIGGER_MS,
): { rows: Record<string, StreamRow>; outages: readonly OutageRow[]; notes: readonly string[] } => {
  const stream = streamPlan('udp', {
    type: 'stamp',
    port: 862,
    stamp: { ssid: 256, timestamps: 'ntp', end: null },
  });
  const events = [
    issued(trigger_ms),
    ...moved(9000),
    phase(GOOD.length * 200 + pattern.length * 100, 'drain'),
  ];
  const { streams, outages, notes } = analyse(
    scenarioOf({ streams: [stream] }),
    events,
    rowsOf(GOOD + pattern + GOOD, reflector),
  );
  expect(streams.map(({ direction }) => direction)).toEqual(['round-trip', 'forward', 'reverse']);
  return { rows: Object.fromEntries(streams.map((row) => [row.direction, row])), outages, notes };
};

const bounds = ({ status, longest_lo_s, longest_s, longest_hi_s }: StreamRow): unknown[] => [
  status,
  ...[longest_lo_s, longest_s, longest_hi_s].map((value) =>
    value === null ? null : Number(value.toFixed(3)),
  ),
];
const both = (pattern: string, reflector?: Reflector): unknown[][] => {
  const { forward, reverse } = result(pattern, reflector).rows;
  return [bounds(forward!), bounds(reverse!)];
};

describe('a loss on one way', () => {
  test('there: the way back could not be tested, and its upper bound says so', () => {
    expect(both('ffffffffff')).toEqual([
      ['ok', 0.9, 1, 1.1],
      ['unaffected', 0, 0, 1.1],
    ]);
    expect(result('ffffffffff').notes.join('\n')).toContain('udp: the way back was not tested for 1.1 s');
  });

  test('back: the way there was tested all the while', () => {
    expect(both('rrrrrrrrrr')).toEqual([
      ['unaffected', 0, 0, 0.1],
      ['ok', 0.9, 1, 1.1],
    ]);
  });

  test('the round trip of 2 ms sees it longer by up to that, and one way does not', () => {
    expect(bounds(result('rrrrrrrrrr').rows['round-trip']!)).toEqual(['ok', 0.898, 0.999, 1.1]);
  });

  test('one after the other, each is its own', () => {
    expect(both('fff.....rrrr')).toEqual([
      ['ok', 0.2, 0.3, 0.4],
      ['ok', 0.3, 0.4, 0.5],
    ]);
  });

  test('counts are of the way: what was lost there was never sent back', () => {
    const { forward, reverse } = result('ffff....rrr').rows;
    expect(forward).toMatchObject({ sent: 51, received: 47, lost: 4, rtt_before_ms: null, causes: null });
    expect(reverse).toMatchObject({ sent: 47, received: 44, lost: 3 });
  });

  test('an ICMP error is loss there, whatever the count says of the others', () => {
    expect(both('uuuuu')[0]).toEqual(['ok', 0.4, 0.5, 0.6]);
    const { forward, reverse } = result('uurr').rows;
    expect([forward!.lost, reverse!.lost]).toEqual([2, 2]);
  });

  test('periods are listed with their direction', () => {
    const listed = result('fff.....rrrr').outages.map(({ direction, period, first_seq, last_seq }) => [
      ...[direction, period, first_seq, last_seq],
    ]);
    expect(listed).toEqual([
      ['round-trip', 1, 20, 22],
      ['round-trip', 2, 28, 31],
      ['forward', 1, 20, 22],
      ['reverse', 1, 28, 31],
    ]);
  });
});

describe('a loss on both ways at once', () => {
  test.each(['ffffrrr', 'rrrffff', 'rffffrr', 'frfrfrf'])(
    '%s: the bounds hold whatever the order',
    (pattern) => {
      const [forward, reverse] = both(pattern) as [
        [string, number, number, number],
        [string, number, number, number],
      ];
      // 4 there and 3 back: one run of at least 1, of at most 4.
      expect(forward).toEqual(['ok', 0, 0.4, 0.5]);
      // The way back may have been down all the while.
      expect(reverse).toEqual(['ok', 0.2, 0.5, 0.8]);
      expect(result(pattern).notes.join('\n')).toContain('udp: 1 losses on both ways at once');
    },
  );

  test('what was under way behind the pair when both were cut is lost first, before the trigger', () => {
    // The reflector answers after 150 ms; the cut comes at 2.25 s and lasts 1 s.
    const { rows } = result('rrrffffffffff', { way_ms: 150 }, 2250);
    expect(rows['forward']).toMatchObject({ status: 'ok', lost: 10, longest_s: 1, longest_hi_s: 1.1 });
  });

  test('what arrived in between parts the lost into no more runs than there are arrivals', () => {
    // 9 lost there and 1 back: one run of at least 5.
    expect(both('fffffrffff')[0]).toEqual(['ok', 0.4, 0.9, 1]);
  });
});

describe('late answers', () => {
  test('are late on the way that took the time, by clocks that need not agree', () => {
    const there = result('FFFF').rows;
    expect([there['round-trip']!.late, there['forward']!.late, there['reverse']!.late]).toEqual([4, 4, 0]);
    const back = result('RRRR').rows;
    expect([back['forward']!.late, back['reverse']!.late]).toEqual([0, 4]);
  });

  test('a step of the reflector’s clock delays nothing', () => {
    const rows = rowsOf(GOOD + '..........' + GOOD).map((row): ProbeRow => {
      if (row.seq < 22 || row.reflected === undefined) return row;
      const { seq, received_ns, sent_ns } = row.reflected;
      return { ...row, reflected: { seq, received_ns: ns(received_ns + 5e9), sent_ns: ns(sent_ns + 5e9) } };
    });
    const plan = streamPlan('udp', {
      type: 'stamp',
      port: 862,
      stamp: { ssid: 1, timestamps: 'ntp', end: null },
    });
    const { streams } = analyse(scenarioOf({ streams: [plan] }), [issued(TRIGGER_MS), ...moved(4000)], rows);
    expect(streams.map(({ late, status }) => [late, status])).toEqual(streams.map(() => [0, 'unaffected']));
  });
});

describe('where the direction cannot be told, no figure is given', () => {
  test.each<[string, string, Reflector, string]>([
    ['a stateless reflector', 'ffff', { stateless: true }, 'no sequence number of its own (stateless)'],
    ['a counter that begins anew within the loss', 'ffrr', { resetAt: 23 }, 'began to count anew'],
    ['a counter of several streams', 'ffff', { shared: true }, 'counts more than this stream'],
  ])('%s', (_name, pattern, reflector, reason) => {
    const { rows, notes } = result(pattern, reflector);
    for (const direction of ['forward', 'reverse'])
      expect(rows[direction]).toMatchObject({
        status: 'void',
        longest_s: null,
        void_reason: expect.stringContaining(reason),
      });
    expect(rows['round-trip']).toMatchObject({ status: 'ok', lost: 4 });
    expect(notes.join('\n')).toContain('direction of the loss not known');
  });

  test('a loss that does not end', () => {
    const plan = streamPlan('udp', {
      type: 'stamp',
      port: 862,
      stamp: { ssid: 1, timestamps: 'ntp', end: null },
    });
    const { streams } = analyse(
      scenarioOf({ streams: [plan] }),
      [issued(TRIGGER_MS), ...moved(9000)],
      rowsOf(`${GOOD}ffffffffff`),
    );
    expect(streams.map(({ status }) => status)).toEqual(['not-recovered', 'void', 'void']);
  });

  test('without a loss there is nothing to attribute', () => {
    expect(both('....', { stateless: true })).toEqual([
      ['unaffected', 0, 0, 0.1],
      ['unaffected', 0, 0, 0.1],
    ]);
  });

  test('a counter that began anew before is none of the loss’s business', () => {
    expect(both('...ffff', { resetAt: 21 })[0]).toEqual(['ok', 0.3, 0.4, 0.5]);
  });
});

test('answers to copies are not taken for lost ones', () => {
  expect(both('dffff')).toEqual([
    ['ok', 0.3, 0.4, 0.5],
    ['unaffected', 0, 0, 0.5],
  ]);
});

import { describe, expect, it } from 'vitest';
import {
  altered,
  analyse,
  failover,
  issued,
  moved,
  phase,
  probe,
  probesOf,
  scenarioOf,
  streamPlan,
} from './fixture.js';
import { fromMs } from '../../../src/model/time.js';

const longest = (row: {
  longest_lo_s: number | null;
  longest_s: number | null;
  longest_hi_s: number | null;
}) => [row.longest_lo_s, row.longest_s, row.longest_hi_s];

describe('bounds of one loss period', () => {
  it('is (L-1)T, LT and (L+1)T for a perfectly periodic stream', () => {
    const { streams, outages } = failover('.....xxxx.....', 450);
    expect(longest(streams[0]!)).toEqual([0.3, 0.4, 0.5]);
    expect(streams[0]).toMatchObject({ status: 'ok', periods: 1, total_s: 0.4, span_s: 0.4, lost: 4 });
    expect(outages).toHaveLength(1);
    expect(outages[0]).toMatchObject({ kind: 'loss', first_seq: 5, last_seq: 8, lo_s: 0.3, hi_s: 0.5 });
  });

  it('has no lower bound for a single lost probe', () => {
    expect(longest(failover('.....x.....', 450).streams[0]!)).toEqual([0, 0.1, 0.2]);
  });

  it('uses real send instants, not counts: 36 lost in 0.608 s', () => {
    // `ping -i 0.01` without replies really sends every 16-20 ms.
    const rows = [...Array(20).keys()].map((seq) => probe({ seq, sent: seq * 10, received: seq * 10 }));
    for (let k = 0; k < 36; k++) rows.push(probe({ seq: 20 + k, sent: 200 + k * 17, outcome: 'lost' }));
    rows.push(probe({ seq: 56, sent: 200 + 36 * 17, received: 200 + 36 * 17 }));
    const scenario = scenarioOf({ streams: [streamPlan('ping', { every_ns: fromMs(10) })] });
    const [row] = analyse(scenario, [issued(195)], rows).streams;
    expect(row!.lost).toBe(36);
    expect(longest(row!)).toEqual([0.595, expect.closeTo(0.6085, 9), 0.622]);
  });

  it('widens both ends by the delay variation of the baseline, and the lower not below 0', () => {
    const rows = probesOf('.s...xxxx.....');
    expect(longest(analyse(scenarioOf({}), [issued(450)], rows).streams[0]!)).toEqual([
      expect.closeTo(0.24, 9),
      0.4,
      expect.closeTo(0.56, 9),
    ]);
    expect(failover('.s...x.....', 450).streams[0]!.longest_lo_s).toBe(0);
  });

  it('reaches to the answer of a first good probe that was held on the way', () => {
    // q took 61 ms where the slowest of the baseline took 1: it may have been sent 60 ms before the end.
    expect(longest(failover('.....xxxxs....', 450).streams[0]!)).toEqual([0.3, 0.4, expect.closeTo(0.56, 9)]);
  });

  it('counts unreachable and unresolved as loss, and a refusal as a path that is up', () => {
    const { streams } = failover('..r..xun..r...', 450);
    expect(streams[0]).toMatchObject({ lost: 3, received: 11, sent: 14, periods: 1 });
    expect(longest(streams[0]!)).toEqual([0.2, expect.closeTo(0.3, 9), 0.4]);
  });

  it('skips unsent and blocked slots: the sends around them are what counts', () => {
    const { streams, notes } = failover('.....bxx-.....', 450);
    expect(longest(streams[0]!)).toEqual([0.1, expect.closeTo(0.3, 9), 0.5]);
    expect(streams[0]).toMatchObject({ sent: 12, lost: 2, unsent: 1, local_blocked: 1 });
    expect(notes.join()).not.toContain('holes');
  });

  it('shrinks the lower bound where the socket held the first lost probe', () => {
    const rows = altered(
      probesOf('.....xxxx.....'),
      (row) => row.seq === 5,
      () => ({ accepted_ns: fromMs(540) }),
    );
    expect(longest(analyse(scenarioOf({}), [issued(450)], rows).streams[0]!)).toEqual([
      expect.closeTo(0.26, 9),
      0.4,
      0.5,
    ]);
  });
});

describe('several periods', () => {
  it('gives longest, total, count and span', () => {
    const { streams } = failover('.....xx...xxxx....', 450);
    expect(streams[0]).toMatchObject({ periods: 2, longest_s: 0.4, total_s: expect.closeTo(0.6, 9) });
    expect(streams[0]!.span_s).toBeCloseTo(0.9, 9);
    expect(streams[0]!.trigger_to_first_loss_s).toBeCloseTo(0.05, 9);
    expect(streams[0]!.trigger_to_recovery_s).toBeCloseTo(0.95, 9);
  });

  it('merges what is closer than an explicit merge gap, and says so', () => {
    const events = [issued(450)];
    const rows = probesOf('.....xx...xxxx.....x....');
    const merged = analyse(scenarioOf({ mergeGap_ms: 350 }), events, rows);
    expect(merged.outages.map(({ first_seq, last_seq, lost }) => [first_seq, last_seq, lost])).toEqual([
      [5, 13, 6],
      [19, 19, 1],
    ]);
    expect(merged.streams[0]!.longest_s).toBeCloseTo(0.9, 9);
    expect(merged.notes.join()).toContain('1 loss periods merged, closer than 0.35 s');
  });

  it('lists what comes after the recovery but does not count it', () => {
    const events = [issued(450), phase(900, 'recovered'), phase(2000, 'restore')];
    const { streams, outages, notes } = analyse(
      scenarioOf({}),
      events,
      probesOf('.....xx...............xxxxxxxx....'),
    );
    expect(streams[0]).toMatchObject({ periods: 1, longest_s: 0.2, lost: 10 });
    expect(outages).toHaveLength(2);
    expect(notes.join()).toContain('1 loss periods after the recovery');
  });
});

describe('no lost probe', () => {
  it('bounds what may have hidden by the widest spacing of good probes', () => {
    const { streams, trials } = analyse(
      scenarioOf({}),
      [issued(450), ...moved(700)],
      probesOf('.....-...........'),
    );
    expect(streams[0]!.status).toBe('unaffected');
    expect(longest(streams[0]!)).toEqual([0, 0, 0.2]);
    expect(trials[0]).toMatchObject({ status: 'ok', headline_stream: 'ping', outage_s: 0, outage_hi_s: 0.2 });
  });

  it('counts a slow answer as room for a short queued outage', () => {
    const { streams } = analyse(scenarioOf({}), [issued(450), ...moved(700)], probesOf('.......s......'));
    expect(longest(streams[0]!)).toEqual([0, 0, expect.closeTo(0.16, 9)]);
  });
});

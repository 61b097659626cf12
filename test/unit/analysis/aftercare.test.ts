import { describe, expect, test } from 'vitest';
import { runVerdict } from '../../../src/analysis/limits.js';
import type { TrialEvent } from '../../../src/model/event.js';
import type { Limit } from '../../../src/model/plan.js';
import { fromMs } from '../../../src/model/time.js';
import {
  analyse,
  at,
  heartbeat,
  issued,
  moved,
  phase,
  probe,
  probesOf,
  scenarioOf,
  sessionPlan,
  streamPlan,
} from './fixture.js';

const good = (count: number): string => '.'.repeat(count);
const bad = (count: number): string => 'x'.repeat(count);
/** 0.4 s at 0.5 s; the aftercare from 2 s to 5 s; the restore until 6 s. */
const FIRST = `${good(5)}${bad(4)}${good(11)}`;
const COURSE: readonly TrialEvent[] = [
  issued(450),
  ...moved(1000),
  phase(1900, 'aftercare'),
  phase(5000, 'restore'),
];
const AFTERCARE = { for_ms: 3000 };

const limit = (metric: Limit['metric'], value: number): Limit => ({
  key: `aftercare.${metric}`,
  subject: 'aftercare',
  metric,
  value,
  text: String(value),
});

const tried = (rest: string, limits: Limit[] = [], events = COURSE) =>
  analyse(scenarioOf({ aftercare: AFTERCARE, limits }), events, probesOf(FIRST + rest));

describe('an outage after the recovery', () => {
  const again = `${good(10)}${bad(3)}${good(17)}`;

  test('is a row of its own, and in nothing of the failover', () => {
    const { trials, streams, outages } = tried(again + good(10));
    expect(trials).toMatchObject([{ phase: 'failover', status: 'ok', outage_s: 0.4, verdict: 'pass' }]);
    expect(streams).toMatchObject([
      { phase: 'failover', status: 'ok', sent: 19, lost: 4, periods: 1, longest_s: 0.4, total_s: 0.4 },
      { phase: 'aftercare', status: 'ok', sent: 31, lost: 3, periods: 1, longest_s: 0.3 },
    ]);
    // From the trigger, like the recovery before it: 2.1 s between them.
    expect(streams[0]?.trigger_to_recovery_s).toBeCloseTo(0.45);
    expect(streams[1]?.trigger_to_first_loss_s).toBeCloseTo(2.55);
    expect(outages).toMatchObject([
      { phase: 'failover', period: 1, start_s: 0.5, outage_s: 0.4 },
      { phase: 'aftercare', period: 1, start_s: 3, outage_s: 0.3, censored: false },
    ]);
  });

  test('is on the timeline under its own names', () => {
    const { timeline = [] } = tried(again + good(10));
    expect(timeline.map(({ milestone }) => milestone)).toEqual([
      'trigger-issued',
      'first-loss',
      'recovery',
      'first-reply',
      'aftercare',
      'aftercare-loss',
      'aftercare-recovery',
      'restore',
    ]);
    expect(timeline.every((row) => row.phase === 'failover')).toBe(true);
  });

  test.each([
    ['longest', 0.5, 'pass'],
    ['longest', 0.4, 'pass'],
    ['longest', 0.3, 'inconclusive'],
    ['longest', 0.1, 'fail'],
    ['total', 0.2, 'fail'],
    ['periods', 1, 'pass'],
    ['periods', 0, 'fail'],
  ] as const)('is held against a limit: %s %d is a %s', (metric, value, verdict) => {
    const own = [limit(metric, value)];
    const result = tried(again + good(10), own);
    expect(result.trials[0]?.verdict).toBe(verdict);
    expect(runVerdict(result, own).verdict).toBe(verdict);
  });

  test('a limit that holds where nothing was lost', () => {
    const own = [limit('periods', 0)];
    const result = tried(good(40), own);
    expect(result.streams[1]).toMatchObject({ phase: 'aftercare', status: 'unaffected', periods: 0 });
    expect(runVerdict(result, own)).toMatchObject({ verdict: 'pass' });
  });

  test('that has not ended with the aftercare fails the trial without any limit', () => {
    const result = tried(`${good(20)}${bad(30)}`);
    expect(result.streams).toMatchObject([{ status: 'ok' }, { phase: 'aftercare', status: 'not-recovered' }]);
    expect(result.trials[0]).toMatchObject({ status: 'ok', outage_s: 0.4, verdict: 'fail' });
    expect(runVerdict(result, []).findings[0]).toMatchObject({
      key: 'aftercare',
      verdict: 'fail',
      text: expect.stringContaining('not well when it ended: trial 1, failover'),
    });
  });

  test('two of them are two, however far apart, also where the last one did not end', () => {
    const result = tried(`${good(2)}${bad(2)}${good(15)}${bad(11)}`);
    expect(result.streams[1]).toMatchObject({ status: 'not-recovered', periods: 2 });
  });

  test('the restore after it is listed with the failover, and counts in neither', () => {
    const { streams, outages } = tried(`${good(32)}${bad(4)}${good(4)}`);
    expect(streams).toMatchObject([
      { phase: 'failover', lost: 4, periods: 1 },
      { phase: 'aftercare', status: 'unaffected', lost: 0 },
    ]);
    expect(outages.map((row) => [row.phase, row.period, row.start_s])).toEqual([
      ['failover', 1, 0.5],
      ['failover', 2, 5.2],
    ]);
  });

  test('where the trial was broken off in it, that nothing was lost by then proves nothing', () => {
    const broken: TrialEvent[] = [
      ...COURSE.filter(({ event, at_ns }) => event !== 'phase' || at_ns < 2e9),
      { ...at(3000), event: 'broken-off', of: 'failover', phase: 'aftercare', reason: 'interrupted' },
      phase(3000, 'drain'),
    ];
    expect(tried(good(10), [], broken).streams).toMatchObject([
      { phase: 'failover', status: 'ok' },
      { phase: 'aftercare', status: 'void', void_reason: 'broken off: interrupted' },
    ]);
    expect(tried(`${good(3)}${bad(2)}${good(5)}`, [], broken).streams[1]).toMatchObject({ status: 'ok' });
  });

  test('loss on the control stream at that time voids it', () => {
    const streams = [streamPlan('ping'), streamPlan('control', { control: true })];
    const rows = (name: string) => probesOf(FIRST + again + good(10), name);
    const control = probesOf(good(20) + again + good(10), 'control');
    const { streams: found } = analyse(scenarioOf({ streams, aftercare: AFTERCARE }), COURSE, [
      ...rows('ping'),
      ...control,
    ]);
    expect(found.filter((row) => row.phase === 'aftercare')).toMatchObject([
      {
        stream: 'ping',
        status: 'void',
        void_reason: 'control stream control lost 3 probes during the outage',
      },
    ]);
  });
});

test('at a cheaper rate the longer spacing is neither a hole nor a silence', () => {
  const paced = Array.from({ length: 7 }, (_, index) => {
    const sent = 2000 + 500 * index;
    const lost = index === 3;
    return probe({
      seq: 20 + index,
      sent,
      outcome: lost ? 'lost' : 'answered',
      received: lost ? null : sent + 1,
    });
  });
  const fast = Array.from({ length: 10 }, (_, index) => {
    const sent = 5100 + 100 * index;
    return probe({ seq: 27 + index, sent, received: sent + 1 });
  });
  const scenario = scenarioOf({ aftercare: { for_ms: 3000, every_ms: 500 } });
  const { streams, outages } = analyse(scenario, COURSE, [...probesOf(FIRST), ...paced, ...fast]);
  expect(streams[1]).toMatchObject({
    phase: 'aftercare',
    interval_s: 0.5,
    holes: 0,
    periods: 1,
    longest_lo_s: 0,
    longest_s: 0.5,
    longest_hi_s: expect.closeTo(1.001),
  });
  expect(outages.map(({ kind, phase: of }) => [of, kind])).toEqual([
    ['failover', 'loss'],
    ['aftercare', 'loss'],
  ]);
});

test('after the failback there is one of its own, and the one before does not touch the failback', () => {
  const events: TrialEvent[] = [
    ...COURSE,
    phase(5500, 'failback', 'failback'),
    issued(7050, 'failback'),
    phase(9000, 'aftercare', 'failback'),
    phase(11_000, 'drain', 'failback'),
  ];
  const rest = `${good(10)}${bad(3)}${good(17)}`;
  const back = `${good(21)}${bad(6)}${good(23)}${bad(2)}${good(12)}`;
  const { trials, streams } = analyse(
    scenarioOf({ aftercare: AFTERCARE }),
    events,
    probesOf(FIRST + rest + back),
  );
  expect(trials).toMatchObject([
    { phase: 'failover', status: 'ok', outage_s: 0.4 },
    { phase: 'failback', status: 'ok', outage_s: 0.6 },
  ]);
  expect(streams.map((row) => [row.phase, row.periods, row.longest_s])).toEqual([
    ['failover', 1, 0.4],
    ['aftercare', 1, expect.closeTo(0.3)],
    ['failback', 1, expect.closeTo(0.6)],
    ['failback-aftercare', 1, expect.closeTo(0.2)],
  ]);
});

test('sessions that live through the failover and not through the aftercare', () => {
  const beats = Array.from({ length: 60 }, (_, seq) => {
    const sent = seq * 100 + 20;
    // What is sent in the outage is echoed after it; from 3 s on nothing comes back any more.
    const echoed = sent >= 3000 ? null : sent >= 500 && sent < 900 ? 920 : sent + 2;
    return heartbeat(seq, sent, echoed);
  });
  const open: TrialEvent = { ...at(0), event: 'session-open', session: 'echo', connection: 1, detail: '' };
  const { trials, sessions } = analyse(
    scenarioOf({ aftercare: AFTERCARE, sessions: [sessionPlan('echo')], limits: [limit('survived', 1)] }),
    [open, ...COURSE],
    probesOf(FIRST + good(40)),
    beats,
  );
  expect(sessions).toMatchObject([
    { phase: 'failover', verdict: 'survived' },
    { phase: 'aftercare', verdict: 'blackholed' },
  ]);
  expect(trials[0]).toMatchObject({ sessions_total: 1, sessions_survived: 1, verdict: 'fail' });
});

test.each([1, 2, 3, 4])(
  'random loss that the scenario allows is no second outage, and hides none (%d)',
  (run) => {
    // 2 % of all probes, by a generator of its own; the outages are 4 s and 2 s.
    let state = run * 7919;
    const noise = (count: number): string =>
      Array.from({ length: count }, () => {
        state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
        return state / 2 ** 31 < 0.02 ? 'x' : '.';
      }).join('');
    const plain = scenarioOf({ aftercare: { for_ms: 170_000 } });
    const trial = {
      ...plain.trial,
      steady_ns: fromMs(25_000),
      recovered_ns: fromMs(5000),
      backgroundLoss: 0.05,
    };
    const events = [issued(30_050), ...moved(31_000), phase(50_000, 'aftercare'), phase(220_000, 'restore')];
    const before = noise(300) + bad(40) + noise(1160);
    const tell = (rest: string) => analyse({ ...plain, trial }, events, probesOf(before + rest)).streams;
    expect(tell(noise(800))).toMatchObject([
      { phase: 'failover', status: 'ok', longest_s: expect.closeTo(4, 1) },
      { phase: 'aftercare', status: 'unaffected', periods: 0 },
    ]);
    expect(tell(bad(20) + noise(780))[1]).toMatchObject({
      phase: 'aftercare',
      status: 'ok',
      periods: 1,
      longest_s: expect.closeTo(2, 1),
    });
  },
);

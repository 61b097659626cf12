import { describe, expect, it } from 'vitest';
import type { SessionEnding, TrialEvent } from '../../../src/model/event.js';
import type { HeartbeatRow } from '../../../src/model/probe.js';
import { fromMs, ns } from '../../../src/model/time.js';
import { predictedStall } from '../../../src/analysis/session/session-verdict.js';
import {
  altered,
  analyse,
  at,
  heartbeat,
  issued,
  moved,
  phase,
  probesOf,
  role,
  scenarioOf,
  sessionPlan,
  streamPlan,
} from './fixture.js';

/** Measured in network namespaces, R = 0.204 s: D, time between segments, stall (all in seconds). */
const MEASURED: readonly (readonly [outage: number, every: number, stall: number])[] = [
  [0.298, 0.05, 0.646],
  [0.25, 0.1, 0.629],
  [0.229, 0.3, 0.301],
  [0.288, 0.5, 0.415],
  [0.7, 0.1, 1.487],
  [0.715, 0.3, 0.858],
  [0.31, 1, 0.413],
  [1.219, 0.05, 1.473],
  [0.964, 0.5, 1.666],
  [0.911, 1, 1.677],
  [1.969, 0.1, 3.133],
  [1.97, 0.5, 3.321],
  [3.324, 0.1, 6.516],
  [3.324, 0.3, 3.34],
  [3.179, 1, 3.354],
  [4.976, 0.1, 6.6],
  [4.813, 0.3, 6.696],
  [4.725, 0.5, 6.86],
];

describe('S(D), the stall that TCP alone explains', () => {
  it.each(MEASURED)('an outage of %d s with a segment every %d s stalls %d s', (outage, every, stall) => {
    const sender = { rto_ns: fromMs(204), every_ns: fromMs(every * 1000) };
    const predicted = predictedStall(fromMs(outage * 1000), sender) / 1e9;
    expect(Math.abs(predicted - stall)).toBeLessThan(0.15);
  });

  it('lies between D and 2D + R, but for the lateness of timers', () => {
    for (const every_ns of [fromMs(20), fromMs(204), fromMs(1000), Infinity])
      for (let outage = 1; outage < 20_000; outage += 37) {
        const stall = predictedStall(fromMs(outage), { rto_ns: fromMs(204), every_ns });
        expect(stall).toBeGreaterThanOrEqual(fromMs(outage) - 1);
        expect(stall).toBeLessThan(1.04 * (2 * fromMs(outage) + fromMs(204)));
      }
  });

  it('is 0 without an outage', () => {
    expect(predictedStall(-5, { rto_ns: 208, every_ns: 100 })).toBe(0);
  });
});

const opened: TrialEvent = { ...at(0), event: 'session-open', session: 'echo', connection: 1, detail: '' };
const error = (ms: number, ending: SessionEnding, detail: string): TrialEvent => ({
  ...at(ms),
  event: 'session-error',
  session: 'echo',
  connection: 1,
  ending,
  detail,
});
const end = (ms: number, more: object = {}): TrialEvent => ({
  ...at(ms),
  event: 'session-end',
  session: 'echo',
  connection: 1,
  bytes: 6400,
  in_order: true,
  rto_ms: null,
  ...more,
});

/** Outage 2.0 to 4.0 s of a trial of 12 s, trigger at 1.95 s. */
const PATTERN = `${'.'.repeat(20)}${'x'.repeat(20)}${'.'.repeat(80)}`;
const EVENTS = [issued(1950), ...moved(5000), opened, end(12_000)];

/** Heartbeats every 100 ms; what is sent in the outage and until `back` is echoed at `back`, null: never. */
const beats = (back: number | null, until = 12_000): HeartbeatRow[] =>
  Array.from({ length: until / 100 }, (_, seq) => {
    const sent = seq * 100 + 50;
    const caught = sent >= 2000 && (back === null || sent < back);
    return heartbeat(seq, sent, caught ? back : sent + 1);
  });

const judged = (
  rows: readonly HeartbeatRow[],
  events: readonly TrialEvent[] = EVENTS,
  plan = sessionPlan('echo'),
) => analyse(scenarioOf({ sessions: [plan] }), events, probesOf(PATTERN), rows);

describe('sessions are evidence of a failover, though not a packet of the streams was lost', () => {
  const CLEAN = '.'.repeat(160);
  const events = [issued(1950), opened, end(16_000)];
  const of = (rows: readonly HeartbeatRow[], more: readonly TrialEvent[] = [], plan = sessionPlan('echo')) =>
    analyse(scenarioOf({ sessions: [plan] }), [...events, ...more], probesOf(CLEAN), rows);

  it('silent for ten seconds', () => {
    const { trials, sessions } = of(beats(12_050, 16_000));
    expect(trials[0]).toMatchObject({ status: 'ok', sessions_total: 1, outage_lo_s: 0 });
    expect(sessions[0]!.verdict).toMatch(/^survived/);
    expect(sessions[0]!.stall_s).toBeGreaterThan(9.9);
  });

  it('broken, or silent to the end', () => {
    expect(of(beats(null, 16_000), [error(2500, 'reset', 'ECONNRESET')]).trials[0]).toMatchObject({
      status: 'ok',
      sessions_total: 1,
      sessions_survived: 0,
    });
    expect(of(beats(null, 16_000)).sessions[0]!.verdict).toBe('blackholed');
  });

  it('and a note says that nothing else showed it', () => {
    const note =
      'trial 1, failover: no packet of a stream was lost: what happened shows in the sessions only';
    expect(of(beats(null, 16_000)).notes.join('\n')).toContain(note);
    expect(of(beats(2000, 2100)).notes.join('\n')).not.toContain('sessions only');
  });

  it('new ones that bring no data', () => {
    const plan = sessionPlan('echo', { openEvery_ns: fromMs(500) });
    const attempts = Array.from({ length: 31 }, (_, index) => ({
      ...heartbeat(0, 250 + 500 * index, index < 4 ? 260 + 500 * index : null),
      connection: 100 + index,
    }));
    expect(of(attempts, [], plan).trials[0]!.status).toBe('ok');
    // A single one may fail of itself.
    const one = attempts.map((row, index) => ({
      ...row,
      echoed_ns: index === 9 ? null : ns(row.sent_ns + 10),
    }));
    expect(of(one, [], plan).trials[0]!.status).toBe('no-failover-detected');
  });

  it('ten silent for ten seconds, and 15 of 15 new ones without data: an event, with a verdict for each', () => {
    const old = sessionPlan('echo', { count: 10 });
    const fresh = sessionPlan('new', { openEvery_ns: fromMs(700) });
    const open = Array.from({ length: 10 }, (_, index): TrialEvent => ({
      ...at(0),
      event: 'session-open',
      session: 'echo',
      connection: index + 1,
      detail: '',
    }));
    const ends = open.map(
      (_, index): TrialEvent => ({ ...end(16_000), connection: index + 1 }) as TrialEvent,
    );
    const rows = open.flatMap((_, index) =>
      beats(12_050, 16_000).map((row) => ({ ...row, connection: index + 1 })),
    );
    const attempts = Array.from({ length: 17 }, (_, index) => ({
      ...heartbeat(0, 700 * index + 600, index < 2 ? 700 * index + 610 : null, 'new'),
      connection: 100 + index,
    }));
    const { trials, sessions, openings } = analyse(
      scenarioOf({ sessions: [old, fresh] }),
      [issued(1950), ...open, ...ends],
      probesOf(CLEAN),
      [...rows, ...attempts],
    );
    expect(trials[0]).toMatchObject({ status: 'ok', sessions_total: 10, sessions_survived: 10 });
    expect(openings![0]).toMatchObject({ attempts: 15, failed: 15, works_again_s: null });
    expect(
      sessions.filter(({ verdict, stall_s }) => verdict !== 'not-tested' && (stall_s ?? 0) > 9.9),
    ).toHaveLength(10);
  });

  it('a segment that was sent again is none, nor is what happens to a control session', () => {
    const once = altered(
      Array.from({ length: 160 }, (_, seq) => heartbeat(seq, seq * 100, seq * 100 + 1)),
      (row) => row.sent_ns === fromMs(3000),
      () => ({ echoed_ns: fromMs(3210) }),
    );
    expect(of(once)).toMatchObject({
      trials: [{ status: 'no-failover-detected' }],
      sessions: [{ verdict: 'not-tested' }],
    });
    const control = sessionPlan('echo', { control: true });
    expect(of(beats(12_050, 16_000), [], control).trials[0]!.status).toBe('no-failover-detected');
  });
});

describe('session verdicts', () => {
  it('survived: the stall is what TCP explains', () => {
    // R = 200 + 1 ms; D = 4.0 - 2.05 s: k = 4, S = 3.015 s.
    const { sessions, trials } = judged(beats(5065));
    expect(sessions[0]).toMatchObject({
      session: 'echo#1',
      kind: 'tcp',
      verdict: 'survived',
      age_s: 1.95,
      bytes: 6400,
      error: null,
      who_spoke_first: 'client',
    });
    expect(sessions[0]!.stall_s).toBeCloseTo(3.014, 6);
    expect(sessions[0]!.stall_predicted_s).toBeCloseTo(1.03 * 3.015, 6);
    expect(sessions[0]!.excess_s).toBeCloseTo(3.014 - 1.03 * 3.015, 6);
    expect(trials[0]).toMatchObject({ sessions_total: 1, sessions_survived: 1 });
  });

  it('predicts the stall from STAMP as from ICMP', () => {
    const scenario = scenarioOf({
      streams: [streamPlan('ping', { type: 'stamp', port: 862 })],
      sessions: [sessionPlan('echo')],
    });
    const { sessions } = analyse(scenario, EVENTS, probesOf(PATTERN), beats(5065));
    expect(sessions[0]!.stall_predicted_s).toBeCloseTo(1.03 * 3.015, 6);
  });

  it('uses the retransmission timeout of the session where it is known', () => {
    const events = [...EVENTS.slice(0, -1), end(12_000, { rto_ms: 300 })];
    expect(judged(beats(5065), events).sessions[0]!.stall_predicted_s).toBeCloseTo(1.03 * 2.1, 6);
  });

  it('survived without a stall', () => {
    const rows = Array.from({ length: 120 }, (_, seq) => heartbeat(seq, seq * 100, seq * 100 + 1));
    expect(judged(rows).sessions[0]).toMatchObject({ verdict: 'survived', stall_s: 0, stall_predicted_s: 0 });
  });

  it('survived-late: well beyond S(D)', () => {
    const { sessions, trials } = judged(beats(9050));
    expect(sessions[0]!.verdict).toBe('survived-late');
    expect(sessions[0]!.excess_s!).toBeGreaterThan(3);
    expect(trials[0]!.sessions_survived).toBe(1);
  });

  it('blackholed: silent to the end, without an error', () => {
    expect(judged(beats(null)).sessions[0]).toMatchObject({
      verdict: 'blackholed',
      stall_s: null,
      error: 'still silent after 9.9 s',
    });
  });

  it('not so for heartbeats on their way at the end', () => {
    const rows = altered(
      beats(5065),
      (row) => row.sent_ns > fromMs(11_900),
      () => ({ echoed_ns: null }),
    );
    expect(judged(rows).sessions[0]!.verdict).toBe('survived');
  });

  describe('with heartbeats far apart', () => {
    const rare = (echoes: readonly (number | null)[], from = 300) =>
      judged(
        echoes.map((echoed, index) => heartbeat(index, from + 3000 * index, echoed)),
        EVENTS,
        sessionPlan('echo', { heartbeat_ns: fromMs(3000) }),
      ).sessions[0]!;

    it('blackholed: one that was never answered is enough, however long until the next', () => {
      expect(rare([301, null, null, null])).toMatchObject({
        verdict: 'blackholed',
        error: 'still silent after 8.7 s',
      });
      // Sent at 10.0 s: 2 s, more than any echo ever took.
      expect(rare([1001, 4001, 7001, null], 1000).verdict).toBe('blackholed');
    });

    it('not-tested: the end came before an answer could', () => {
      const early = 'the trial ended before its heartbeat could be answered';
      // The only one after the trigger got through before the outage began; the outage's are still on their way.
      const until = (rows: readonly HeartbeatRow[], ms: number) =>
        judged(
          rows,
          EVENTS.map((event) => (event.event === 'session-end' ? { ...event, ...at(ms) } : event)),
          sessionPlan('echo', { heartbeat_ns: fromMs(10_000) }),
        ).sessions[0]!;
      const before = [heartbeat(0, 500, 501), heartbeat(1, 1960, 1961)];
      expect(until([...before, heartbeat(2, 11_800, null)], 12_000)).toMatchObject({
        verdict: 'not-tested',
        error: early,
      });
      expect(until(before, 11_900)).toMatchObject({ verdict: 'not-tested', error: early });
    });

    it('survived: answered after the outage', () => {
      expect(rare([301, 5065, 6301, 9301])).toMatchObject({ verdict: 'survived', error: null });
    });
  });

  it.each([
    ['reset', 'ECONNRESET', 'reset'],
    ['error', 'write EPIPE', 'reset'],
    ['error', 'read ETIMEDOUT', 'blackholed'],
    ['app-closed', 'FIN', 'app-closed'],
  ] as const)('%s (%s) is %s', (ending, detail, verdict) => {
    const { sessions, trials } = judged(beats(null, 5000), [...EVENTS, error(5000, ending, detail)]);
    expect(sessions[0]).toMatchObject({ verdict, error: detail, stall_s: null });
    expect(trials[0]).toMatchObject({ sessions_total: 1, sessions_survived: 0 });
  });

  it('blackholed: bytes out of order or an echo missing', () => {
    const events = [...EVENTS.slice(0, -1), end(12_000, { in_order: false })];
    expect(judged(beats(5065), events).sessions[0]).toMatchObject({ verdict: 'blackholed' });
    const rows = altered(
      beats(5065),
      (row) => row.seq === 60,
      () => ({ echoed_ns: null }),
    );
    expect(judged(rows).sessions[0]!.error).toBe('an echo is missing though later ones came');
  });

  it('not-tested: never opened, a control, dead before, or nothing failed over', () => {
    const refused = [issued(1950), ...moved(5000), error(10, 'refused-open', 'ECONNREFUSED')];
    expect(judged([], refused).sessions[0]).toMatchObject({
      verdict: 'not-tested',
      error: 'never opened: ECONNREFUSED',
      age_s: null,
    });
    expect(judged(beats(5065), EVENTS, sessionPlan('echo', { control: true })).sessions[0]!.verdict).toBe(
      'not-tested',
    );
    expect(
      judged(beats(null, 1000), [...EVENTS, error(1000, 'reset', 'ECONNRESET')]).sessions[0],
    ).toMatchObject({
      verdict: 'not-tested',
      error: 'ended before: ECONNRESET',
    });
    const unchanged = [
      ...EVENTS.filter(({ event }) => event !== 'role'),
      role(0, 'fw-a', 'active', 'before'),
      role(5000, 'fw-a', 'active', 'after'),
    ];
    const { sessions, trials } = judged(beats(5065), unchanged);
    expect(sessions[0]!.verdict).toBe('not-tested');
    expect(trials[0]!.sessions_total).toBe(0);
  });

  it('not-tested: its own host lost nothing while another did', () => {
    const scenario = scenarioOf({
      streams: [streamPlan('ping'), streamPlan('far', { host: '10.4.4.5' })],
      sessions: [sessionPlan('echo', { host: '10.4.4.5' })],
    });
    const rows = Array.from({ length: 120 }, (_, seq) => heartbeat(seq, seq * 100, seq * 100 + 1));
    const probes = [...probesOf(PATTERN), ...probesOf('.'.repeat(120), 'far')];
    expect(analyse(scenario, EVENTS, probes, rows).sessions[0]).toMatchObject({
      verdict: 'not-tested',
      error: 'no outage reached it',
    });
  });

  it('is judged in each phase from its own window', () => {
    const events = [
      ...EVENTS,
      phase(5500, 'recovered'),
      phase(7000, 'restore'),
      phase(8000, 'failback', 'failback'),
      issued(9950, 'failback'),
      role(10_500, 'fw-a', 'active', 'after'),
    ];
    const pattern = `${'.'.repeat(20)}${'x'.repeat(20)}${'.'.repeat(60)}xx${'.'.repeat(18)}`;
    const run = (rows: readonly HeartbeatRow[]) =>
      analyse(scenarioOf({ sessions: [sessionPlan('echo')] }), events, probesOf(pattern), rows).sessions;
    expect(run(beats(5065)).map(({ phase: of, verdict }) => [of, verdict])).toEqual([
      ['failover', 'survived'],
      ['failback', 'survived'],
    ]);
    // Silent from the failover on; the failback brings it back. It did not live through the failover.
    expect(run(beats(10_400)).map(({ verdict, error: why }) => [verdict, why])).toEqual([
      ['blackholed', 'still silent after 6.0 s'],
      ['not-tested', 'ended before: silent when the trigger was issued'],
    ]);
  });

  it('no data: it opened, but nothing ever came back before the trigger', () => {
    const rows = Array.from({ length: 120 }, (_, seq) => heartbeat(seq, seq * 100, null));
    expect(judged(rows).sessions[0]).toMatchObject({
      verdict: 'not-tested',
      error: 'no data: it opened, but nothing ever came back before the trigger',
    });
  });

  it('an echo that always comes late is said to', () => {
    const rows = Array.from({ length: 100 }, (_, seq) => heartbeat(seq, seq * 100, seq * 100 + 800));
    expect(judged(rows).sessions[0]).toMatchObject({
      verdict: 'survived',
      error: 'echoes late: usually after 0.80 s',
    });
  });

  it('garbled, or another protocol, after the trigger is blackholed; a proxy’s word is app-closed', () => {
    for (const [ending, verdict] of [
      ['garbled', 'blackholed'],
      ['other-protocol', 'blackholed'],
      ['no-data', 'app-closed'],
    ] as const)
      expect(judged(beats(null, 5000), [...EVENTS, error(5000, ending, 'x')]).sessions[0]!.verdict).toBe(
        verdict,
      );
  });

  describe('of strata', () => {
    const strata = sessionPlan('echo', { ages: [fromMs(1000), 'during'] });
    const openedAt = (connection: number, ms: number, took_ms = 1): TrialEvent => ({
      ...at(ms),
      event: 'session-open',
      session: 'echo',
      connection,
      detail: '',
      took_ms,
    });
    const second = (rows: readonly HeartbeatRow[]): HeartbeatRow[] =>
      rows.map((row) => ({ ...row, connection: 2 }));
    const events = [issued(1950), ...moved(5000), openedAt(1, 950), end(12_000), openedAt(2, 4100, 1012)];
    const early = beats(5065).filter(({ sent_ns }) => sent_ns > fromMs(950));
    const late = second(beats(5065).filter(({ sent_ns }) => sent_ns > fromMs(5100)));

    it('each has its age, and the one that is begun in the outage the time until it was answered', () => {
      const { sessions } = judged([...early, ...late], events, strata);
      expect(sessions).toMatchObject([
        { session: 'echo#1', stratum: '1s', age_s: 1, verdict: 'survived' },
        { session: 'echo#2', stratum: 'during', age_s: null, verdict: 'survived', stall_predicted_s: null },
      ]);
      expect(sessions[1]!.stall_s).toBeCloseTo(1.013, 6);
    });

    it('blackholed if it never opened, or opened and was never answered', () => {
      const silent = late.map((row) => ({ ...row, echoed_ns: null }));
      const [, unanswered] = judged([...early, ...silent], events, strata).sessions;
      expect(unanswered).toMatchObject({
        verdict: 'blackholed',
        error: 'no data: it opened, but nothing came back',
      });
      const [, unopened] = judged(early, events.slice(0, -1), strata).sessions;
      expect(unopened).toMatchObject({ verdict: 'blackholed', error: 'it never opened' });
    });
  });

  it('who speaks first is who sends the heartbeats', () => {
    const plan = sessionPlan('echo', { speaksFirst: 'server' });
    expect(judged(beats(5065), EVENTS, plan).sessions[0]!.who_spoke_first).toBe('server');
  });

  it('an idle session that was never told to speak was not tested', () => {
    const rows = beats(5065).slice(0, 3);
    expect(judged(rows, EVENTS, sessionPlan('echo', { idle: true })).sessions[0]).toMatchObject({
      verdict: 'not-tested',
      error: 'nothing was said after the trigger',
    });
  });

  it('the control arm is a phase of its own, and no part of limits', () => {
    const control = EVENTS.map((event) => ('of' in event ? { ...event, of: 'no-sync' as const } : event));
    const limit = {
      key: 'echo.survived',
      subject: 'echo',
      metric: 'survived',
      value: 1,
      text: '100%',
    } as const;
    const scenario = scenarioOf({ sessions: [sessionPlan('echo')], limits: [limit] });
    const { trials, sessions } = analyse(scenario, control, probesOf(PATTERN), beats(null));
    expect(sessions[0]).toMatchObject({ phase: 'no-sync', verdict: 'blackholed' });
    expect(trials[0]).toMatchObject({ phase: 'no-sync', status: 'ok', verdict: 'pass' });
  });
});

describe('new sessions', () => {
  const plan = sessionPlan('fresh', { openEvery_ns: fromMs(500) });
  /** Attempts by number: begun at so many ms, done at so many, null: failed. */
  const openings = (
    attempts: readonly (readonly [begun: number, done: number | null])[],
    more: TrialEvent[] = [],
  ) =>
    analyse(
      scenarioOf({ sessions: [plan] }),
      [...EVENTS, ...more],
      probesOf(PATTERN),
      attempts.map(([begun, done], index) => ({
        ...heartbeat(0, begun, done, 'fresh'),
        connection: index + 1,
      })),
    ).openings;

  it('work again when the first one that was begun in the outage or later is answered', () => {
    const [row] =
      openings([
        [500, 502],
        [1500, 1502],
        [2000, null],
        [2500, 5505],
        [3500, 4503],
        [4500, 4502],
      ]) ?? [];
    expect(row).toMatchObject({
      session: 'fresh',
      kind: 'tcp',
      attempts: 4,
      failed: 1,
      usual_ms: expect.closeTo(2, 0),
    });
    expect(row!.first_hit_s).toBeCloseTo(0.05, 6);
    expect(row!.works_again_s).toBeCloseTo(2.552, 6);
  });

  it('a slow exchange before is not taken for the failover', () => {
    const [row] =
      openings([
        [1500, 1502],
        [1960, 2060],
        [2100, 2102],
        [2500, null],
        [4500, 4502],
      ]) ?? [];
    expect(row!.first_hit_s).toBeCloseTo(0.55, 6);
    expect(row!.works_again_s).toBeCloseTo(2.552, 6);
  });

  it('never again, with the reasons; all the time', () => {
    const failed = (connection: number): TrialEvent => ({
      ...at(5000),
      event: 'session-error',
      session: 'fresh',
      connection,
      ending: 'no-data',
      detail: 'no data',
    });
    const [dead] =
      openings(
        [
          [1500, 1502],
          [2000, null],
          [2500, null],
        ],
        [failed(2), failed(3)],
      ) ?? [];
    expect(dead).toMatchObject({ failed: 2, no_data: 2, works_again_s: null, error: '2 x no data' });
    const [fine] =
      openings([
        [1500, 1502],
        [2000, 2002],
      ]) ?? [];
    expect(fine).toMatchObject({ failed: 0, first_hit_s: null, works_again_s: null, error: null });
  });

  it('are no sessions that could survive', () => {
    const { sessions, trials } = analyse(scenarioOf({ sessions: [plan] }), EVENTS, probesOf(PATTERN));
    expect([sessions, trials[0]!.sessions_total]).toEqual([[], 0]);
  });
});

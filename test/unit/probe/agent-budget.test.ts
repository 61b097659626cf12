import { beforeEach, describe, expect, test } from 'vitest';
import type { SessionPlan, StreamPlan } from '../../../src/model/plan.js';
import { encodeProbe, type ProbeRow } from '../../../src/model/probe.js';
import { PLAIN_SESSION } from '../../../src/model/session.js';
import { fromMs, ns, type Clock } from '../../../src/model/time.js';
import { AgentBudget, Breach } from '../../../src/probe/agent/agent-budget.js';
import { fromAgent } from '../../../src/probe/agent/from-agent.js';

const STREAM: StreamPlan = {
  name: 'web',
  type: 'tcp',
  from: 'here',
  host: '127.0.0.1',
  port: 80,
  family: null,
  every_ns: fromMs(10),
  wait_ns: fromMs(900),
  size: 0,
  control: false,
  engine: 'auto',
  flows: 2,
  stamp: null,
};
const SESSION: SessionPlan = {
  name: 'echo',
  type: 'tcp',
  from: 'here',
  host: '127.0.0.1',
  port: 7,
  family: null,
  count: 2,
  heartbeat_ns: fromMs(100),
  login: null,
  control: false,
  ...PLAIN_SESSION,
};

let now_ms: number;
let budget: AgentBudget;
const clock: Clock = { monotonic: () => fromMs(now_ms), wall: () => 0 };
beforeEach(() => {
  now_ms = 1000;
  budget = new AgentBudget(clock, fromMs(1000), [STREAM], [SESSION]);
});

const take = (line: string): string => {
  const bytes = Buffer.from(`p,${line}`);
  return budget.probe(bytes, 2, bytes.length);
};
const beat = (line: string): string => {
  const bytes = Buffer.from(`h,${line}`);
  return budget.heartbeat(bytes, 2, bytes.length);
};
const row = (seq: number, given: Partial<ProbeRow> = {}): string =>
  encodeProbe({
    stream: 'web',
    flow: 0,
    seq,
    outcome: 'answered',
    intended_ns: ns(1),
    sent_ns: ns(2),
    accepted_ns: ns(3),
    received_ns: ns(4),
    ttl: 64,
    cause: null,
    ...given,
  });

describe('rows of an agent', () => {
  test('that were asked for are taken, of each flow by itself, with copies of answers between them', () => {
    for (const line of [
      row(0),
      row(0, { flow: 1 }),
      row(1, { outcome: 'lost', received_ns: null, ttl: null }),
      row(0, { outcome: 'duplicate' }),
      row(1, { outcome: 'stray' }),
      row(2, { outcome: 'unreachable', cause: 'net-unreachable', ttl: null }),
      row(1, { flow: 1, outcome: 'unsent', sent_ns: null, accepted_ns: null, received_ns: null, ttl: null }),
    ])
      expect(take(line)).toBe(line);
  });

  test.each([
    ['garbage', 'garbage,1,2,3', 'a row that is none'],
    ['a stream that nobody asked for', row(0, { stream: 'other' }), 'a stream that it was not asked for'],
    ['a flow that there is not', row(0, { flow: 2 }), 'a flow that it has not'],
    ['a number out of its turn', row(5), 'row 5 of stream web, where 0 was to come'],
    ['a number that is none', row(0).replace('web,0,0', 'web,0,1e999'), 'a row that is none'],
    ['a copy of no probe', row(-1, { outcome: 'duplicate' }), 'a sequence number that is none'],
    ['an instant of next year', row(0, { sent_ns: ns(3e16) }), 'a row of another time'],
    ['an instant before the trial', row(0, { intended_ns: ns(-1e10) }), 'a row of another time'],
    ['a TTL that is none', row(0, { ttl: 256 }), 'a TTL that is none'],
    ['a cause that is none', row(0, { cause: '\u001b[2J' }), 'a cause that is none'],
    ['a line that is longer than any', row(0, { cause: 'x'.repeat(2000) }), 'longer than any'],
  ])('of %s end it', (_, line, word) => {
    expect(() => take(line)).toThrow(Breach);
    expect(() => take(line)).toThrow(word);
  });

  test('come at the rate that was planned, also all at once after a stall', () => {
    now_ms += 10_000;
    for (let seq = 0; seq < 1000; seq++) take(row(seq));
    expect(() => {
      for (let seq = 1000; seq < 2000; seq++) take(row(seq));
    }).toThrow('more rows of stream web than were planned by then');
  });

  test('that are copies have an end, too', () => {
    take(row(0));
    expect(() => {
      for (let copy = 0; copy < 10_000; copy++) take(row(0, { outcome: 'duplicate' }));
    }).toThrow('more copies of answers of stream web than it may');
  });
});

describe('heartbeats of an agent', () => {
  test('that were asked for are taken', () => {
    for (const line of ['echo,1,0,5,9', 'echo,2,0,5,', 'echo,1,1,100,110']) expect(beat(line)).toBe(line);
  });

  test.each([
    ['a session that nobody asked for', 'other,1,0,5,9', 'a session that it was not asked for'],
    ['a connection that there is not', 'echo,3,0,5,9', 'a connection that session echo has not'],
    ['half a connection', 'echo,1.5,0,5,9', 'a connection that session echo has not'],
    ['another time', 'echo,1,0,5e15,9', 'another time'],
  ])('of %s end it', (_, line, word) => expect(() => beat(line)).toThrow(word));

  test('come at the rate that was planned', () => {
    expect(() => {
      for (let seq = 0; seq < 1000; seq++) beat(`echo,1,${seq},5,9`);
    }).toThrow('more heartbeats of session echo than were planned by then');
  });
});

describe('messages of an agent', () => {
  test('of sessions come as often as there are connections', () => {
    const news = fromAgent.parse({
      say: 'session',
      kind: 'error',
      session: 'echo',
      connection: 1,
      at_ns: 5,
      ending: 'reset',
      detail: 'x',
    });
    expect(() => {
      for (let each = 0; each < 7; each++) budget.message(news);
    }).toThrow('more news of session echo than there can be');
  });

  test('of a stream that nobody asked for end it', () =>
    expect(() =>
      budget.message({ say: 'resolved', stream: 'other', address: '::1', family: 6, engine: 'udp' }),
    ).toThrow('a stream that it was not asked for'));

  test('have an end', () =>
    expect(() => {
      for (let each = 0; each < 10_000; each++) budget.message({ say: 'note', text: 'x' });
    }).toThrow('messages without end'));

  test('are read by their shape: no number that is none, no control characters, no words without end', () => {
    expect(fromAgent.parse({ say: 'note', text: `a\u001b[2J\n${'x'.repeat(9000)}`, more: 1 })).toEqual({
      say: 'note',
      text: `a [2J ${'x'.repeat(3994)}`,
    });
    const live = (given: object): object => ({
      say: 'live',
      at_ns: 1,
      sessions: [],
      streams: [{ ...LIVE, ...given }],
    });
    expect(fromAgent.safeParse(live({})).success).toBe(true);
    expect(fromAgent.parse(live({ last_good_ns: 1.5 }))).toMatchObject({ streams: [{ last_good_ns: 2 }] });
    for (const given of [{ sent: '1' }, { rtt_ms: Infinity }, { bad: -1 }, { clean_from_ns: 1e300 }])
      expect(fromAgent.safeParse(live(given)).success).toBe(false);
    for (const given of [{ wall_ms: 1e300 }, { monotonic_ns: null }])
      expect(
        fromAgent.safeParse({ say: 'clock', id: 1, monotonic_ns: 1, wall_ms: 1, ...given }).success,
      ).toBe(false);
  });
});

const LIVE = {
  name: 'web',
  sent: 1,
  answered: 1,
  bad: 0,
  clean_from_ns: 1,
  last_good_ns: 1,
  good_run: 1,
  down_since_ns: null,
  refused_since_ns: null,
  rtt_ms: 0.5,
  cause: null,
};

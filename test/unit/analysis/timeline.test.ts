import { describe, expect, it } from 'vitest';
import { changesOf, TtlChanges } from '../../../src/analysis/timeline/timeline-changes.js';
import type { TrialEvent } from '../../../src/model/event.js';
import type { ObservePlan } from '../../../src/model/observe-plan.js';
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
  role,
  scenarioOf,
  sessionPlan,
  streamPlan,
} from './fixture.js';

const ROLES: ObservePlan = {
  name: 'roles',
  every_ns: fromMs(200),
  timeout_ns: fromMs(1000),
  source: { kind: 'role' },
};

const observed = (ms: number, since: number | null, value: string, was: string | null): TrialEvent => ({
  ...at(ms),
  event: 'observed',
  observer: 'roles',
  subject: 'fw-b',
  value,
  was,
  since_ns: since === null ? null : fromMs(since),
});

const device = (ms: number, uncertainty: number): TrialEvent => ({
  ...at(ms),
  event: 'device-time',
  observer: 'roles',
  subject: 'fw-b',
  value: 'active',
  wall_ms: 0,
  offset_ns: 0,
  uncertainty_ns: fromMs(uncertainty),
});

const instantsOf = (events: readonly TrialEvent[]) =>
  changesOf(events, [ROLES], []).map(({ instant }) =>
    [instant.lo_ns, instant.at_ns, instant.hi_ns].map((value) => value / 1e6),
  );

describe('an observed change', () => {
  it('lies between the poll that showed the old value and the answer with the new one', () => {
    expect(instantsOf([observed(1500, 1300, 'active', 'standby')])).toEqual([[1300, 1400, 1500]]);
  });

  it('is known from above only where nothing was known before', () => {
    expect(instantsOf([observed(1500, null, 'active', null)])).toEqual([[-Infinity, 1500, 1500]]);
  });

  it('never comes before the first value, whose answer was slow', () => {
    const events = [observed(1500, null, 'standby', null), observed(1600, 200, 'active', 'standby')];
    expect(instantsOf(events)).toEqual([
      [-Infinity, 900, 1500],
      [200, 900, 1600],
    ]);
  });

  it("is narrowed by the device's own time where the two overlap, and only there", () => {
    const polled = observed(1500, 1300, 'active', 'standby');
    expect(instantsOf([polled, device(1320, 40)])).toEqual([[1300, 1330, 1360]]);
    expect(instantsOf([polled, device(1200, 40)])).toEqual([[1300, 1400, 1500]]);
  });

  it('of an older run has no lower end, and readings on purpose are none', () => {
    const events = [
      ...moved(5000),
      role(300, 'fw-b', 'standby', 'observed'),
      role(900, 'fw-b', 'active', 'observed'),
    ];
    expect(instantsOf(events)).toEqual([[-Infinity, 900, 900]]);
  });
});

describe('the timeline', () => {
  const rowsOf = (events: readonly TrialEvent[], more: Parameters<typeof scenarioOf>[0] = {}) => {
    const heartbeats = [
      ...Array.from({ length: 10 }, (_, seq) => heartbeat(seq, seq * 100, seq * 100 + 1)),
      heartbeat(10, 1000, 2400),
      ...Array.from({ length: 20 }, (_, index) =>
        heartbeat(11 + index, 2400 + index * 100, 2401 + index * 100),
      ),
    ];
    const rows = probesOf(`${'.'.repeat(10)}${'x'.repeat(10)}${'.'.repeat(25)}`);
    return analyse(scenarioOf(more), events, rows, more.sessions === undefined ? [] : heartbeats);
  };

  it('is empty where nothing was triggered', () => {
    expect(rowsOf([]).timeline).toEqual([]);
  });

  it('widens the edges of the traffic by the round trip, and by the error of a clock that is not ours', () => {
    const edge = (anchor: readonly TrialEvent[]) =>
      rowsOf([issued(950), ...moved(4000), ...anchor]).timeline?.find(
        ({ milestone }) => milestone === 'first-loss',
      );
    expect(edge([])).toMatchObject({ at_lo_s: 0.9, at_s: 0.95, at_hi_s: 1 });
    const anchor = (offset_ns: number): TrialEvent => ({
      ...at(0),
      event: 'anchor',
      vantage: 'client',
      wall_ms: 0,
      offset_ns,
      uncertainty_ns: fromMs(2),
    });
    expect(edge([anchor(fromMs(7))])).toMatchObject({ at_lo_s: 0.898, at_s: 0.95, at_hi_s: 1.002 });
    // The same clock on the same host has no error.
    expect(edge([anchor(0)])).toMatchObject({ at_lo_s: 0.9, at_hi_s: 1 });
  });

  it('tells of many sessions the first, the median and the last, not each', () => {
    const ended = Array.from({ length: 7 }, (_, index): TrialEvent => ({
      ...at(1500 + index * 10),
      event: 'session-error',
      session: 'echo',
      connection: index + 1,
      ending: 'reset',
      detail: 'ECONNRESET',
    }));
    const { timeline = [] } = rowsOf([issued(950), ...moved(4000), ...ended], {
      sessions: [sessionPlan('echo', { count: 7 })],
    });
    const sessions = timeline.filter(({ kind }) => kind === 'session');
    expect(sessions.map(({ milestone, at_s, detail }) => [milestone, at_s, detail])).toEqual([
      ['reset (first)', 1.5, 'of 7 sessions'],
      ['reset (median)', 1.53, 'of 7 sessions'],
      ['reset (last)', 1.56, 'of 7 sessions'],
    ]);
  });

  it('says when a session that stalled was answered again', () => {
    const open: TrialEvent = {
      ...at(0),
      event: 'session-open',
      session: 'echo',
      connection: 1,
      detail: '',
    };
    const { timeline = [], sessions } = rowsOf([open, issued(950), ...moved(4000)], {
      sessions: [sessionPlan('echo')],
    });
    expect(sessions).toMatchObject([{ verdict: 'survived' }]);
    expect(timeline).toContainEqual(
      expect.objectContaining({ milestone: 'resumed', subject: 'echo', at_s: 2.4, detail: null }),
    );
  });

  it('calls no recovery what did not hold', () => {
    const accepted: TrialEvent = {
      ...at(1200),
      event: 'trigger-accepted',
      of: 'failover',
      node: 'fw-a',
      action: 'switchover',
      detail: 'HTTP 202 Accepted',
    };
    // Down for 1 s, then every third probe is lost up to the end.
    const rows = probesOf(`${'.'.repeat(10)}${'x'.repeat(10)}${'..x'.repeat(20)}..`);
    const plain = scenarioOf({});
    const scenario = { ...plain, trial: { ...plain.trial, giveUp_ns: fromMs(6000) } };
    const events = [issued(950), accepted, ...moved(4000), phase(7000, 'drain')];
    const { trials, timeline = [] } = analyse(scenario, events, rows);
    expect(trials).toMatchObject([{ status: 'degraded', outage_s: expect.closeTo(0.957, 3) as number }]);
    const of = (wanted: string) => timeline.find(({ milestone }) => milestone === wanted);
    expect(of('recovery')).toMatchObject({ at_hi_s: null, detail: 'none held, after 17 loss periods' });
    expect(of('api-against-traffic')).toMatchObject({
      at_hi_s: null,
      detail: 'API said done 0.250 s after the trigger; traffic came back, but no recovery held',
    });
  });

  it('has no API line where the trigger was never accepted, and says so where nothing was lost', () => {
    const line = (events: readonly TrialEvent[], pattern: string) =>
      analyse(scenarioOf({ streams: [streamPlan('ping')] }), events, probesOf(pattern))
        .timeline?.filter(({ milestone }) => milestone === 'api-against-traffic')
        .map(({ detail }) => detail);
    const accepted: TrialEvent = {
      ...at(1200),
      event: 'trigger-accepted',
      of: 'failover',
      node: 'fw-a',
      action: 'switchover',
      detail: 'HTTP 202 Accepted',
    };
    expect(line([issued(950), ...moved(2900)], '.'.repeat(40))).toEqual([]);
    expect(line([issued(950), accepted, ...moved(2900)], '.'.repeat(40))).toEqual([
      'API said done 0.250 s after the trigger; no traffic was lost',
    ]);
    const said = (detail: string) =>
      line([issued(950), { ...accepted, detail }, ...moved(2900)], '.'.repeat(40))?.[0]?.split(' 0.', 1)[0];
    expect(['exit 0', 'Enter', 'by the roles', 'channel success'].map(said)).toEqual([
      'command had ended',
      'person said done',
      'roles showed it',
      'command was taken',
    ]);
  });
});

describe('TTL changes', () => {
  it('lie between the last send that was answered with the old one and the first answer with the new', () => {
    const ttls = new TtlChanges();
    const reply = (seq: number, ttl: number | null, more: Parameters<typeof probe>[0] = {}) =>
      ttls.probe(probe({ seq, sent: seq * 100, received: seq * 100 + 3, ttl, ...more }));
    reply(0, 62);
    reply(1, 62);
    reply(2, 254, { outcome: 'unreachable' });
    reply(3, null, { outcome: 'lost', received: null });
    reply(4, 61);
    reply(5, 61, { flow: 1 });
    expect(ttls.changes()).toEqual([
      { stream: 'ping', flow: 0, was: 62, ttl: 61, since_ns: fromMs(100), at_ns: fromMs(403) },
    ]);
  });

  it('that come with every packet do not fill the memory', () => {
    const ttls = new TtlChanges();
    for (let seq = 0; seq < 1000; seq += 1)
      ttls.probe(probe({ seq, sent: seq, received: seq + 1, ttl: 60 + (seq % 2) }));
    expect(ttls.changes().length).toBeLessThan(100);
  });
});

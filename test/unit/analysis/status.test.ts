import { describe, expect, it } from 'vitest';
import type { TrialEvent } from '../../../src/model/event.js';
import { fromMs } from '../../../src/model/time.js';
import {
  analyse,
  at,
  failover,
  issued,
  moved,
  phase,
  probe,
  probesOf,
  role,
  scenarioOf,
  streamPlan,
} from './fixture.js';

const HIT = '.....xxxx..........';
const CLEAN = '...................';

describe('status words', () => {
  it('ok: the role moved and the traffic came back', () => {
    const { trials, streams } = failover(HIT, 450, moved(1000));
    expect(trials[0]).toMatchObject({
      status: 'ok',
      verdict: 'pass',
      headline_stream: 'ping',
      outage_s: 0.4,
    });
    expect(trials[0]).toMatchObject({ node: 'fw-a', action: 'crash', trigger: 'crash', phase: 'failover' });
    expect(streams[0]!.status).toBe('ok');
  });

  it('ok without nodes: a loss after the trigger is the proof', () => {
    expect(failover(HIT, 450).trials[0]!.status).toBe('ok');
  });

  it('no-failover-detected: nothing was lost and nobody knows the roles', () => {
    const { trials, streams } = failover(CLEAN, 450);
    expect(trials[0]).toMatchObject({
      status: 'no-failover-detected',
      outage_s: null,
      verdict: 'inconclusive',
    });
    expect(streams[0]).toMatchObject({ status: 'no-failover-detected', longest_s: null, longest_hi_s: null });
  });

  it('no-failover-detected: the active node is the same, whatever was lost; the figures stay', () => {
    const same = [role(0, 'fw-a', 'active', 'before'), role(1000, 'fw-a', 'active', 'after')];
    const { trials } = failover(HIT, 450, same);
    expect(trials[0]).toMatchObject({
      status: 'no-failover-detected',
      outage_s: 0.4,
      verdict: 'inconclusive',
    });
  });

  it('takes the role of the survivor as proof although the dead node cannot be asked', () => {
    const events = [
      ...moved(1000),
      role(1000, 'fw-a', 'unknown', 'after'),
      role(9000, 'fw-a', 'active', 'after'),
      phase(1900, 'drain'),
    ];
    expect(failover(HIT, 450, events).trials[0]!.status).toBe('ok');
  });

  it('down-at-start: nothing was ever answered before the trigger', () => {
    const { trials, streams, outages } = failover('xxxxxxxxx......', 450);
    expect(trials[0]).toMatchObject({ status: 'down-at-start', headline_stream: 'ping', outage_s: null });
    expect(streams[0]).toMatchObject({ status: 'down-at-start', longest_lo_s: null, lost: 9 });
    expect(outages[0]).toMatchObject({ censored: true, hi_s: null });
  });

  it('down-at-start: also where that kept the trigger from being issued', () => {
    expect(analyse(scenarioOf({}), [], probesOf('xxxxxxxxx')).trials[0]!.status).toBe('down-at-start');
  });

  it('a stream that was clean in a trial without a trigger is void, not unaffected', () => {
    const [down, clean] = [streamPlan('down'), streamPlan('clean')];
    const rows = [...probesOf('xxxxxxxxx', 'down'), ...probesOf('.........', 'clean')];
    const { trials, streams } = analyse(scenarioOf({ streams: [down, clean] }), [], rows);
    expect(trials[0]!.status).toBe('down-at-start');
    expect(streams.map(({ status, void_reason }) => [status, void_reason])).toEqual([
      ['down-at-start', null],
      ['void', 'the trigger was not issued'],
    ]);
  });

  it('not-recovered: only the lower bound is known', () => {
    const { trials, streams, outages } = failover('.....xxxx', 450, moved(800));
    expect(trials[0]).toMatchObject({
      status: 'not-recovered',
      outage_lo_s: 0.3,
      outage_s: null,
      outage_hi_s: null,
    });
    expect(trials[0]!.verdict).toBe('fail');
    expect(streams[0]).toMatchObject({ total_s: null, span_s: null, trigger_to_recovery_s: null });
    expect(outages[0]).toMatchObject({ lo_s: 0.3, outage_s: null, hi_s: null, censored: true });
  });

  it('not-recovered: what comes back only with the restore has not recovered', () => {
    const events = [...moved(800), phase(500, 'outage'), phase(1000, 'restore')];
    expect(failover('.....xxxxxxxx......', 450, events).trials[0]!.status).toBe('not-recovered');
  });

  it('a loss that begins as the wait ends is a new event if the recovery had held', () => {
    const events = [...moved(800), phase(2050, 'restore')];
    const { trials, outages } = failover('.....xx.............xxx...', 450, events);
    expect(trials[0]).toMatchObject({ status: 'ok', outage_s: 0.2 });
    expect(outages[1]).toMatchObject({ first_seq: 20, censored: false, hi_s: 0.4 });
  });

  it('unaffected: the pair failed over and this stream lost nothing', () => {
    const scenario = scenarioOf({ streams: [streamPlan('ping'), streamPlan('other')] });
    const { streams, trials } = analyse(
      scenario,
      [issued(450)],
      [...probesOf(HIT), ...probesOf(CLEAN, 'other')],
    );
    expect(streams.map(({ status }) => status)).toEqual(['ok', 'unaffected']);
    expect(streams[1]).toMatchObject({ longest_lo_s: 0, longest_s: 0, longest_hi_s: 0.1 });
    expect(trials[0]).toMatchObject({ status: 'ok', headline_stream: 'ping' });
  });
});

describe('void', () => {
  const reason = (...args: Parameters<typeof failover>): string | null => {
    const { trials } = failover(...args);
    expect(trials[0]).toMatchObject({ status: 'void', verdict: 'inconclusive', headline_stream: null });
    return trials[0]!.void_reason;
  };

  it('the trigger was not issued', () => {
    const { trials, streams } = analyse(scenarioOf({}), [], probesOf(CLEAN));
    expect(trials[0]).toMatchObject({ status: 'void', void_reason: 'the trigger was not issued' });
    expect(streams[0]).toMatchObject({ status: 'void', longest_s: null, silence_s: null });
  });

  it('the trigger failed', () => {
    const failed: TrialEvent = {
      ...at(460),
      event: 'trigger-failed',
      of: 'failover',
      node: 'fw-a',
      action: 'crash',
      detail: 'ssh: connection refused',
    };
    expect(reason(CLEAN, 450, [failed])).toBe('the trigger failed: ssh: connection refused');
  });

  it('probes were lost before the trigger', () => {
    expect(reason('.....xx......xxxx....', 1250)).toBe('ping: lost 2 probes before the trigger');
  });

  it('but not what was lost before the steady second that the scenario asks for', () => {
    expect(failover('.xx..........xxxx....', 1350).trials[0]).toMatchObject({ status: 'ok', outage_s: 0.4 });
  });

  it('but not one that was on its way when the trigger came', () => {
    expect(failover('....xxxxx.......', 450).trials[0]).toMatchObject({ status: 'ok', outage_s: 0.5 });
  });

  it('the prober stalled where an outage may have hidden', () => {
    expect(reason('......------.......', 550, moved(900))).toBe(
      'ping: prober stalled 700 ms after the trigger',
    );
  });

  it('not if an outage was found: then the hole widens its edge', () => {
    const { trials, notes } = failover('.....xx------.......', 450, moved(900));
    expect(trials[0]).toMatchObject({ status: 'ok', outage_lo_s: 0.1, outage_hi_s: 0.9 });
    expect(notes.join('\n')).toContain('ping: 1 holes in sends, the longest 700 ms');
  });

  it('a stream sent nothing', () => {
    const scenario = scenarioOf({ streams: [streamPlan('ping'), streamPlan('web')] });
    const { trials } = analyse(scenario, [issued(450)], probesOf(HIT));
    expect(trials[0]!.void_reason).toBe('web: sent no probe before the trigger');
  });

  describe('by the control stream', () => {
    const scenario = scenarioOf({ streams: [streamPlan('ping'), streamPlan('control', { control: true })] });
    const withControl = (pattern: string) =>
      analyse(scenario, [issued(450), ...moved(1000)], [...probesOf(HIT), ...probesOf(pattern, 'control')]);

    it('if it lost probes during the outage', () => {
      const { trials, streams } = withControl('......x............');
      expect(trials[0]!.void_reason).toBe('control stream control lost 1 probe during the outage');
      expect(streams.map(({ status }) => status)).toEqual(['void', 'ok']);
    });

    it('not if it lost them long after', () => {
      const { trials, streams } = withControl('...............x...');
      expect(trials[0]!.status).toBe('ok');
      expect(streams[1]).toMatchObject({ stream: 'control', lost: 1, periods: 1 });
    });

    it('if it never answered', () => {
      expect(withControl('xxxxxxxxxxxxxxxxxxx').trials[0]!.void_reason).toBe(
        'control stream control never answered',
      );
    });

    it('never gives the headline', () => {
      expect(withControl(CLEAN).trials[0]!.headline_stream).toBe('ping');
    });
  });
});

describe('the two phases', () => {
  const events = [
    ...moved(1000),
    issued(450),
    phase(900, 'recovered'),
    phase(2000, 'restore'),
    phase(3000, 'failback', 'failback'),
    issued(3950, 'failback'),
    role(4500, 'fw-a', 'active', 'after'),
    phase(5000, 'drain', 'failback'),
  ];

  it('have rows and figures of their own', () => {
    //                0         10        20        30        40        50
    const pattern = '.....xxxx..............x................xx.........';
    const { trials, streams, outages } = analyse(scenarioOf({}), events, probesOf(pattern));
    expect(trials.map(({ phase: of, status, outage_s }) => [of, status, outage_s])).toEqual([
      ['failover', 'ok', 0.4],
      ['failback', 'ok', 0.2],
    ]);
    expect(streams.map(({ sent, lost }) => [sent, lost])).toEqual([
      [30, 5],
      [21, 2],
    ]);
    expect(outages.map(({ phase: of, period, first_seq }) => [of, period, first_seq])).toEqual([
      ['failover', 1, 5],
      ['failover', 2, 23],
      ['failback', 1, 40],
    ]);
  });

  it('a failback without its trigger is void, the failover stands', () => {
    const { trials } = analyse(
      scenarioOf({}),
      events.filter(({ at_ns }) => at_ns < fromMs(3900)),
      probesOf('.....xxxx...........................'),
    );
    expect(trials.map(({ status, void_reason }) => [status, void_reason])).toEqual([
      ['ok', null],
      ['void', 'the trigger was not issued'],
    ]);
  });
});

it('refuses a stream that the scenario does not have', () => {
  expect(() => analyse(scenarioOf({}), [], [probe({ stream: 'other' })])).toThrow(
    'stream other is not in the scenario of the run',
  );
});

import { describe, expect, it } from 'vitest';
import type { TrialEvent } from '../../../src/model/event.js';
import { analyse, at, failover, issued, moved, phase, probesOf, scenarioOf, streamPlan } from './fixture.js';

describe('a prober that stops sending', () => {
  const stopped = 'ping: no probe was sent for 2.9 s after the trigger';
  const ended = (ms: number): TrialEvent[] => [...moved(ms - 100), phase(ms, 'drain')];
  const word = (pattern: string, more: readonly TrialEvent[]) => {
    const { status, verdict, void_reason, outage_s } = failover(pattern, 550, more).trials[0]!;
    return { status, verdict, void_reason, outage_s };
  };
  const asVoid = { status: 'void', verdict: 'inconclusive', void_reason: stopped, outage_s: null };

  it('is no proof that nothing was lost', () => {
    expect(word('........', ended(3600))).toEqual(asVoid);
    expect(failover('........', 550, ended(3600)).streams[0]).toMatchObject({
      status: 'void',
      longest_hi_s: null,
      holes: 1,
      longest_hole_s: 2.9,
    });
  });

  it('counts from the trigger if it stopped before', () => {
    expect(word('.....', ended(3450))).toEqual(asVoid);
  });

  it('is none that sends, if nothing leaves the host', () => {
    expect(word(`........${'b'.repeat(40)}`, ended(3600))).toEqual(asVoid);
    expect(word(`........${'-'.repeat(40)}`, ended(3600))).toEqual(asVoid);
  });

  it('is seen without an end of the wait, up to the last that is known', () => {
    expect(word('........', moved(3600))).toEqual(asVoid);
    expect(word(`........${'-'.repeat(29)}`, moved(1000))).toEqual(asVoid);
  });

  it('is not one that ended with the trial, however late its figures come', () => {
    const late: TrialEvent = {
      ...at(9000),
      event: 'self-test',
      vantage: 'client',
      stream: 'ping',
      figures: {
        sent: 8,
        unsent: 0,
        local_blocked: 0,
        lateness_p50_ms: 0,
        lateness_p99_ms: 0,
        lateness_max_ms: 0,
        socket_drops: 0,
      },
    };
    expect(failover('........', 550, [...moved(700), late]).trials[0]!.status).toBe('ok');
    // 500 ms are five intervals: within what the ends of stream and wait may be apart.
    const { trials, streams } = failover('........', 550, ended(1200));
    expect(trials[0]).toMatchObject({ status: 'ok', outage_s: 0 });
    expect(streams[0]).toMatchObject({ status: 'unaffected', holes: 0, longest_hole_s: null });
  });

  it('leaves an open outage open', () => {
    const { trials, streams } = failover('......xx', 550, ended(3600));
    expect(trials[0]).toMatchObject({ status: 'not-recovered', outage_lo_s: 0.1, verdict: 'fail' });
    expect(streams[0]).toMatchObject({ status: 'not-recovered', holes: 1 });
  });

  it('cannot be the control', () => {
    const scenario = scenarioOf({ streams: [streamPlan('ping'), streamPlan('control', { control: true })] });
    const { trials, streams } = analyse(
      scenario,
      [issued(450), ...ended(1900)],
      [...probesOf('.....xxxx..........'), ...probesOf('......', 'control')],
    );
    expect(trials[0]!.void_reason).toBe(
      'control stream control: no probe was sent for 1.4 s after the trigger',
    );
    expect(streams[1]).toMatchObject({ status: 'void', holes: 1 });
  });

  it('is seen in the phase in which it stopped, and in the next', () => {
    const back = [phase(3600, 'restore'), phase(4000, 'failback', 'failback')];
    const events = [...moved(3500), ...back, issued(5000, 'failback'), phase(8000, 'drain', 'failback')];
    const resumed = probesOf(`........${'-'.repeat(32)}${'.'.repeat(41)}`);
    const reasons = (rows: typeof resumed) =>
      analyse(scenarioOf({}), [issued(550), ...events], rows).trials.map((trial) => trial.void_reason);
    expect(reasons(resumed)).toEqual([stopped, null]);
    const gone = probesOf('.'.repeat(39));
    expect(reasons(gone)).toEqual([null, 'ping: no probe was sent for 3 s after the trigger']);
  });
});

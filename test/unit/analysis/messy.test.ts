import { describe, expect, it } from 'vitest';
import { fromMs, ns } from '../../../src/model/time.js';
import { altered, analyse, issued, moved, probesOf, scenarioOf, streamPlan } from './fixture.js';
import { headlineRow, triggerOf, trialIn, type World } from './messy-world.js';

const FAST = { every: 10 };
const TRIGGER = triggerOf({ streams: [], drops: [] });
const drop = (from: number, length: number, share = 1) => ({
  from: TRIGGER + from,
  to: TRIGGER + from + length,
  share,
});
const run = (world: Partial<World>, seed = 1) => {
  const result = trialIn({ streams: [FAST], drops: [], ...world }, seed);
  return { ...result, trial: result.trials[0]!, row: result.streams[0]! };
};

describe('a stall never hides an outage', () => {
  const hidden: Partial<World> = {
    drops: [drop(100, 30), drop(600, 2000)],
    stall: { from: TRIGGER + 300, to: TRIGGER + 3300 },
  };

  it('voids a trial in which a blip of 30 ms was seen, and 2 s of outage were not', () => {
    const { trial } = run(hidden);
    expect(trial).toMatchObject({ status: 'void', verdict: 'inconclusive', outage_s: null });
    expect(trial.void_reason).toMatch(/^s0: prober stalled 30\d\d ms after the trigger$/);
  });

  it('lets a stream that saw that time decide, and widens the other', () => {
    const { trial, streams } = run({ ...hidden, streams: [FAST, { ...FAST, apart: true }] });
    expect(trial).toMatchObject({ status: 'ok', headline_stream: 's1' });
    expect(trial.outage_lo_s!).toBeLessThanOrEqual(2);
    expect(trial.outage_hi_s!).toBeGreaterThanOrEqual(2);
    expect(streams[0]!.longest_hi_s!).toBeGreaterThan(3);
  });

  it('takes no notice of a stall shorter than the outage that was seen', () => {
    const { trial } = run({
      drops: [drop(100, 1000)],
      stall: { from: TRIGGER + 3000, to: TRIGGER + 3300 },
    });
    expect(trial.status).toBe('ok');
    expect(trial.outage_s).toBeCloseTo(1, 1);
  });
});

describe('flapping and heavy loss are told whole', () => {
  it('40 blips of 0.1 s: longest, total, count and span, and one disruption', () => {
    const drops = Array.from({ length: 40 }, (_, index) => drop(100 + 200 * index, 100));
    const { trial, row } = run({ drops, wait: 18_000 });
    expect(trial.status).toBe('ok');
    expect(row.periods).toBe(40);
    expect(row.longest_s).toBeCloseTo(0.1, 1);
    expect(row.total_s).toBeCloseTo(4, 0);
    expect(row.span_s).toBeCloseTo(7.9, 1);
    expect(row.disruption_s).toBeCloseTo(7.9, 1);
    expect(row.disruption_loss).toBeGreaterThan(0.45);
    expect(row.disruption_loss).toBeLessThan(0.6);
    expect(row.background_loss).toBeNull();
  });

  it('90 % lost for 8 s', () => {
    const { trial, row } = run({ drops: [drop(100, 8000, 0.9)], wait: 18_000 });
    expect(trial.status).toBe('ok');
    // Lost on one way or the other: 99 %.
    expect(row.disruption_loss).toBeGreaterThan(0.95);
    expect(row.disruption_s).toBeCloseTo(8, 1);
    expect(row.span_s).toBeCloseTo(8, 1);
  });

  it('30 % lost for ever is no recovery', () => {
    const { trial, row } = run({ drops: [drop(100, 100_000, 0.3)], gaveUp: true });
    expect(trial).toMatchObject({ status: 'degraded', verdict: 'fail' });
    expect(row).toMatchObject({ status: 'degraded', span_s: null, trigger_to_recovery_s: null });
    expect(row.residual_loss).toBeGreaterThan(0.4);
    expect(row.residual_loss).toBeLessThan(0.62);
    expect(row.longest_hi_s).not.toBeNull();
  });

  it('a disruption without an end is told as far as it was seen, whatever the last probe', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { row } = run({ drops: [drop(100, 100_000, 0.3)], gaveUp: true, wait: 10_000 }, seed);
      expect(row.disruption_s).toBeGreaterThan(9.5);
      expect(row.disruption_s).toBeLessThan(11);
    }
  });
});

describe('recovery holds or it does not', () => {
  const forEver: Partial<World> = { drops: [drop(100, 3000)], lossAfter: 0.02, gaveUp: true, wait: 30_000 };

  it('3 s of outage, then 2 % lost on each way for ever: degraded, whatever the last probe', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { trial, row } = run(forEver, seed);
      expect(trial).toMatchObject({ status: 'degraded', verdict: 'fail' });
      expect(trial.outage_lo_s!).toBeLessThanOrEqual(3);
      expect(trial.outage_hi_s!).toBeGreaterThanOrEqual(3);
      expect(row.residual_loss).toBeGreaterThan(0.01);
    }
  });

  it('is not recovered where nothing came through at the end', () => {
    const { trial } = run({ drops: [drop(100, 3000), drop(4000, 100_000)], gaveUp: true });
    expect(trial).toMatchObject({ status: 'not-recovered', outage_s: null, outage_hi_s: null });
  });

  it('is recovered with as much random loss as the scenario allows', () => {
    const { trial, row } = run({ ...forEver, loss: 0.02, allowed: 0.05, gaveUp: false });
    expect(trial.status).toBe('ok');
    expect(row.background_loss).toBeCloseTo(0.04, 2);
    expect(row.background_lo!).toBeLessThan(row.background_loss!);
    expect(row.background_hi!).toBeGreaterThan(row.background_loss!);
    expect(row.periods).toBe(1);
  });

  it('is not, where there is five times as much as before', () => {
    const { trial } = run({ ...forEver, loss: 0.01, lossAfter: 0.05, allowed: 0.02 });
    expect(trial.status).toBe('degraded');
  });

  it('does not fail for a probe lost as the wait ended with its recovery', () => {
    const { trial, row } = run({ drops: [drop(100, 1000), drop(11_985, 15)] });
    expect(trial.status).toBe('ok');
    expect(row.longest_s).toBeCloseTo(1, 1);
  });
});

describe('random loss', () => {
  it('before the trigger voids, and the reason says what to do', () => {
    const { trial } = run({ drops: [drop(100, 1000)], loss: 0.01 });
    expect(trial.status).toBe('void');
    expect(trial.void_reason).toMatch(
      /^s0: \d+ isolated losses before the trigger: \d(\.\d)? % random loss; allow it with trial\.background-loss$/,
    );
  });

  it('voids beyond what is allowed', () => {
    expect(run({ drops: [drop(100, 1000)], loss: 0.05, allowed: 0.02 }).trial.void_reason).toContain(
      'more than trial.background-loss allows',
    );
    const burst = { from: TRIGGER - 5000, to: TRIGGER - 4900 };
    expect(run({ drops: [burst, drop(100, 1000)], allowed: 0.02 }).trial.void_reason).toMatch(
      /^s0: lost \d+ probes before the trigger$/,
    );
  });

  it('is listed as what it is, and is no outage', () => {
    const { outages, row, notes } = run({ drops: [drop(100, 1000)], loss: 0.01, allowed: 0.05 });
    const kinds = outages.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'background').length).toBeGreaterThan(3);
    expect(row.periods).toBe(1);
    expect(notes.join('\n')).toMatch(/s0: \d(\.\d)? % random loss \(.* to .*\), both ways together/);
  });

  it('of the steady time explains none of a burst after the trigger', () => {
    const { trial, row } = run({ drops: [drop(100, 100)], loss: 0.01, allowed: 0.05 });
    expect(trial.status).toBe('ok');
    expect(row.longest_lo_s!).toBeGreaterThan(0.05);
  });
});

describe('distance', () => {
  it('50 ms behind the pair: the truth is inside, and the note says so', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const { trial, notes } = run({ streams: [{ every: 10, behind: 50 }], drops: [drop(100, 1000)] }, seed);
      expect(trial.outage_lo_s!).toBeLessThanOrEqual(1);
      expect(trial.outage_hi_s!).toBeGreaterThanOrEqual(1);
      expect(notes.join('\n')).toContain('s0: what answers is up to 50');
    }
  });
});

describe('slow is not down', () => {
  it('3 s of outage, then every answer 120 ms late', () => {
    const { trial, row } = run({ drops: [drop(100, 3000)], slowerAfter: 120, gaveUp: true, wait: 30_000 });
    expect(trial).toMatchObject({ status: 'degraded', verdict: 'fail' });
    expect(trial.outage_s).toBeCloseTo(3, 1);
    expect(trial.outage_hi_s!).toBeLessThan(3.3);
    expect(row.residual_delay_ms).toBeCloseTo(120, 0);
    expect(row.residual_loss).toBe(0);
    expect(row.late_s!).toBeGreaterThan(25);
    expect(row.span_s).toBeCloseTo(3, 1);
  });
});

describe('the headline of several streams', () => {
  it('is not biased by the choice among twelve', () => {
    let error = 0;
    const trials = 60;
    for (let seed = 1; seed <= trials; seed++) {
      const streams = Array.from({ length: 12 }, () => ({ every: 100 }));
      const row = headlineRow(trialIn({ streams, drops: [drop(100, 1000)] }, seed));
      error += row.longest_s! - 1;
    }
    // One standard deviation of the mean is 0.41 T / sqrt(60); the largest of twelve points is 0.9 T too long.
    expect(Math.abs(error / trials)).toBeLessThan(0.02);
  });

  it('is the one known best among those that may be as long', () => {
    const { trial } = run({ streams: [{ every: 100 }, FAST], drops: [drop(100, 1000)] });
    expect(trial.headline_stream).toBe('s1');
  });
});

describe('a SYN that is sent again after a second was lost', () => {
  const late = (rtt_ms: number, type: 'tcp' | 'icmp') => {
    const rows = altered(
      probesOf('.'.repeat(120)),
      ({ intended_ns: at_ns }) => at_ns >= fromMs(2000) && at_ns < fromMs(2700),
      ({ intended_ns }) => ({ received_ns: ns(intended_ns + fromMs(rtt_ms)) }),
    );
    const plan = streamPlan('ping', type === 'tcp' ? { type, port: 80 } : {});
    return analyse(scenarioOf({ streams: [plan] }), [issued(1950), ...moved(5000)], rows).streams[0]!;
  };

  it('an outage of less than that is one for new connections, though every one of them opened', () => {
    const { status, periods, longest_lo_s, longest_s, longest_hi_s } = late(1002, 'tcp');
    expect({ status, periods }).toEqual({ status: 'ok', periods: 1 });
    expect(longest_lo_s).toBeLessThanOrEqual(0.6);
    expect(longest_s).toBeCloseTo(0.7, 1);
    expect(longest_hi_s).toBeGreaterThanOrEqual(0.8);
  });

  it('a slow answer is none, nor is a late echo reply', () => {
    expect(late(250, 'tcp')).toMatchObject({ periods: 0 });
    expect(late(1002, 'icmp')).toMatchObject({ periods: 0 });
  });
});

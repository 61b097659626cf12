import { describe, expect, test } from 'vitest';
import { LiveTrial } from '../../../src/analysis/live-trial.js';
import type { Outcome, ProbeRow } from '../../../src/model/probe.js';
import type { Scenario } from '../../../src/model/plan.js';
import { ns } from '../../../src/model/time.js';
import { sampleScenario } from '../../io/store/sample-record.js';

const S = 1e9;
const EVERY = S / 100;

const [ping] = sampleScenario.streams;
if (ping === undefined) throw new Error('no stream');
const scenario: Scenario = {
  ...sampleScenario,
  streams: [ping, { ...ping, name: 'watched', control: true }],
};

const row = (at: number, outcome: Outcome, change: Partial<ProbeRow> = {}): ProbeRow => ({
  stream: 'ping',
  flow: 0,
  seq: Math.round((at * S) / EVERY),
  outcome,
  intended_ns: ns(at * S),
  sent_ns: ns(at * S),
  accepted_ns: null,
  received_ns: outcome === 'answered' ? ns(at * S + 2e6) : null,
  ttl: null,
  cause: null,
  ...change,
});

const following = (...rows: readonly ProbeRow[]): LiveTrial => {
  const trial = new LiveTrial(scenario);
  for (const each of rows) trial.probe(each);
  return trial;
};

const outageAt = (trial: LiveTrial, now_s: number) => trial.seen(now_s * S).outage;

describe('the outage of a trial that goes on', () => {
  test('begins where a probe is overdue, though its loss is not written for long', () => {
    const trial = following(row(1, 'answered'));
    expect(outageAt(trial, 1.4)).toBeNull();
    expect(outageAt(trial, 2)).toEqual({ since_ns: 1.01 * S, stream: 'ping' });
  });

  test('goes on from its first loss, whatever is overdue after it, and ends with an answer', () => {
    const trial = following(row(1, 'answered'), row(1.01, 'lost'), row(1.02, 'unreachable'));
    expect(outageAt(trial, 1.1)).toEqual({ since_ns: 1.01 * S, stream: 'ping' });
    trial.probe(row(1.03, 'answered'));
    expect(outageAt(trial, 1.1)).toBeNull();
  });

  test('is of no stream that was never answered or asked, of no control stream, and of no refusal', () => {
    expect(outageAt(following(), 60)).toBeNull();
    expect(outageAt(following(row(1, 'answered', { stream: 'watched' })), 60)).toBeNull();
    expect(outageAt(following(row(1, 'refused')), 1.1)).toBeNull();
    // The host did not let them out: that says nothing of the path.
    expect(outageAt(following(row(1, 'answered'), row(1.01, 'local-blocked')), 1.1)).toBeNull();
  });

  test('is over for whoever looks when probing is over', () => {
    const trial = following(row(1, 'answered'));
    trial.event({ at_ns: ns(2 * S), event: 'phase', phase: 'drain', of: 'failover' });
    trial.event({ at_ns: ns(3 * S), event: 'phase', phase: 'restore', of: 'failover' });
    expect(trial.seen(9 * S)).toMatchObject({ outage: null, hasEnded: true, stage: { name: 'restore' } });
  });

  test('counts extra rows once, and flows by themselves', () => {
    const trial = following(
      row(1, 'answered'),
      row(1, 'duplicate'),
      row(1, 'answered', { flow: 1 }),
      row(1.01, 'lost', { flow: 1 }),
    );
    expect(trial.seen(1.02 * S).streams[0]).toMatchObject({
      ...{ known: 3, answered: 2, bad: 1, flowsDown: 1, rtt_ms: 2 },
      down_since_ns: 1.01 * S,
    });
  });
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ProbeRow } from '../../src/model/probe.js';
import { fromMs } from '../../src/model/time.js';
import { analyse, issued, moved, probe, scenarioOf, streamPlan } from '../unit/analysis/fixture.js';

/**
 * A prober on a clean path that is stopped for a while, as by SIGSTOP: sends fall due and replies arrive meanwhile;
 * when it goes on, it makes up a send that is at most half an interval late, and then reads its sockets. Milliseconds.
 */
interface World {
  readonly every: number;
  readonly rtt: number;
  readonly stopped: number;
  readonly length: number;
}

const TRIGGER = 2_000;
const END = 8_500;

const world: fc.Arbitrary<World> = fc.record({
  every: fc.integer({ min: 5, max: 200 }),
  rtt: fc.double({ min: 0.1, max: 60, noNaN: true }),
  stopped: fc.double({ min: 500, max: 5_000, noNaN: true }),
  length: fc.double({ min: 0, max: 3_000, noNaN: true }),
});

const simulate = ({ every, rtt, stopped, length }: World): ProbeRow[] => {
  const goesOn = stopped + length;
  const isStopped = (at: number): boolean => at >= stopped && at < goesOn;
  const rows: ProbeRow[] = [];
  for (let seq = 0; seq * every < END; seq += 1) {
    const due = seq * every;
    const sent = isStopped(due) ? goesOn + 0.1 : due + 0.1;
    if (sent - due > every / 2) {
      rows.push(probe({ seq, outcome: 'unsent', sent: null, intended_ns: fromMs(due) }));
      continue;
    }
    const arrived = sent + rtt;
    const received = isStopped(arrived) ? goesOn + 0.3 : arrived;
    rows.push(probe({ seq, sent, received, intended_ns: fromMs(due) }));
  }
  return rows;
};

test('a prober that stood still never makes an outage of it, whenever and however long', () => {
  fc.assert(
    fc.property(world, (w) => {
      const base = scenarioOf({ streams: [streamPlan('ping', { every_ns: fromMs(w.every) })] });
      // All of the time before the trigger: a stall through the whole steady time would leave no baseline at all.
      const scenario = { ...base, trial: { ...base.trial, steady_ns: fromMs(TRIGGER) } };
      const { streams, outages } = analyse(scenario, [issued(TRIGGER), ...moved(TRIGGER + 500)], simulate(w));
      expect(outages).toEqual([]);
      expect(streams[0]).toMatchObject({ lost: 0, late: 0, periods: 0 });
      expect(['unaffected', 'void']).toContain(streams[0]!.status);
    }),
    { numRuns: 150 },
  );
});

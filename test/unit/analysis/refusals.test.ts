import { describe, expect, it } from 'vitest';
import { fromMs } from '../../../src/model/time.js';
import { analyse, issued, moved, phase, probesOf, scenarioOf, streamPlan } from './fixture.js';

/** Ten accepted probes, ten refused, twenty accepted; one of them is answered 30 ms later than any before. */
const refusedWith = (slow: number | null) => {
  const rows = probesOf(`${'.'.repeat(10)}${'r'.repeat(10)}${'.'.repeat(20)}`);
  const plan = streamPlan('ping', { type: 'tcp', port: 443 });
  return analyse(
    scenarioOf({ streams: [plan] }),
    [issued(950), ...moved(3900)],
    rows.map((row, index) => (index === slow ? { ...row, received_ns: fromMs(index * 100 + 30) } : row)),
  );
};

const boundsWith = (slow: number | null) =>
  refusedWith(slow).outages.map(({ kind, lo_s, outage_s, hi_s }) => ({ kind, lo_s, outage_s, hi_s }));

/** Accepted before the trigger; what comes after it. */
const after = (pattern: string, events = [issued(950)]) =>
  analyse(
    scenarioOf({ streams: [streamPlan('ping', { type: 'tcp', port: 443 })] }),
    events,
    probesOf(`${'.'.repeat(10)}${pattern}`),
  );

describe('a service that refuses after the trigger', () => {
  it('is evidence that something happened, although no packet was lost', () => {
    expect(after(`${'r'.repeat(10)}${'.'.repeat(20)}`).trials).toMatchObject([{ status: 'ok' }]);
    expect(after('.'.repeat(30)).trials).toMatchObject([{ status: 'no-failover-detected' }]);
  });

  it('to the end is degraded: the path is up, the service is not back', () => {
    const { streams, trials } = after('r'.repeat(30));
    expect(trials).toMatchObject([{ status: 'degraded' }]);
    expect(streams).toMatchObject([{ status: 'degraded', periods: 0, lost: 0, residual_loss: 0 }]);
    expect(after(`xxx${'r'.repeat(27)}`).streams).toMatchObject([
      { status: 'degraded', periods: 1, lost: 3 },
    ]);
  });

  it('from the start, and accepts once the wait is over, is listed, and no more degraded than before', () => {
    const rows = probesOf(`${'r'.repeat(45)}.....`);
    const plan = streamPlan('ping', { type: 'tcp', port: 443 });
    const { streams, outages } = analyse(
      scenarioOf({ streams: [plan] }),
      [issued(950), ...moved(3900), phase(4200, 'drain')],
      rows,
    );
    expect(streams).toMatchObject([{ status: 'unaffected', periods: 0, lost: 0 }]);
    expect(outages).toMatchObject([{ kind: 'refused', lo_s: 4.4, outage_s: null, hi_s: null }]);
  });

  it('as it did before is not changed', () => {
    const rows = probesOf('r'.repeat(40));
    const plan = streamPlan('ping', { type: 'tcp', port: 443 });
    expect(
      analyse(scenarioOf({ streams: [plan] }), [issued(950), ...moved(3900)], rows).streams,
    ).toMatchObject([{ status: 'unaffected', refused: 40 }]);
  });
});

describe('a change to refusing and back', () => {
  it('has the bounds of an outage, and is no loss', () => {
    const { trials, streams } = refusedWith(null);
    expect(boundsWith(null)).toEqual([{ kind: 'refused', lo_s: 0.9, outage_s: 1, hi_s: 1.1 }]);
    expect(streams).toMatchObject([{ status: 'unaffected', periods: 0, lost: 0, refused: 10 }]);
    expect(trials).toMatchObject([{ status: 'ok', outage_s: 0 }]);
  });

  it('may have begun later where the first refusal took long, and ended later where the first acceptance did', () => {
    expect(boundsWith(10)).toEqual([{ kind: 'refused', lo_s: 0.87, outage_s: 1, hi_s: 1.1 }]);
    expect(boundsWith(20)).toEqual([{ kind: 'refused', lo_s: 0.9, outage_s: 1, hi_s: 1.13 }]);
  });
});

import { describe, expect, test } from 'vitest';
import type { StreamRow } from '../../../src/model/tables.js';
import { analyse, issued, moved, phase, probesOf, scenarioOf, streamPlan } from './fixture.js';

const GOOD = '.'.repeat(20);

/** One pattern per flow, one probe every 100 ms, triggered at 1.95 s. */
const row = (patterns: readonly string[]): StreamRow => {
  const rows = patterns.flatMap((pattern, flow) =>
    probesOf(GOOD + pattern + GOOD).map((each) => ({ ...each, flow })),
  );
  const events = [issued(1950), ...moved(9000), phase(4400, 'drain')];
  const scenario = scenarioOf({ streams: [streamPlan('ping', { flows: patterns.length })] });
  const [only] = analyse(scenario, events, rows).streams;
  return only as StreamRow;
};

describe('flows', () => {
  test('the row is that of the worst flow, statistics are of those that were hit', () => {
    const { status, longest_s, sent, lost, ...rest } = row([
      '..........',
      'xx........',
      'xxxxxx....',
      'xxxx......',
    ]);
    expect([status, longest_s]).toEqual(['ok', 0.6]);
    expect([sent, lost]).toEqual([200, 12]);
    expect(rest).toMatchObject({
      flows: 4,
      flows_affected: 3,
      flow_min_s: 0.2,
      flow_median_s: 0.4,
      flow_max_s: 0.6,
    });
  });

  test('none was hit', () => {
    expect(row(['....', '....'])).toMatchObject({
      status: 'unaffected',
      ...{ flows: 2, flows_affected: 0, flow_min_s: null, flow_median_s: null, flow_max_s: null },
    });
  });

  test('one that does not come back is longer than any', () => {
    const dead = 'x'.repeat(24);
    const rows = [`${GOOD}xx..${GOOD}`, `${GOOD}xxxx${GOOD}`, GOOD + dead].flatMap((pattern, flow) =>
      probesOf(pattern).map((each) => ({ ...each, flow })),
    );
    const scenario = scenarioOf({ streams: [streamPlan('ping', { flows: 3 })] });
    expect(analyse(scenario, [issued(1950), ...moved(9000)], rows).streams[0]).toMatchObject({
      status: 'not-recovered',
      ...{ flows_affected: 3, flow_min_s: 0.2, flow_median_s: 0.4, flow_max_s: null },
    });
  });

  test('a flow that never sent is one of them, and its silence is not hidden by the others', () => {
    const scenario = scenarioOf({ streams: [streamPlan('ping', { flows: 2 })] });
    const { streams } = analyse(scenario, [issued(1950), ...moved(9000)], probesOf(`${GOOD}xx${GOOD}`));
    expect(streams[0]).toMatchObject({ flows: 2, flows_affected: 1 });
  });

  test('periods are listed with their flow', () => {
    const rows = ['xx..', '..xx'].flatMap((pattern, flow) =>
      probesOf(GOOD + pattern + GOOD).map((each) => ({ ...each, flow })),
    );
    const scenario = scenarioOf({ streams: [streamPlan('ping', { flows: 2 })] });
    const { outages } = analyse(scenario, [issued(1950), ...moved(9000)], rows);
    expect(outages.map(({ flow, period, first_seq }) => [flow, period, first_seq])).toEqual([
      [0, 1, 20],
      [1, 2, 22],
    ]);
  });
});

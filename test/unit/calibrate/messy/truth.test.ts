import { describe, expect, test } from 'vitest';
import {
  truthAfter,
  truthOfChanges,
  truthOfTrial,
  type MessyTruth,
} from '../../../../src/cli/calibrate/messy/truth.js';
import type { Change } from '../../../../src/cli/calibrate/messy/raw.js';
import { fromMs } from '../../../../src/model/time.js';
import { change, trial } from './recorded.js';

const truthOf = (changes: readonly Change[]): MessyTruth => truthOfChanges(changes, fromMs(6000));

describe('truthOfChanges', () => {
  test('of one outage: between the nearest and the farthest of its stamps', () => {
    const { outages, longest, total, span, part, sessions } = truthOf([change('cut', 2000, 2500)]);
    expect(longest).toEqual({ lo_s: 0.499, hi_s: 0.501 });
    expect([outages, total, span]).toEqual([[longest], longest, longest]);
    expect([part, sessions]).toEqual([null, null]);
  });

  test('of several: longest, total and span apart, in whatever order they were noted', () => {
    const { longest, total, span } = truthOf([
      change('cut', 3000, 3100),
      change('cut-forward', 2000, 2300),
      change('cut', 4000, 4200),
    ]);
    expect(longest).toEqual({ lo_s: 0.299, hi_s: 0.301 });
    expect(total.lo_s).toBeCloseTo(0.597, 9);
    expect(total.hi_s).toBeCloseTo(0.603, 9);
    expect(span).toEqual({ lo_s: 2.199, hi_s: 2.201 });
  });

  test('random loss is no outage, and is of round trips', () => {
    const { longest, part } = truthOf([change('random', 2000, 3000, 0.05)]);
    expect(longest).toEqual({ lo_s: 0, hi_s: 0 });
    expect(part?.lost).toBeCloseTo(0.0975, 9);
    expect(part?.span).toEqual({ lo_s: 0.999, hi_s: 1.001 });
    expect(part?.lasting).toBe(false);
    const lasting = truthOf([change('random', 2000, null, 0.05)]).part;
    expect(lasting?.lasting).toBe(true);
    expect(lasting?.span).toEqual({ lo_s: 3.9995, hi_s: 4.0005 });
  });

  test('sessions that are cut are no outage of the path', () => {
    const { longest, sessions } = truthOf([change('sessions', 2000, 3000)]);
    expect(longest).toEqual({ lo_s: 0, hi_s: 0 });
    expect(sessions).toEqual({ lo_s: 0.999, hi_s: 1.001 });
    expect(truthOf([change('sessions', 2000, null)]).sessions).toBeNull();
  });

  test('neither a stop of the prober nor a slow path stops packets', () =>
    expect(truthOf([change('stop', 2000, 3000), change('slow', 2000, null)]).longest).toEqual({
      lo_s: 0,
      hi_s: 0,
    }));
});

test('what happens in the aftercare is no part of the failover', () => {
  const own = trial([change('cut', 2100, 2600), change('cut', 4600, 4900)], {
    cut_ns: fromMs(3900),
    aftercare_ns: fromMs(6200),
  });
  expect(truthOfTrial(own).outages).toHaveLength(1);
  expect(truthAfter(own)?.longest).toEqual({ lo_s: 0.299, hi_s: 0.301 });
  expect(truthAfter(trial([change('cut', 2100, 2600)]))).toBeNull();
});

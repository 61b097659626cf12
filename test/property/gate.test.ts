import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NIGHTS_FOR_ONE, standingOf } from '../../src/analysis/gate/nights.js';
import { reaches } from '../../src/analysis/gate/family.js';
import { seededRandom } from '../../src/analysis/statistics/random.js';
import type { ComparisonPoint } from '../../src/model/comparison.js';
import type { RunFigures } from '../../src/model/figures.js';
import type { TrialSpec } from '../unit/comparison/sides.js';
import { judge, nightOf } from '../unit/gate/nights.js';

/** One stream a key, and entries of sessions; before all is well, later all is lost. */
const trialOf = (index: number, lost: boolean, streams: number, entries: number): TrialSpec => ({
  status: 'ok',
  streams: Array.from({ length: streams }, (_, key) => ({
    stream: `s${key}`,
    value_s: (lost ? 10 : 1) + 0.01 * index,
    more: {
      class: key < 3 ? ('stateless' as const) : ('new-tcp' as const),
      direction: (['round-trip', 'forward', 'reverse'] as const)[key % 3] ?? 'round-trip',
    },
  })),
  sessions: Array.from({ length: entries }, (_, entry) => ({
    name: `e${entry}`,
    verdicts: lost ? { reset: 3 } : { survived: 3 },
    stall_s: lost ? null : 0.1,
  })),
});

const night = (day: number, trials: number, lost: boolean, streams: number, entries: number): RunFigures =>
  nightOf({
    day,
    trials: Array.from({ length: trials }, (_, index) => trialOf(index, lost, streams, entries)),
  });

const point = (run: number, value_s: number): ComparisonPoint => ({
  run: String(run),
  version: '9.0',
  trial: 1,
  of: 'ping',
  lo_s: value_s,
  value_s,
  hi_s: value_s,
  survived: null,
});

const count = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

test('where a level can be reached, the loss of everything reaches it', () => {
  fc.assert(
    fc.property(count(1, 3), count(1, 4), count(0, 6), count(0, 6), (before, trials, streams, entries) => {
      const family = streams + entries;
      fc.pre(family > 0);
      const result = judge(
        night(20, trials, true, streams, entries),
        Array.from({ length: NIGHTS_FOR_ONE }, (_, day) => night(day, before, false, streams, entries)),
      );
      expect(result.family).toBe(family);
      for (const check of result.checks) {
        if (check.of !== 'baseline') continue;
        const own = {
          metric: check.metric,
          base: before * NIGHTS_FOR_ONE,
          candidate: trials,
          nights: NIGHTS_FOR_ONE,
        };
        // As long as one of two kinds cannot be seen, Holm's steps count it all the same.
        if (reaches(own, 0.05 / family)) expect(check.reason).toBe('regression');
        else expect(['regression', 'not enough runs']).toContain(check.reason);
      }
    }),
    { numRuns: 30 },
  );
});

/** How often the last of so many nights that are alike, with those just before it, is beyond the earlier ones. */
const alarms = (nights: number, seed: number): number => {
  const random = seededRandom(seed);
  let beyond = 0;
  const repeats = 20_000;
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const points = Array.from({ length: nights + 1 }, (_, run) => point(run, random()));
    if (standingOf(points.slice(0, nights), points.slice(nights), 'longest').beyond) beyond += 1;
  }
  return beyond / repeats;
};

test('nights that are alike are beyond the others in about 5 % of nights at most, however many there are', () => {
  // 1/20 for one night, and 1/380 for two of which this one is the better.
  const most = 1 / 20 + 1 / 380;
  for (const [seed, nights] of [9, 10, 11, 18, 19, 20, 40].entries())
    // Three standard errors of such a share in 20,000.
    expect(alarms(nights, seed)).toBeLessThanOrEqual(most + 0.0048);
  // Too few for one night, and for two.
  expect(alarms(10, 1)).toBe(0);
});

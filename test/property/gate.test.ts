import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reaches } from '../../src/analysis/gate/reach.js';
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

const count = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

test('where a level can be reached, the loss of everything reaches it', () => {
  fc.assert(
    fc.property(count(1, 10), count(1, 4), count(0, 6), count(0, 6), (before, trials, streams, entries) => {
      const family = streams + entries;
      fc.pre(family > 0);
      const result = judge(night(20, trials, true, streams, entries), [
        night(0, before, false, streams, entries),
      ]);
      expect(result.family).toBe(family);
      for (const check of result.checks) {
        if (check.of !== 'baseline') continue;
        const own = { metric: check.metric, base: before, candidate: trials, nights: 1 };
        // As long as one of two kinds cannot be seen, Holm's steps count it all the same.
        if (reaches(own, 0.05 / family)) expect(check.reason).toBe('regression');
        else expect(['regression', 'not enough runs']).toContain(check.reason);
      }
    }),
    { numRuns: 30 },
  );
});

test('six entries whose sessions all died, 14 against 2 trials: p is 1/120, six times that 0.05', () => {
  const result = judge(night(20, 2, true, 0, 6), [night(0, 14, false, 0, 6)]);
  expect(result.verdict).toBe('fail');
});

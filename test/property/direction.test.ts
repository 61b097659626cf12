import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ProbeRow } from '../../src/model/probe.js';
import { fromMs } from '../../src/model/time.js';
import { analyse, issued, moved, phase, probe, scenarioOf, streamPlan } from '../unit/analysis/fixture.js';

const GOOD = '.'.repeat(12);
const EVERY_MS = 100;

/** `.` good, `f` lost there, `r` lost back; an answer takes 2 ms. */
const rowsOf = (pattern: string): ProbeRow[] => {
  let counter = 0;
  return Array.from(pattern, (letter, seq) => {
    const sent = seq * EVERY_MS;
    const own = letter === 'f' ? null : counter++;
    if (letter !== '.' || own === null)
      return probe({ stream: 'udp', seq, sent, outcome: 'lost', ttl: null });
    const there = fromMs(sent + 1);
    return probe({
      ...{ stream: 'udp', seq, sent, received: sent + 2 },
      reflected: { seq: own, received_ns: there, sent_ns: there },
    });
  });
};

const plan = streamPlan('udp', {
  ...{ type: 'stamp', port: 862, stamp: { ssid: 256, timestamps: 'ntp', end: null } },
});

/** Runs of losses of one way: there, probes in a row; back, answers in a row. */
const runs = (pattern: string, letter: 'f' | 'r'): number[] =>
  (letter === 'f' ? pattern : pattern.replaceAll('f', '')).split(/[^fr]/).flatMap((gap) =>
    gap
      .split(letter === 'f' ? 'r' : 'f')
      .map(({ length }) => length)
      .filter((length) => length > 0),
  );

test('whatever is lost there and back: counts are right, and the bounds hold', () => {
  const letters = fc.array(fc.constantFrom('.', 'f', 'f', 'r', 'r'), { maxLength: 30 });
  fc.assert(
    fc.property(letters, (drawn) => {
      const pattern = GOOD + drawn.join('') + GOOD;
      const events = [issued(1150), ...moved(9000), phase(pattern.length * EVERY_MS, 'drain')];
      const { streams } = analyse(scenarioOf({ streams: [plan] }), events, rowsOf(pattern));
      const [, forward, reverse] = streams;
      for (const [row, letter] of [[forward, 'f'] as const, [reverse, 'r'] as const]) {
        const own = runs(pattern, letter);
        const longest = Math.max(0, ...own);
        expect(row?.lost).toBe(drawn.filter((each) => each === letter).length);
        expect(row?.status).toBe(longest === 0 ? 'unaffected' : 'ok');
        // So long it certainly was, if one run was all of it; and the interval never claims more, nor denies it.
        const least_s = (Math.max(0, longest - 1) * EVERY_MS) / 1e3;
        expect(row?.longest_hi_s).toBeGreaterThanOrEqual(least_s);
        if (letter === 'f') expect(row?.longest_lo_s).toBeLessThanOrEqual(least_s + 1e-9);
      }
    }),
    { numRuns: 100 },
  );
}, 30_000);

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lossRuns } from '../../src/analysis/rfc3357.js';
import { analyse, issued, probesOf, scenarioOf } from '../unit/analysis/fixture.js';

const letters = fc.array(fc.constantFrom('.', '.', '.', 's', 'l', 'x', 'x', 'u', 'n', 'r', 'b', '-'), {
  minLength: 1,
  maxLength: 120,
});

describe('any pattern of outcomes', () => {
  it('partitions into runs of lost and of late probes that hold each of them once', () => {
    fc.assert(
      fc.property(letters, (tail) => {
        const pattern = `......${tail.join('')}`;
        const { outages, streams } = analyse(scenarioOf({}), [issued(550)], probesOf(pattern));
        const periods = outages.filter(({ kind }) => kind !== 'silence' && kind !== 'refused');
        const real = Array.from(pattern).flatMap((letter, seq) =>
          'b-'.includes(letter) ? [] : [{ letter, seq }],
        );
        const indices = (which: string): number[] =>
          real.flatMap(({ letter }, index) => (which.includes(letter) ? [index] : []));
        // RFC 3357 over the real sends is the definition; the state machine must agree with it.
        expect(
          periods.map(({ first_seq, last_seq, lost, late }) => [first_seq, last_seq, lost + late]),
        ).toEqual(
          [...lossRuns(indices('xun')), ...lossRuns(indices('l'))]
            .toSorted((a, b) => a.first - b.first)
            .map(({ first, length }) => [real[first]!.seq, real[first + length - 1]!.seq, length]),
        );
        const [row] = streams;
        const count = (which: string): number =>
          Array.from(pattern).filter((letter) => which.includes(letter)).length;
        expect(row).toMatchObject({
          sent: real.length,
          received: count('.slr'),
          lost: count('xun'),
          late: count('l'),
          unsent: count('-'),
          local_blocked: count('b'),
        });
        expect(row!.sent).toBe(row!.received + row!.lost);
        for (const { lo_s, outage_s, hi_s, censored } of periods) {
          if (censored) expect([outage_s, hi_s]).toEqual([null, null]);
          else expect(lo_s <= outage_s! && outage_s! <= hi_s!).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lossRuns } from '../../src/analysis/flow/gaps.js';
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
        // One whose answer may have waited for a prober that stood still is not late for certain.
        fc.pre(!/l.?[-b]{3}/.test(pattern));
        const { outages, streams } = analyse(scenarioOf({}), [issued(550)], probesOf(pattern));
        const periods = outages.filter(({ kind }) => kind !== 'silence' && kind !== 'refused');
        const real = Array.from(pattern).flatMap((letter, seq) =>
          'b-'.includes(letter) ? [] : [{ letter, seq }],
        );
        // RFC 3357 over the real sends is the definition. Late ones are runs of their own, unless they were held.
        const impaired = real.flatMap(({ letter }, index) => ('lxun'.includes(letter) ? [index] : []));
        const lost = real.flatMap(({ letter, seq }) => ('xun'.includes(letter) ? [seq] : []));
        const runs = lossRuns(impaired).map(({ first, length }) => [
          real[first]!.seq,
          real[first + length - 1]!.seq,
        ]);
        const covered = periods.flatMap(({ first_seq, last_seq }) =>
          real.flatMap(({ seq }) => (seq >= first_seq && seq <= last_seq ? [seq] : [])),
        );
        expect(covered).toEqual(impaired.map((index) => real[index]!.seq));
        for (const { first_seq, last_seq, kind } of periods) {
          expect(runs.filter(([from, to]) => first_seq >= from! && last_seq <= to!)).toHaveLength(1);
          const ofLost = lost.filter((seq) => seq >= first_seq && seq <= last_seq).length;
          expect(ofLost > 0).toBe(kind === 'loss' || kind === 'background');
        }
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

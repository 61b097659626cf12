import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutOutage, type CutPhase, type PhaseEnd } from '../../src/analysis/timeline/phases.js';
import { phaseSpreads } from '../../src/analysis/timeline/phases-spread.js';
import type { Instant } from '../../src/analysis/timeline/timeline-milestone.js';
import type { PhaseRow, TrialRow } from '../../src/model/tables.js';

/**
 * A simulated outage: the true instants of its edges and of its milestones, in any order, and what was seen of each, an
 * interval that holds the truth with its point anywhere in it. Milliseconds, but nothing depends on the unit.
 */
interface World {
  readonly begin: Seen;
  readonly length: number;
  readonly end: Seen;
  readonly milestones: readonly (Seen & { readonly at: number; readonly how: 'seen' | 'open' | 'missing' })[];
}

/** By how much the interval goes beyond the truth on either side, and where in it the point is (0..1). */
interface Seen {
  readonly early: number;
  readonly late: number;
  readonly point: number;
}

const BEGIN = 1_000;

const width = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 400, noNaN: true }));
const seen = { early: width, late: width, point: fc.double({ min: 0, max: 1, noNaN: true }) };

const world: fc.Arbitrary<World> = fc.record({
  begin: fc.record(seen),
  length: fc.double({ min: 1, max: 3_000, noNaN: true }),
  end: fc.record(seen),
  milestones: fc.array(
    fc.record({
      ...seen,
      at: fc.double({ min: 0, max: 6_000, noNaN: true }),
      how: fc.constantFrom('seen', 'seen', 'seen', 'open', 'missing'),
    }),
    { maxLength: 6 },
  ),
});

const instantOf = (truth: number, { early, late, point }: Seen): Instant => ({
  lo_ns: truth - early,
  at_ns: truth - early + point * (early + late),
  hi_ns: truth + late,
});

interface Simulated {
  readonly begin: Instant;
  readonly end: Instant;
  readonly ends: readonly PhaseEnd[];
  readonly cut: readonly CutPhase[];
  readonly point: number;
  readonly most: number;
}

const simulate = ({ begin, length, end, milestones }: World): Simulated => {
  const from = instantOf(BEGIN, begin);
  // A gap has a good probe before it and a lost one in it: the points of its edges are in their order.
  const back = instantOf(BEGIN + length, end);
  const to = { ...back, at_ns: Math.max(back.at_ns, Math.min(from.at_ns, back.hi_ns)) };
  const ends: PhaseEnd[] = milestones.map((each) => {
    if (each.how === 'missing') return { by: 'milestone', instant: null };
    const instant = instantOf(each.at, each);
    const open = { ...instant, lo_ns: -Infinity, at_ns: instant.hi_ns };
    return { by: 'milestone', instant: each.how === 'open' ? open : instant };
  });
  const most = length + 1_000;
  const all: PhaseEnd[] = [...ends, { by: 'traffic' }];
  return {
    begin: from,
    end: to,
    ends: all,
    cut: cutOutage({ begin: from, end: to }, most, all),
    point: to.at_ns - from.at_ns,
    most,
  };
};

/** The true lengths: what was not seen is in the next phase. */
const truths = ({ length, milestones }: World): (number | null)[] => {
  let before = BEGIN;
  const end = BEGIN + length;
  const own = milestones.map(({ at, how }) => {
    if (how === 'missing') return null;
    const until = Math.max(before, Math.min(Math.max(at, BEGIN), end));
    const lasted = until - before;
    before = until;
    return lasted;
  });
  return [...own, end - before];
};

const sum = (values: readonly (number | null)[]): number =>
  values.reduce<number>((total, value) => total + (value ?? 0), 0);

const EPSILON = 1e-6;

describe('the phases of an outage, whatever the order, overlap and absence of milestones', () => {
  const check = (body: (w: World, simulated: Simulated) => void, numRuns = 200): void =>
    fc.assert(
      fc.property(world, (w) => {
        const simulated = simulate(w);
        fc.pre(simulated.point >= 0);
        body(w, simulated);
      }),
      { numRuns },
    );

  it('have bounds that hold the truth, in every case', () => {
    check((w, { cut }) => {
      for (const [index, truth] of truths(w).entries()) {
        const phase = cut[index]!;
        if (truth === null) {
          expect(phase).toMatchObject({ lo_ns: 0, length_ns: null, hi_ns: null, status: 'not-seen' });
          continue;
        }
        expect(phase.lo_ns).toBeLessThanOrEqual(truth + EPSILON);
        expect(phase.hi_ns! + EPSILON).toBeGreaterThanOrEqual(truth);
      }
    }, 600);
  });

  it('are never negative, and their points lie within their bounds', () => {
    check((_, { cut }) => {
      for (const { lo_ns, length_ns, hi_ns } of cut) {
        expect(lo_ns).toBeGreaterThanOrEqual(0);
        if (length_ns === null || hi_ns === null) continue;
        expect(length_ns).toBeGreaterThanOrEqual(lo_ns - EPSILON);
        expect(length_ns).toBeLessThanOrEqual(hi_ns + EPSILON);
      }
    });
  });

  it('add up to the outage, and its bounds lie within the sums of theirs', () => {
    check((_, { cut, point, begin, end, most }) => {
      expect(sum(cut.map(({ length_ns }) => length_ns))).toBeCloseTo(point, 6);
      const own = [Math.max(0, end.lo_ns - begin.hi_ns), Math.max(most, end.hi_ns - begin.lo_ns)] as const;
      expect(sum(cut.map(({ lo_ns }) => lo_ns))).toBeLessThanOrEqual(own[0] + EPSILON);
      expect(sum(cut.map(({ hi_ns }) => hi_ns)) + EPSILON).toBeGreaterThanOrEqual(most);
    });
  });

  it('touch: each begins where the one before ended', () => {
    check((_, { cut, begin }) => {
      let at = begin.at_ns;
      for (const { start_ns, length_ns } of cut) {
        expect(start_ns).toBeCloseTo(at, 6);
        at = start_ns + (length_ns ?? 0);
      }
    });
  });

  it('of an outage whose end was not seen have no sum, and a last phase that is known from below only', () => {
    check((w, { begin, end, ends }) => {
      const open = { ...end, at_ns: Infinity, hi_ns: Infinity };
      const cut = cutOutage({ begin, end: open }, Infinity, ends);
      expect(cut.at(-1)).toMatchObject({ length_ns: null, hi_ns: null, status: 'not-seen' });
      // Whatever came later than it is known to have lasted is a longer one's.
      const seenBefore = truths({ ...w, length: 1e9 });
      for (const [index, { lo_ns, hi_ns }] of cut.entries()) {
        const truth = seenBefore[index];
        if (truth === null || truth === undefined) continue;
        expect(lo_ns).toBeLessThanOrEqual(truth + EPSILON);
        if (hi_ns !== null) expect(hi_ns + EPSILON).toBeGreaterThanOrEqual(truth);
      }
    });
  });
});

describe('the shares of the variance', () => {
  const key = { run: 'r', scenario: 's', version: 'v', phase: 'failover' } as const;
  const lengths = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 3, maxLength: 3 });

  it('add up to 1 over the phases', () => {
    fc.assert(
      fc.property(fc.array(lengths, { minLength: 4, maxLength: 12 }), (all) => {
        const outages = all.map(sum);
        fc.pre(Math.max(...outages) - Math.min(...outages) > 0.01);
        const trials = outages.map((outage_s, index) => ({
          ...key,
          trial: index + 1,
          outage_lo_s: outage_s,
          outage_s,
          outage_hi_s: outage_s,
        })) as unknown as TrialRow[];
        const phases = all.flatMap((own, index) =>
          own.map((length_s, at) => ({
            ...key,
            trial: index + 1,
            step: at + 1,
            name: `phase ${at + 1}`,
            length_s,
          })),
        ) as unknown as PhaseRow[];
        const [spreads] = phaseSpreads(phases, trials);
        expect(spreads).toMatchObject({ trials: all.length, variance: 'known' });
        expect(sum(spreads!.spreads.map(({ variance }) => variance))).toBeCloseTo(1, 6);
        expect(sum(spreads!.spreads.map(({ share }) => share))).toBeCloseTo(1, 6);
      }),
      { numRuns: 50 },
    );
  });
});

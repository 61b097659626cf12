import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutageChain } from '../../src/analysis/chain/explain-run.js';
import type { Happening } from '../../src/analysis/chain/happening.js';
import { simulate, trueLinks, truthOf, type TrueStep, type World, worlds } from './chain-world.js';

const RUNS = 300;
const EPSILON_S = 1e-6;

const STEP_OF: Readonly<Partial<Record<Happening['kind'], TrueStep>>> = {
  'hello-lost': 'hello',
  'peer-lost': 'detection',
  'operation-accepted': 'decision',
  announced: 'announcement',
};

/** Which true step a line of a record tells of; null: of none of this outage. */
const stepOf = ({ kind, value }: Happening): TrueStep | null => {
  if (kind === 'role') return value === 'active' ? 'promotion' : null;
  if (kind === 'address-moved') return value === 'none' ? 'detach' : 'attach';
  return STEP_OF[kind] ?? null;
};

const eachChain = (check: (chain: OutageChain, world: World, index: number) => void): void =>
  fc.assert(
    fc.property(worlds, (world) => {
      for (const [index, chain] of simulate(world).chains.chains.entries()) check(chain, world, index);
    }),
    { numRuns: RUNS },
  );

describe('the chain of an outage, against a simulated truth', () => {
  it('has what records tell where it truly was, wherever that is placed', () => {
    let placed = 0;
    eachChain(({ happenings }, world, index) => {
      const { at } = truthOf(world.trials[index]!);
      for (const happening of happenings) {
        const step = happening.clock === null ? null : stepOf(happening);
        if (step === null) continue;
        placed += 1;
        expect(happening.instant.lo_ns).toBeLessThanOrEqual(at[step] * 1e6);
        expect(happening.instant.hi_ns).toBeGreaterThanOrEqual(at[step] * 1e6);
      }
    });
    expect(placed).toBeGreaterThan(RUNS);
  });

  it('has links whose bounds hold the truth, and names the longest only where it is', () => {
    let [divided, named] = [0, 0];
    eachChain(({ links, longest }, world, index) => {
      const truths = trueLinks(
        world.trials[index]!,
        links.map(({ key, end }) => (end === null ? null : key)),
      );
      for (const [at, { row }] of links.entries()) {
        const truth = truths[at];
        if (truth === null || truth === undefined) continue;
        expect(row.lo_s).toBeLessThanOrEqual(truth / 1000 + EPSILON_S);
        if (row.hi_s !== null) expect(row.hi_s).toBeGreaterThanOrEqual(truth / 1000 - EPSILON_S);
      }
      if (longest.length > 0) divided += 1;
      if (longest.length !== 1) return;
      named += 1;
      const own = truths[links.indexOf(longest[0]!)]!;
      expect(Math.max(...truths.map((each) => each ?? 0))).toBe(own);
    });
    expect(named).toBeGreaterThan(divided / 3);
  });

  it('says that it does not know what nothing tells of', () => {
    eachChain(({ notKnown, links }, world) => {
      const { log, roles } = world.withheld;
      const total = links.at(-1)?.row;
      if (!log || !roles || total === undefined || (total.hi_s ?? 0) < 0.2) return;
      const isDivided = links.some(({ end, key }) => end !== null && key !== 'traffic');
      if (!isDivided) expect(notKnown.join(' ')).toContain('when the peer was declared dead');
    });
  });

  it('places no clock of which nothing is known', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { clocks } = simulate({ ...world, said: false }).chains;
        for (const { clock, state } of clocks)
          if (clock === 'azure' || clock === 'wire') expect(state).toBe('not-known');
      }),
      { numRuns: 50 },
    );
  });
});

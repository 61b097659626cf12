import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../src/analysis/statistics/random.js';
import { fitTwin } from '../../src/analysis/twin/fit.js';
import { drawOutage, partsOf } from '../../src/analysis/twin/lab-model.js';
import type { MeasuredOutage, Stretch } from '../../src/analysis/twin/measured.js';
import { type Changes, predict } from '../../src/analysis/twin/predict.js';
import type { LabDesign, LabPlan } from '../../src/model/lab-plan.js';
import { someKnobs } from '../../src/scenario/lab.js';

/*
 * Simulated pairs that are labs of a known plan, with what their own programs add: is the next outage, after a knob was
 * changed, where the twin of a few trials said it would be?
 */

const MS = 1e6;

interface World {
  readonly design: LabDesign;
  readonly knobs: Readonly<Record<string, string>>;
  readonly change: Readonly<Record<string, string>>;
  /** What the user knows of it. */
  readonly stated: Readonly<Record<string, string>>;
  readonly trials: number;
  /** Milliseconds of each part that are no knob's. */
  readonly overhead: readonly number[];
}

const CLOUD = {
  heartbeat: '300ms',
  missed: '4',
  detach: '500ms to 1s',
  attach: '500ms to 2s',
  routes: '500ms to 1s',
  promotion: '300ms',
  poll: '300ms',
};
const OVERHEAD = [20, 10, 10, 250];

const WORLDS: readonly World[] = [
  {
    design: 'cloud-ip',
    knobs: CLOUD,
    change: { attach: '2s to 4s' },
    stated: {},
    trials: 3,
    overhead: OVERHEAD,
  },
  {
    design: 'cloud-ip',
    knobs: CLOUD,
    change: { detach: '3s' },
    stated: { poll: '300ms' },
    trials: 4,
    overhead: OVERHEAD,
  },
  {
    design: 'cloud-ip',
    knobs: CLOUD,
    change: { promotion: '2s to 3s' },
    stated: {},
    trials: 4,
    overhead: OVERHEAD,
  },
  {
    design: 'cloud-ip',
    knobs: CLOUD,
    change: { heartbeat: '150ms' },
    stated: { heartbeat: '300ms', missed: '4' },
    trials: 4,
    overhead: OVERHEAD,
  },
  {
    design: 'vrrp',
    knobs: { advert: '200ms' },
    change: { advert: '500ms' },
    stated: {},
    trials: 5,
    overhead: [30],
  },
  {
    design: 'vrrp',
    knobs: { advert: '1s' },
    change: { advert: '200ms' },
    stated: { advert: '1s' },
    trials: 5,
    overhead: [30],
  },
  {
    design: 'dns',
    knobs: { monitor: '500ms', missed: '3', boot: '2s', update: '1s to 2s', ttl: '5s' },
    change: { update: '4s to 6s' },
    stated: {},
    trials: 4,
    overhead: [20, 200, 10, 20],
  },
];

const planOf = (design: LabDesign, knobs: Readonly<Record<string, string>>): LabPlan =>
  someKnobs(design, knobs).plan;

/** What one outage truly took, part by part. */
const outageOf = (plan: LabPlan, { overhead }: World, random: Random): readonly number[] =>
  drawOutage(plan, random).map((length, index) => length + (overhead[index] ?? 0) * MS);

/** As observers that poll see it: each milestone within an interval of the polls. */
const seen = (plan: LabPlan, lengths: readonly number[], random: Random, trial: number): MeasuredOutage => {
  const POLL = 100 * MS;
  let truth = 0;
  const ends = lengths.map((length, index) => {
    truth += length;
    const late = index === lengths.length - 1 ? 10 * MS : POLL;
    const lo = truth - random() * late;
    return { lo, at: lo + late / 2, hi: lo + late };
  });
  const zero = { lo: -10 * MS, at: 0, hi: 10 * MS };
  const stretches = ends.map((end, index): Stretch => {
    const begin = ends[index - 1] ?? zero;
    return {
      parts: [partsOf(plan)[index]!.part],
      links: [],
      lo_ns: Math.max(0, end.lo - begin.hi),
      at_ns: Math.max(0, end.at - begin.at),
      hi_ns: end.hi - begin.lo,
    };
  });
  return { trial, lo_ns: truth - 20 * MS, at_ns: truth, hi_ns: truth + 20 * MS, stretches };
};

const holds = (world: World, seed: number): boolean => {
  const random = seededRandom(seed);
  const plan = planOf(world.design, world.knobs);
  const outages = Array.from({ length: world.trials }, (_, index) =>
    seen(plan, outageOf(plan, world, random), random, index + 1),
  );
  const twin = fitTwin(someKnobs(world.design, world.stated), () => outages);
  const changed = someKnobs(world.design, world.change);
  const values: Readonly<Record<string, unknown>> = changed.plan;
  const changes = Object.fromEntries([...changed.keys].map((key) => [key, values[key]])) as Changes;
  const { changed: said } = predict(twin, changes);
  const next = outageOf(planOf(world.design, { ...world.knobs, ...world.change }), world, random);
  const total = next.reduce((sum, length) => sum + length, 0);
  return said.lo_ns <= total && total <= said.hi_ns;
};

const SERIES = 40;

describe('a prediction from a few trials', () => {
  it.each(WORLDS)('of $design with $change, stated $stated, holds the next outage', (world) => {
    const held = Array.from({ length: SERIES }, (_, seed) => holds(world, 1 + seed * 104_729)).filter(
      Boolean,
    );
    expect(held.length / SERIES).toBeGreaterThanOrEqual(0.9);
  });
});

import { KnownError, usage } from '../../model/error.js';
import type { LabPlan } from '../../model/lab-plan.js';
import { type Random, seededRandom } from '../statistics/random.js';
import { isStated, planWith, type Twin } from './fit.js';
import { hiOf, type KnobValue } from './knobs.js';
import { drawOutage, type PartOfLab, partsOf } from './lab-model.js';
import type { Length, MeasuredOutage, Stretch } from './measured.js';
import { atShare } from './range.js';

/**
 * What a changed knob makes of the outage. Of each measured outage the parts that the knob makes are taken away, and those of
 * the changed lab put in their place. What is left differs from trial to trial: the next one is drawn as a normal variable of
 * unknown mean and deviation, so that few trials make wide intervals. What is known between two ends only (lengths of links,
 * knobs that no link tells) is taken at those that make the shortest outages, and at those that make the longest.
 */

/** In nanoseconds. */
export interface Interval {
  readonly lo_ns: number;
  readonly hi_ns: number;
}

export interface Prediction {
  /** Trials that it rests on. */
  readonly trials: number;
  /** How many of 100 outages such an interval holds, and such shifts. */
  readonly level: number;
  /** Holds the next outage, as it is. */
  readonly asItIs: Interval;
  /** Holds the next outage of the changed pair. */
  readonly changed: Interval;
  /** How much longer outages are on average than those that were measured. */
  readonly shift: Length;
}

export type Changes = Readonly<Record<string, KnobValue>>;

const LEVEL = 0.95;
const TAIL = (1 - LEVEL) / 2;
const DRAWS = 2000;
const SEED = 1;
/** Two have no spread to speak of. */
export const LEAST_TRIALS = 3;

const affectedBy = (plan: LabPlan, changes: Changes): readonly PartOfLab[] =>
  partsOf(plan).filter(({ knobs }) => knobs.some((key) => key in changes));

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Box and Muller. */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** What lies behind so few values: means, and next values, each as likely as the values leave it. */
interface Behind {
  readonly means: readonly number[];
  readonly next: readonly number[];
}

const behind = (values: readonly number[], random: Random): Behind => {
  const n = values.length;
  const middle = mean(values);
  const square = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  const drawn = Array.from({ length: DRAWS }, () => {
    const spread = Array.from({ length: n - 1 }, () => normal(random) ** 2).reduce((a, b) => a + b, 0);
    const deviation = Math.sqrt(square / spread);
    const own = middle + (deviation * normal(random)) / Math.sqrt(n);
    return { own, next: own + deviation * normal(random) };
  });
  return { means: drawn.map(({ own }) => own), next: drawn.map(({ next }) => next) };
};

const shareOf = (values: readonly number[], share: number): number =>
  atShare(
    values.toSorted((a, b) => a - b),
    share,
  );

/** Lengths of these parts of a lab's outages, each outage drawn. */
const drawParts = (plan: LabPlan, parts: readonly PartOfLab[], random: Random): readonly number[] => {
  const wanted = partsOf(plan).map(({ part }) => parts.some((each) => each.part === part));
  return Array.from({ length: DRAWS }, () =>
    drawOutage(plan, random).reduce((sum, length, index) => sum + (wanted[index] === true ? length : 0), 0),
  );
};

/** Between what the parts that change took of one outage. */
const takenBy = (
  stretches: readonly Stretch[],
  parts: readonly PartOfLab[],
  kept_ns: ReadonlyMap<Stretch, number>,
): Interval => {
  const isIn = (stretch: Stretch): readonly PartOfLab[] =>
    parts.filter(({ part }) => stretch.parts.includes(part));
  return stretches.reduce<Interval>(
    (sum, stretch) => {
      const own = isIn(stretch);
      if (own.length === 0) return sum;
      // Of several that nothing parts, the others may be all of it; of a timer, what is not the timer.
      const lo_ns = own.length < stretch.parts.length ? 0 : stretch.lo_ns - (kept_ns.get(stretch) ?? 0);
      return { lo_ns: sum.lo_ns + Math.max(0, lo_ns), hi_ns: sum.hi_ns + stretch.hi_ns };
    },
    { lo_ns: 0, hi_ns: 0 },
  );
};

/** What of a stretch may be no timer's: at most as much as the shortest of its kind took. */
const keptOf = (
  outages: readonly MeasuredOutage[],
  parts: readonly PartOfLab[],
): ReadonlyMap<Stretch, number> => {
  const all = outages.flatMap(({ stretches }) => stretches);
  const alike = (stretch: Stretch): readonly Stretch[] =>
    all.filter((each) => each.parts.join() === stretch.parts.join());
  return new Map(
    all
      .filter((stretch) => parts.some(({ part, isWhole }) => !isWhole && stretch.parts.includes(part)))
      .map((stretch) => [stretch, hiOf(alike(stretch), Math.min)]),
  );
};

/** The changed plan, with what is not known of its other knobs at one of its ends. */
const planAt = (twin: Twin, parts: readonly PartOfLab[], changes: Changes, end: 0 | 1): LabPlan => {
  const needed = new Set(parts.flatMap(({ knobs }) => knobs));
  const own = twin.knobs.filter(({ key }) => needed.has(key) && !(key in changes));
  return planWith(twin.plan, {
    ...Object.fromEntries(own.map(({ key, value, ends }) => [key, ends?.[end] ?? value])),
    ...changes,
  });
};

/** A knob that one changed part needs beside the changed one, and of which nobody knows what it is; null: there is none. */
export const missingKnob = ({ knobs, plan }: Twin, changes: Changes): string | null =>
  affectedBy(plan, changes)
    .flatMap(({ knobs: keys }) => keys)
    .find((key) => !(key in changes) && knobs.every((knob) => knob.key !== key || knob.ends === null)) ??
  null;

/** Keys of the knobs that the outage depends on. */
export const knobsThatCount = (plan: LabPlan): readonly string[] => [
  ...new Set(partsOf(plan).flatMap(({ knobs }) => knobs)),
];

/** Throws KnownError (usage) for a change that the outage does not depend on, or too few trials. */
export const predict = (twin: Twin, changes: Changes): Prediction => {
  const { plan, outages, knobs } = twin;
  if (outages.length < LEAST_TRIALS)
    throw new KnownError(
      `${outages.length === 1 ? 'one outage does' : `${outages.length} outages do`} not tell how they differ: nothing can be predicted`,
      { remedy: `a run of ${LEAST_TRIALS} trials at least: seqgap run --repeat 4` },
    );
  const parts = affectedBy(plan, changes);
  if (parts.length === 0) throw usage('nothing of the outage depends on what was changed');
  // A timer that is known is taken away as it is on average: its share of the spread stays, so that the interval is not too narrow.
  const known = parts.filter(({ knobs: keys, isWhole }) => !isWhole && isStated(knobs, keys));
  const random = seededRandom(SEED);
  const known_ns = known.length === 0 ? 0 : mean(drawParts(plan, known, random));
  const others = parts.filter((each) => !known.includes(each));
  const kept = keptOf(outages, others);
  const rests = outages.map(({ lo_ns, hi_ns, stretches }) => {
    const taken = takenBy(stretches, others, kept);
    return {
      lo_ns: Math.max(0, lo_ns - taken.hi_ns - known_ns),
      hi_ns: Math.max(0, hi_ns - taken.lo_ns - known_ns),
    };
  });
  const measured_ns = mean(outages.map(({ at_ns }) => at_ns));
  const at = (end: 0 | 1): { readonly next: readonly number[]; readonly shifts: readonly number[] } => {
    const rest = behind(
      rests.map((each) => (end === 0 ? each.lo_ns : each.hi_ns)),
      random,
    );
    const changed = drawParts(planAt(twin, parts, changes, end), parts, random);
    const changed_ns = mean(changed);
    return {
      next: rest.next.map((left, index) => Math.max(0, left) + (changed[index] ?? changed_ns)),
      shifts: rest.means.map((left) => Math.max(0, left) + changed_ns - measured_ns),
    };
  };
  const [shortest, longest] = [at(0), at(1)];
  const nextAsItIs = (end: 'lo_ns' | 'hi_ns'): readonly number[] =>
    behind(
      outages.map((each) => each[end]),
      random,
    ).next;
  return {
    trials: outages.length,
    level: LEVEL,
    asItIs: {
      lo_ns: Math.max(0, shareOf(nextAsItIs('lo_ns'), TAIL)),
      hi_ns: shareOf(nextAsItIs('hi_ns'), 1 - TAIL),
    },
    changed: { lo_ns: shareOf(shortest.next, TAIL), hi_ns: shareOf(longest.next, 1 - TAIL) },
    shift: {
      lo_ns: shareOf(shortest.shifts, TAIL),
      at_ns: (shareOf(shortest.shifts, 0.5) + shareOf(longest.shifts, 0.5)) / 2,
      hi_ns: shareOf(longest.shifts, 1 - TAIL),
    },
  };
};

import { KnownError } from '../../model/error.js';
import { DESIGNS, lab, type LabPlan } from '../../model/lab-plan.js';
import { NS_PER_S } from '../../model/time.js';
import { saySeconds } from '../words/format.js';
import { free, hiOf, knobsOf, type KnobValue, lengthsOf, seemsToStick, type TwinKnob } from './knobs.js';
import { partsOf, spansOf } from './lab-model.js';
import type { MeasuredOutage } from './measured.js';

/** A lab that fails over as the measured pair does. */
export interface Twin {
  readonly plan: LabPlan;
  readonly knobs: readonly TwinKnob[];
  readonly outages: readonly MeasuredOutage[];
}

/** What the user says of the pair: a plan of which only these knobs count. */
export interface Stated {
  readonly plan: LabPlan;
  readonly keys: ReadonlySet<string>;
}

/** A crashed node that is back before it is missed makes another outage than it would have been. */
const BOOT_NS = 4e9;

const bootAfter = (plan: LabPlan): TwinKnob => {
  const missed_ns = spansOf(plan)[0]?.most_ns ?? 0;
  return {
    ...free('boot_ns', Math.max(BOOT_NS, Math.ceil(missed_ns / NS_PER_S) * NS_PER_S)),
    from: 'long enough to be missed',
  };
};

/** With a boot time that is long enough, unless it is part of the outage or the user's own. */
export const withBoot = (knobs: readonly TwinKnob[], plan: LabPlan): LabPlan =>
  knobs.some(({ key, basis }) => key === 'boot_ns' && basis === 'free')
    ? planWith(plan, { boot_ns: bootAfter(plan).value })
    : plan;

/** With these knobs in place of its own. */
export const planWith = (plan: LabPlan, values: Readonly<Record<string, KnobValue>>): LabPlan =>
  lab.parse({ ...plan, ...values });

/**
 * Fits a lab's knobs to outages that were measured. What is stated is taken as it is.
 *
 * @param measure the outages divided as a lab of this plan has its parts
 * Throws KnownError where no lab of the design has such outages.
 */
export const fitTwin = (stated: Stated, measure: (plan: LabPlan) => readonly MeasuredOutage[]): Twin => {
  const { design } = stated.plan;
  const said: Readonly<Record<string, unknown>> = stated.plan;
  // Of a balancer's flows it depends on that how its outages are divided.
  const divided = (existing: 'stick' | 'rebalance'): LabPlan =>
    design === 'lb' ? planWith(stated.plan, { existing }) : stated.plan;
  const sticks =
    design === 'lb' &&
    (stated.keys.has('existing')
      ? said['existing'] !== 'rebalance'
      : seemsToStick(measure(divided('rebalance'))));
  const outages = measure(divided(sticks ? 'stick' : 'rebalance'));
  const numbers = Object.fromEntries([...stated.keys].map((key) => [key, said[key] as number]));
  const fitted = knobsOf(design, outages, numbers, sticks);
  const byKey = new Map(fitted.map((knob) => [knob.key, knob]));
  const keys = Object.keys(DESIGNS[design].knobs);
  const withStated = keys.flatMap((key): readonly TwinKnob[] => {
    const own = byKey.get(key);
    if (!stated.keys.has(key)) return own === undefined ? [] : [own];
    const value = said[key] as KnobValue;
    return [{ key, value, basis: 'stated', from: 'stated', maybe: '', ends: [value, value] }];
  });
  const values = Object.fromEntries(withStated.map(({ key, value }) => [key, value]));
  const knobs =
    'boot_ns' in values
      ? withStated
      : [...withStated, bootAfter(lab.parse({ design, ...values, boot_ns: BOOT_NS }))];
  const plan = lab.parse({ design, ...Object.fromEntries(knobs.map(({ key, value }) => [key, value])) });
  requirePossible(plan, { knobs, outages });
  return { plan, knobs, outages };
};

/** Is a part made of stated knobs alone? */
export const isStated = (knobs: readonly TwinKnob[], keys: readonly string[]): boolean =>
  keys.every((key) => knobs.some((knob) => knob.key === key && knob.basis === 'stated'));

/** A stated timer that takes longer than what was measured is none of this pair's. Throws KnownError. */
const requirePossible = (plan: LabPlan, { knobs, outages }: Pick<Twin, 'knobs' | 'outages'>): void => {
  const spans = spansOf(plan);
  for (const [index, { part, knobs: keys }] of partsOf(plan).entries()) {
    const span = spans[index];
    const shortest_ns = hiOf(lengthsOf(outages, part), Math.min);
    if (span === undefined || !isStated(knobs, keys) || lengthsOf(outages, part).length === 0) continue;
    if (span.least_ns > shortest_ns)
      throw new KnownError(
        `with the stated knobs ${part} takes at least ${saySeconds(span.least_ns / NS_PER_S)}, ` +
          `and it took less than ${saySeconds(shortest_ns / NS_PER_S)} here`,
        { remedy: 'leave out --knob for what is not known of this pair' },
      );
  }
};

import * as z from 'zod';
import { formatDuration, parseDuration } from '../model/duration.js';
import { KnownError, usage } from '../model/error.js';
import {
  DESIGNS,
  lab as plan,
  LAB_DESIGNS,
  type DelayPlan,
  type Knob,
  type LabDesign,
  type LabPlan,
} from '../model/lab-plan.js';
import { ns } from '../model/time.js';
import { problemsOf, wordIssue, pathText } from '../yaml/problem.js';
import { choice, count, duration, flag, mapping } from './field.js';

/*
 * The labs as a scenario has them (model/lab-plan.ts lists them). `lab: vrrp` is short for the mapping with that design and
 * nothing else.
 */

/** A time that is drawn anew each time: `2s`, or `2s to 8s`. */
const delay = (description: string) =>
  z
    .string()
    .transform((input, context): DelayPlan => {
      try {
        return parseDelay(input);
      } catch (error) {
        if (!(error instanceof KnownError)) throw error;
        context.addIssue({ code: 'custom', message: `${error.message}; ${error.remedy ?? ''}` });
        return z.NEVER;
      }
    })
    .meta({ description, examples: ['2s', '2s to 8s'] });

const field = (knob: Knob) => {
  const { description, preset } = knob;
  switch (knob.kind) {
    case 'duration': {
      const { least_ns = null, fits, otherwise } = knob;
      const any = duration(description, least_ns);
      return (fits === undefined ? any : any.refine(fits, otherwise)).prefault(preset);
    }
    case 'delay':
      return delay(description).prefault(preset);
    case 'count':
      return count(description, knob.least, knob.most).prefault(preset);
    case 'choice':
      return choice(description, knob.values).prefault(preset);
    case 'flag':
      return flag(description).prefault(preset);
  }
};

type Design = (typeof DESIGNS)[LabDesign];

/** As a scenario calls it: `advert_ns` is `advert`, `tcpLoose` is `tcp-loose`. */
export const writtenKey = (key: string): string =>
  key.replace(/_ns$/, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const planValues = ({ name, knobs }: Design, written: Readonly<Record<string, unknown>>): object => ({
  design: name,
  ...Object.fromEntries(Object.keys(knobs).map((key) => [key, written[writtenKey(key)]])),
});

/**
 * Refuses a boot time after which a crashed node is back before it can be missed: nothing would fail over, and the lab
 * would be no lab of that.
 */
const missable = (
  design: Design,
  { value, issues }: z.core.ParsePayload<Readonly<Record<string, unknown>>>,
): void => {
  const boot_ns = Number(value['boot']);
  const missed = design.missed(planValues(design, value));
  if (missed === null || boot_ns >= missed.after_ns) return;
  const [boot, after] = [boot_ns, missed.after_ns].map((each) => formatDuration(ns(each)));
  issues.push({
    code: 'custom',
    path: ['boot'],
    input: boot_ns,
    message:
      `a crashed node is back after ${boot}, before it is missed (after up to ${after}: ${missed.why}), ` +
      `so that nothing fails over; give it at least ${after}`,
  });
};

const knobs = (design: Design) => {
  const fields = Object.entries<Knob>(design.knobs).map(([key, knob]) => [writtenKey(key), field(knob)]);
  return mapping(`Lab ${design.name}: ${design.title}.`, {
    design: choice('Design of the HA pair.', [design.name]),
    ...(Object.fromEntries(fields) as Record<string, ReturnType<typeof field>>),
  }).check((payload) => missable(design, payload));
};

const [first, ...others] = LAB_DESIGNS;
const withKnobs = z.discriminatedUnion('design', [
  knobs(DESIGNS[first]),
  ...others.map((name) => knobs(DESIGNS[name])),
]);

/** A lab: its design alone, or with knobs. */
export const lab = z
  .union([
    choice('Design of the HA pair.', LAB_DESIGNS)
      .transform((design) => ({ design }))
      .pipe(withKnobs),
    withKnobs,
  ])
  .meta({ description: 'Run in a lab of network namespaces; left out for real equipment.' });

/** The plan of a lab as written: the schema has filled in the defaults of its knobs. */
export const labPlan = (written: z.output<typeof lab>): LabPlan =>
  plan.parse(planValues(DESIGNS[written.design], written));

/**
 * The plan of a lab of which design and knobs are given as words, as a scenario's `lab` has them. Throws KnownError with
 * all problems at once.
 */
export const labOfKnobs = (design: LabDesign, given: Readonly<Record<string, string>>): LabPlan => {
  const raw = { design, ...given };
  const parsed = lab.safeParse(raw, { error: wordIssue });
  if (parsed.success) return labPlan(parsed.data);
  const problems = problemsOf(parsed.error.issues, raw);
  throw usage(
    problems.map(({ path, message }) => `lab ${design}: ${pathText(path)}: ${message}`).join('\n'),
    'docs/scenario-reference.md lists the knobs of each design',
  );
};

/** Reads a delay: a duration (`2s`), or the least and the most of one that is drawn anew each time (`2s to 8s`). */
const parseDelay = (text: string): DelayPlan => {
  const [first = '', second, ...rest] = text.split(/\s+to\s+/);
  const least_ns = parseDuration(first);
  const most_ns = second === undefined ? least_ns : parseDuration(second);
  if (rest.length === 0 && least_ns <= most_ns) return { least_ns, most_ns };
  throw usage(`"${text}" is no delay`, 'write one duration, or the least and the most as in "2s to 8s"');
};

/** As `parseDelay` reads it. */
const formatDelay = ({ least_ns, most_ns }: DelayPlan): string =>
  least_ns === most_ns
    ? formatDuration(least_ns)
    : `${formatDuration(least_ns)} to ${formatDuration(most_ns)}`;

const valueWords = ({ kind }: Knob, value: number | string | boolean | DelayPlan): string => {
  if (typeof value === 'object') return formatDelay(value);
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return kind === 'duration' ? formatDuration(ns(Number(value))) : String(value);
};

/** A knob as a scenario has it: its name, and its value in words. */
export const writtenKnob = (
  design: LabDesign,
  key: string,
  value: number | string | boolean | DelayPlan,
): readonly [name: string, words: string] => {
  const knob = Object.entries<Knob>(DESIGNS[design].knobs).find(([each]) => each === key)?.[1];
  if (knob === undefined) throw new Error(`${design} has no knob ${key}`);
  return [writtenKey(key), typeof value === 'boolean' ? String(value) : valueWords(knob, value)];
};

/** Of a pair of which nothing is said, so that any timer is shorter. */
const LONG_BOOT = '1000h';

/**
 * Some knobs of a design, as words: a plan in which these alone count, and their keys there. Throws KnownError with all
 * problems at once.
 */
export const someKnobs = (
  design: LabDesign,
  given: Readonly<Record<string, string>>,
): { readonly plan: LabPlan; readonly keys: ReadonlySet<string> } => {
  const plan = labOfKnobs(design, { boot: LONG_BOOT, ...given });
  const keys = Object.keys(DESIGNS[design].knobs).filter((key) => Object.hasOwn(given, writtenKey(key)));
  return { plan, keys: new Set(keys) };
};

/** The knobs of a lab: `advert 200ms, sync conntrackd, boot 4s, tcp-loose off, preempt off`. */
export const knobWords = (lab: LabPlan): string => {
  const values: Readonly<Record<string, number | string | boolean | DelayPlan>> = lab;
  const all = Object.entries<Knob>(DESIGNS[lab.design].knobs);
  const later = all.filter(
    ([key, knob]) => knob.isLater === true && valueWords(knob, values[key] ?? '') !== knob.preset,
  );
  return [...all.filter(([, { isLater }]) => isLater !== true), ...later]
    .map(([key, knob]) => `${writtenKey(key)} ${valueWords(knob, values[key] ?? '')}`)
    .join(', ');
};

/** Design and knobs: `vrrp: advert 200ms, sync conntrackd, boot 4s, tcp-loose off, preempt off`. */
export const planText = (lab: LabPlan): string => `${lab.design}: ${knobWords(lab)}`;

export const samePlan = (one: LabPlan, other: LabPlan): boolean => planText(one) === planText(other);

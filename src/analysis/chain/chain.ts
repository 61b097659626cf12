import type { MilestoneRule, ObservePlan, PhasePlan } from '../../model/observe-plan.js';
import type { PhaseRow } from '../../model/tables.js';
import { NS_PER_S } from '../../model/time.js';
import { cutOutage } from '../timeline/phases.js';
import type { Instant } from '../timeline/timeline-milestone.js';
import type { SeenOutage } from '../timeline/timeline.js';
import type { Happening } from './happening.js';
import {
  amid,
  isOther,
  type Stage,
  STAGE_WORDS,
  type StageContext,
  type StageEnd,
  stageEnds,
  stageOfRule,
  STAGES,
  together,
} from './stages.js';

/** One link of a chain: what ends it, in the trial and in words. */
export interface Step {
  readonly key: string;
  readonly name: string;
  readonly until: string;
  /** null: the scenario's own, or traffic. */
  readonly stage: Stage | null;
  /** Of the scenario's own phase; null: it is none. */
  readonly rule: MilestoneRule | null;
  /** null: it was not seen in this trial. */
  readonly end: StageEnd | null;
}

/** A link of one outage: a phase of it, with who tells its end. */
export interface Link extends Step {
  readonly row: PhaseRow;
}

export interface ChainContext extends StageContext {
  readonly phases: readonly PhasePlan[];
  readonly observe: readonly ObservePlan[];
}

/** Milestones of the scenario's own phases. */
const RULED = 'phase ';

const observedOf = (outage: SeenOutage, happenings: readonly Happening[], index: number): StageEnd | null => {
  const rule = outage.rules?.[index];
  if (rule === undefined || rule.end.by === 'traffic' || rule.end.instant === null) return null;
  const told = happenings.filter(({ change }) => change !== null && change === rule.seen);
  return { instant: rule.end.instant, told, disputed: false };
};

/** The scenario's own phases; a role that a record tells too is known better. */
const ruleSteps = (
  outage: SeenOutage,
  happenings: readonly Happening[],
  context: ChainContext,
): readonly Step[] =>
  context.phases.flatMap(({ name, until }, index) => {
    if (until.milestone === 'traffic') return [];
    const seen = observedOf(outage, happenings, index);
    const isMeant = ({ kind, subject, value }: Happening): boolean => {
      if (until.milestone !== 'role' || kind !== 'role' || value !== until.role) return false;
      if (until.node === 'other') return isOther(subject, outage.window.node, context);
      return subject === (until.node === 'acted' ? outage.window.node : until.node);
    };
    return [
      {
        key: `${RULED}${index}`,
        name,
        until: outage.rules?.[index]?.until ?? '',
        stage: stageOfRule(until, context.observe),
        rule: until,
        end: together(seen, amid(happenings.filter(isMeant))),
      },
    ];
  });

/** What ended it came certainly after traffic was back: it is no cause of that. */
const isTooLate = ({ instant }: StageEnd, { edges }: SeenOutage): boolean => instant.lo_ns > edges.end.hi_ns;

/** The milestones of one outage, not yet in order. */
export const stepsOf = (
  outage: SeenOutage,
  happenings: readonly Happening[],
  context: ChainContext,
): readonly Step[] => {
  const ruled = ruleSteps(outage, happenings, context);
  const names = new Set(ruled.map(({ name }) => name));
  const ends = stageEnds(outage, happenings, context);
  const own = STAGES.flatMap((stage): Step[] => {
    const end = ends.get(stage);
    if (end === undefined) return [];
    const isRuled = ruled.some((step) => step.stage === stage);
    // A peer that is declared dead is not yet a role of the other node.
    const isMore = stage === 'detection' && end.told.some(({ kind }) => kind === 'peer-lost');
    if (isRuled && !isMore) return [];
    const { name, until } = STAGE_WORDS[stage];
    return [
      { key: stage, name: names.has(name) ? `${name} by record` : name, until, stage, rule: null, end },
    ];
  });
  return [...ruled, ...own].map((step) =>
    step.end !== null && isTooLate(step.end, outage) ? { ...step, end: null } : step,
  );
};

/** The usual place of each milestone; those of the scenario stay in its own order. */
const usualOrder = (steps: readonly Step[]): readonly string[] => {
  let rank = 0;
  return steps
    .map((step) => {
      const own = step.stage === null ? 0 : STAGES.indexOf(step.stage);
      if (!step.key.startsWith(RULED)) return { key: step.key, rank: own };
      // Behind what a record tells of the same step: a peer that is declared dead comes before the role.
      rank = Math.max(rank, own + 0.5);
      return { key: step.key, rank };
    })
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ key }) => key);
};

type EndsOf = ReadonlyMap<string, Instant>;

/** Trials in which one came certainly before the other, less those in which it came certainly later. */
const oftenBefore = (a: string, b: string, trials: readonly EndsOf[]): number =>
  trials.reduce((sum, ends) => {
    const [one, other] = [ends.get(a), ends.get(b)];
    if (one === undefined || other === undefined) return sum;
    return sum + (one.hi_ns < other.lo_ns ? 1 : 0) - (other.hi_ns < one.lo_ns ? 1 : 0);
  }, 0);

/**
 * One order for all trials, so that they can be compared: the usual one, but for what came certainly the other way round in
 * more trials than not.
 */
export const orderOf = (all: readonly (readonly Step[])[]): readonly string[] => {
  const named = new Map(all.flatMap((steps) => steps.map((step) => [step.key, step] as const)));
  const trials = all.map(
    (steps): EndsOf => new Map(steps.flatMap(({ key, end }) => (end === null ? [] : [[key, end.instant]]))),
  );
  const order: string[] = [];
  for (const key of usualOrder([...named.values()])) {
    let at = order.length;
    while (at > 0 && oftenBefore(key, order[at - 1] ?? '', trials) > 0) at -= 1;
    order.splice(at, 0, key);
  }
  return order;
};

const TRAFFIC: Omit<Step, 'end'> = {
  key: 'traffic',
  name: 'data plane',
  until: 'traffic',
  stage: null,
  rule: null,
};

/**
 * The outage cut at its milestones in their order (src/analysis/timeline/phases.ts, which says how): the links add up to it.
 *
 * @param order keys of all steps of the run; one that was not seen in this trial is part of the next
 */
export const linksOf = (
  outage: SeenOutage,
  steps: readonly Step[],
  order: readonly string[],
  known: ReadonlyMap<string, Step>,
): readonly Link[] => {
  const { edges, most_ns, trial } = outage;
  const all = order.flatMap((key): Step[] => {
    const step = steps.find((each) => each.key === key) ?? known.get(key);
    if (step === undefined) return [];
    return [steps.includes(step) ? step : { ...step, end: null }];
  });
  const cut = cutOutage(edges, most_ns, [
    ...all.map(({ end }) => ({ by: 'milestone' as const, instant: end?.instant ?? null })),
    { by: 'traffic' as const },
  ]);
  const isTaken = all.some((step) => step.name === TRAFFIC.name);
  const name = all.length === 0 ? 'the outage' : isTaken ? 'traffic' : TRAFFIC.name;
  const hasDetection = all.some(({ stage }) => stage === 'detection');
  const named = all.map((step) =>
    step.key === 'promotion' && !hasDetection ? { ...step, name: `detection and ${step.name}` } : step,
  );
  const whole = [...named, { ...TRAFFIC, name, end: { instant: edges.end, told: [], disputed: false } }];
  const point_s = trial.outage_s;
  return whole.map((step, index): Link => {
    const { start_ns, lo_ns, length_ns, hi_ns, status } = cut[index] ?? {
      start_ns: edges.begin.at_ns,
      lo_ns: 0,
      length_ns: null,
      hi_ns: null,
      status: 'not-seen' as const,
    };
    const length_s = length_ns === null ? null : length_ns / NS_PER_S;
    const row: PhaseRow = {
      run: trial.run,
      scenario: trial.scenario,
      version: trial.version,
      trial: trial.trial,
      phase: trial.phase,
      step: index + 1,
      name: step.name,
      until: step.until,
      start_s: start_ns / NS_PER_S,
      lo_s: lo_ns / NS_PER_S,
      length_s,
      hi_s: hi_ns === null ? null : hi_ns / NS_PER_S,
      share: length_s === null || point_s === null || point_s === 0 ? null : length_s / point_s,
      status,
    };
    return { ...step, row };
  });
};

/** Which link took longest; several: their intervals overlap, and it is one of them. Empty: nothing divides the outage. */
export const longestOf = (links: readonly Link[]): readonly Link[] => {
  const known = links.filter(({ end, row }) => end !== null && (row.length_s !== null || row.lo_s > 0));
  if (known.length < 2) return [];
  const least = Math.max(...known.map(({ row }) => row.lo_s));
  return known.filter(({ row }) => (row.hi_s ?? Infinity) >= least);
};

/** An instant after the first loss, in seconds; an open end is null. */
export const afterLoss = (
  { lo_ns, at_ns, hi_ns }: Instant,
  { edges }: SeenOutage,
): { readonly lo_s: number | null; readonly at_s: number; readonly hi_s: number | null } => {
  const zero = edges.begin.at_ns;
  const inSeconds = (value: number): number | null =>
    Number.isFinite(value) ? (value - zero) / NS_PER_S : null;
  return { lo_s: inSeconds(lo_ns), at_s: (at_ns - zero) / NS_PER_S, hi_s: inSeconds(hi_ns) };
};

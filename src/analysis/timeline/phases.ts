import type { Role, TrialEvent } from '../../model/event.js';
import type { MilestoneRule, ObservePlan, PhasePlan } from '../../model/observe-plan.js';
import type { PhaseRow } from '../../model/tables.js';
import type { PhaseWindow } from '../flow/windows.js';
import type { Change } from './timeline-changes.js';
import { earlier, type Instant, later, exactly } from './timeline-milestone.js';
import type { OutageEdges } from './timeline-outage.js';

/** What ends a phase of an outage. */
export type PhaseEnd =
  | { readonly by: 'traffic' }
  /** null: its milestone was not seen. */
  | { readonly by: 'milestone'; readonly instant: Instant | null };

/** One phase of an outage (nanoseconds). */
export interface CutPhase {
  /** Point value of its begin. */
  readonly start_ns: number;
  readonly lo_ns: number;
  /** null: its milestone was not seen, or the outage did not end. */
  readonly length_ns: number | null;
  readonly hi_ns: number | null;
  readonly status: PhaseRow['status'];
}

/**
 * Cuts an outage into its phases. Each goes from the end of the one before (the first from the first loss) to its own
 * milestone, but ends neither before it began nor after traffic was back:
 *
 *     end[i] = max(end[i-1], min(max(milestone[i], begin), traffic))
 *
 * As minimum and maximum grow with their arguments, the same of all lower ends, all points and all upper ends bounds the
 * true instant. A length is then the difference of two ends: at least lo[i] - hi[i-1], at most hi[i] - lo[i-1], and the
 * points add up to the outage's.
 *
 * @param most_ns upper bound of the outage, which no phase exceeds; Infinity: not known
 * @param ends in order; the last is traffic's
 */
export const cutOutage = (
  { begin, end: back }: OutageEdges,
  most_ns: number,
  ends: readonly PhaseEnd[],
): readonly CutPhase[] => {
  // The upper bound of the outage may be that of another period, or of what could have hidden beside this one.
  const end = most_ns === Infinity ? back : { ...back, hi_ns: Math.max(back.hi_ns, begin.lo_ns + most_ns) };
  let before = begin;
  return ends.map((each): CutPhase => {
    const start = before;
    const instant = each.by === 'traffic' ? end : each.instant;
    if (instant === null)
      return { start_ns: start.at_ns, lo_ns: 0, length_ns: null, hi_ns: null, status: 'not-seen' };
    const own = later(start, earlier(later(instant, begin), end));
    before = own;
    const [lo_ns, hi_ns] = [Math.max(0, own.lo_ns - start.hi_ns), own.hi_ns - start.lo_ns];
    if (own.at_ns === Infinity)
      return { start_ns: start.at_ns, lo_ns, length_ns: null, hi_ns: null, status: 'not-seen' };
    return {
      start_ns: start.at_ns,
      lo_ns,
      length_ns: own.at_ns - start.at_ns,
      hi_ns: hi_ns === Infinity ? null : Math.min(hi_ns, Math.max(most_ns, own.at_ns - start.at_ns)),
      status: statusOf(each, instant, { start, end }),
    };
  });
};

const statusOf = (
  { by }: PhaseEnd,
  { at_ns }: Instant,
  { start, end }: { readonly start: Instant; readonly end: Instant },
): PhaseRow['status'] => {
  if (by === 'traffic') return 'ok';
  if (at_ns > end.at_ns) return 'after';
  return at_ns <= start.at_ns ? 'before' : 'ok';
};

/** A phase as its rule makes it: its name, what ends it in words, and when that was. */
export interface RuledPhase {
  readonly name: string;
  readonly until: string;
  readonly end: PhaseEnd;
  /** What an observer showed that ended it; null: nothing, or another kind of milestone. */
  readonly seen: Change | null;
}

/** That the trigger was accepted, and by which word. */
export type Accepted = Extract<TrialEvent, { event: 'trigger-accepted' }>;

/** What milestones are looked for in. */
export interface Told {
  readonly window: PhaseWindow;
  readonly changes: readonly Change[];
  /** null: the trigger was not. */
  readonly accepted: Accepted | null;
}

/** The role's own observer comes first: any that is not the acted node has to move. */
const DETECTED: readonly Role[] = ['active', 'transitioning'];

const matches = (is: string, value: string): boolean => {
  const pattern = /^\/(.*)\/$/.exec(is)?.[1];
  return pattern === undefined ? value === is : new RegExp(pattern).test(value);
};

/**
 * The first change after the trigger, and before the pair is restored, that is meant. Where none came because it was so
 * already at the trigger, that one.
 */
const firstSeen = (
  { window, changes }: Told,
  isMeant: (change: Change) => boolean,
  isSubject: (change: Change) => boolean,
): Change | null => {
  const told = changes.filter(isSubject);
  const after = told.find(
    (change) =>
      change.instant.hi_ns >= window.trigger_ns && change.instant.hi_ns < window.cut_ns && isMeant(change),
  );
  if (after !== undefined) return after;
  const atTrigger = new Map<string, Change>();
  for (const change of told)
    if (change.instant.hi_ns < window.trigger_ns)
      atTrigger.set(`${change.observer ?? ''} ${change.subject}`, change);
  return [...atTrigger.values()].find(isMeant) ?? null;
};

const roleSeen = (told: Told, node: string, roles: readonly string[]): Change | null => {
  const { node: acted } = told.window;
  const isNode = (subject: string): boolean => {
    if (node === 'acted') return subject === acted;
    return node === 'other' ? subject !== acted : subject === node;
  };
  return firstSeen(
    told,
    ({ value }) => roles.includes(value),
    ({ isRole, subject }) => isRole && isNode(subject),
  );
};

const sayNode = (node: string): string => {
  if (node === 'acted') return 'the node acted on';
  return node === 'other' ? 'another node' : node;
};

const bySight = (until: string, seen: Change | null): Omit<RuledPhase, 'name'> => ({
  until,
  end: { by: 'milestone', instant: seen?.instant ?? null },
  seen,
});

const ruled = (rule: MilestoneRule, told: Told): Omit<RuledPhase, 'name'> => {
  switch (rule.milestone) {
    case 'traffic':
      return { until: 'traffic', end: { by: 'traffic' }, seen: null };
    case 'accepted': {
      const { accepted } = told;
      const instant = accepted === null ? null : exactly(accepted.at_ns);
      return { until: 'trigger accepted', end: { by: 'milestone', instant }, seen: null };
    }
    case 'observed': {
      const { observer, subject, is } = rule;
      const seen = firstSeen(
        told,
        ({ value }) => matches(is, value),
        (change) => change.observer === observer && (subject === null || change.subject === subject),
      );
      return bySight(`${observer}${subject === null ? '' : ` of ${subject}`} = ${is}`, seen);
    }
    case 'role':
      return bySight(`${sayNode(rule.node)} ${rule.role}`, roleSeen(told, rule.node, [rule.role]));
  }
};

/**
 * The phases of an outage by the scenario's rules. Without any: `detection` until another node than the acted one says
 * that it is active or on its way there, then `data plane` until traffic; null where no observer read roles: nothing is
 * explained then.
 */
export const ruledPhases = (
  phases: readonly PhasePlan[],
  observe: readonly ObservePlan[],
  told: Told,
): readonly RuledPhase[] | null => {
  if (phases.length > 0) return phases.map(({ name, until }) => ({ name, ...ruled(until, told) }));
  const hasRoles = observe.some(({ source }) => source.kind === 'role');
  if (!hasRoles || !told.changes.some(({ isRole }) => isRole)) return null;
  return [
    {
      name: 'detection',
      ...bySight('another node active or transitioning', roleSeen(told, 'other', DETECTED)),
    },
    { name: 'data plane', ...ruled({ milestone: 'traffic' }, told) },
  ];
};

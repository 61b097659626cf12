import { IS_API, NONE, type MilestoneRule, type ObservePlan } from '../../model/observe-plan.js';
import type { Instant } from '../timeline/timeline-milestone.js';
import { between, earlier, later } from '../timeline/timeline-milestone.js';
import type { SeenOutage } from '../timeline/timeline.js';
import { isDown } from './clocks.js';
import type { Happening } from './happening.js';

/** The steps that a failover may take between the first loss and the recovery, in their usual order. */
export const STAGES = [
  'hello',
  'detection',
  'decision',
  'detach',
  'attach',
  'operations',
  'promotion',
  'announcement',
  'neighbours',
  'health',
] as const;
export type Stage = (typeof STAGES)[number];

/** What ends a step, and what would have told when that was. */
interface StageWords {
  readonly name: string;
  readonly until: string;
  /** What of it is not known, in a sentence; null: it is no step of most pairs, and not missed. */
  readonly missing: { readonly what: string; readonly teller: string } | null;
}

const HA_LOG = "the other node's HA log (--log), or an observer of roles";
const API_LOG = "the cloud's activity log (--activity), or an observer of the addresses";

export const STAGE_WORDS: Readonly<Record<Stage, StageWords>> = {
  hello: {
    name: 'silence',
    until: 'a hello is missed',
    missing: {
      what: 'when the first hello was missed',
      teller: "the other node's HA log (--log), or a capture of the hellos (--pcap)",
    },
  },
  detection: {
    name: 'detection',
    until: 'the peer is declared dead',
    missing: { what: 'when the peer was declared dead', teller: HA_LOG },
  },
  decision: {
    name: 'decision',
    until: 'the first operation is accepted',
    missing: { what: "when the cloud's API took the first order", teller: API_LOG },
  },
  detach: {
    name: 'detach',
    until: 'the addresses belong to nobody',
    missing: { what: 'when the addresses were taken from the old node', teller: API_LOG },
  },
  attach: {
    name: 'attach',
    until: 'the addresses belong to the new node',
    missing: { what: 'when the new node had the addresses', teller: API_LOG },
  },
  operations: { name: 'operations', until: 'the last operation is done', missing: null },
  promotion: {
    name: 'promotion',
    until: 'another node is active',
    missing: { what: 'when another node was active', teller: HA_LOG },
  },
  announcement: {
    name: 'announcement',
    until: 'the address is announced',
    missing: { what: 'when the address was announced', teller: 'a capture beside the pair (--pcap)' },
  },
  neighbours: {
    name: 'neighbours',
    until: 'neighbours use the new entry',
    missing: {
      what: "when the neighbours' entries changed",
      teller: 'an observer with driver: neighbour, or a capture beside the neighbour (--pcap)',
    },
  },
  health: { name: 'health', until: 'the new target is healthy', missing: null },
};

/** A milestone that ends a step, as far as it was seen. */
export interface StageEnd {
  readonly instant: Instant;
  readonly told: readonly Happening[];
  /** Two tell it and their intervals do not meet: it is as the run saw it. */
  readonly disputed: boolean;
}

const firstOf = (found: readonly Happening[]): StageEnd | null => {
  const [first, ...rest] = found;
  if (first === undefined) return null;
  const instant = rest.reduce((all, each) => earlier(all, each.instant), first.instant);
  // What is certainly later than the first says nothing of it.
  const told = found.filter((each) => each.instant.lo_ns <= instant.hi_ns);
  return { instant, told, disputed: false };
};

/** The last of the firsts of each: all addresses, all parts of a node. */
const lastOf = (found: readonly Happening[], keyOf: (each: Happening) => string): StageEnd | null => {
  const keys = [...new Set(found.map(keyOf))];
  const firsts = keys.flatMap((key) => firstOf(found.filter((each) => keyOf(each) === key)) ?? []);
  return firsts.reduce<StageEnd | null>(
    (all, each) =>
      all === null
        ? each
        : { instant: later(all.instant, each.instant), told: [...all.told, ...each.told], disputed: false },
    null,
  );
};

/** Of a node whose parts change each by itself: somewhere from the first of them to the last. */
export const amid = (found: readonly Happening[]): StageEnd | null => {
  const [first, last] = [firstOf(found), lastOf(found, ({ part }) => part ?? '')];
  if (first === null || last === null) return null;
  return { ...last, instant: between(first.instant.lo_ns, last.instant.hi_ns) };
};

/** One thing told by two: it lies in both intervals, or is as the run saw it. */
export const together = (seen: StageEnd | null, logged: StageEnd | null): StageEnd | null => {
  if (seen === null || logged === null) return seen ?? logged;
  const [a, b] = [seen.instant, logged.instant];
  const [lo_ns, hi_ns] = [Math.max(a.lo_ns, b.lo_ns), Math.min(a.hi_ns, b.hi_ns)];
  const told = [...seen.told, ...logged.told];
  return lo_ns > hi_ns
    ? { ...seen, told, disputed: true }
    : { instant: { lo_ns, at_ns: (lo_ns + hi_ns) / 2, hi_ns }, told, disputed: false };
};

const TAKES_AWAY = /detach|disassociat|dissociat|unassign|unbind|release/i;
const GIVES = /attach|associat|assign|bind/i;

export interface StageContext {
  readonly nodes: readonly string[];
  readonly observe: readonly ObservePlan[];
  /** Addresses that move between nodes, as far as that is known. */
  readonly moving: ReadonlySet<string>;
}

/** Another node than the one acted on; where nobody says which that was, any. */
export const isOther = (name: string | null, acted: string | null, { nodes }: StageContext): boolean =>
  name !== null && name !== acted && (nodes.length === 0 || nodes.includes(name));

/** Whose packets a line of a capture is about. */
const senderOf = ({ raw }: Happening): string => /packet of (\S+) to/.exec(raw ?? '')?.[1] ?? '';

/** A sender uses another link-layer address than before: between its last packet to the old one and its first to the new one. */
const nextHopChanges = (resolved: readonly Happening[]): Happening[] => {
  const last = new Map<string, Happening>();
  return resolved
    .filter(({ value }) => value !== NONE)
    .flatMap((each) => {
      const key = `${each.clock ?? ''} ${each.subject ?? ''} ${senderOf(each)}`;
      const before = last.get(key);
      last.set(key, each);
      if (before === undefined || before.value === each.value) return [];
      return [{ ...each, instant: between(before.instant.lo_ns, each.instant.hi_ns) }];
    });
};

const isAbout = (resource: string | null, node: string): boolean =>
  resource?.toLowerCase().includes(node.toLowerCase()) === true;

/** What an operation does with the addresses, by its name, or else by whose resource it changes; null: nobody can tell. */
const wayOf = (
  { subject, value }: Happening,
  acted: string | null,
  { nodes }: StageContext,
): 'detach' | 'attach' | null => {
  if (TAKES_AWAY.test(value ?? '')) return 'detach';
  if (GIVES.test(value ?? '')) return 'attach';
  const about = nodes.filter((node) => isAbout(subject, node));
  if (about.length !== 1 || acted === null) return null;
  return about[0] === acted ? 'detach' : 'attach';
};

/** The milestones of one outage that can be told without the scenario's rules. */
export const stageEnds = (
  outage: SeenOutage,
  happenings: readonly Happening[],
  context: StageContext,
): ReadonlyMap<Stage, StageEnd> => {
  const { window, edges } = outage;
  const acted = window.node;
  // What was there before the outage is none of its steps, and what came when it was over is no cause of its end.
  const within = happenings.filter(
    ({ instant }) => instant.hi_ns >= window.trigger_ns && instant.lo_ns <= edges.end.hi_ns,
  );
  const of = (kind: Happening['kind'], isMeant: (each: Happening) => boolean = () => true): Happening[] =>
    within.filter((each) => each.kind === kind && isMeant(each));
  const byOther = ({ subject, clock }: Happening): boolean =>
    isOther(subject, acted, context) || isOther(clock, acted, context);
  const roleSeen = (role: string): Happening[] =>
    of(
      'seen',
      ({ change, subject, value }) =>
        change?.isRole === true && value === role && isOther(subject, acted, context),
    );
  const roleTold = (role: string): Happening[] =>
    of('role', ({ subject, value }) => value === role && isOther(subject, acted, context));
  const neighbours = new Set(
    context.observe.filter(({ source }) => source.kind === 'neighbour').map(({ name }) => name),
  );
  const isAfterLoss = ({ instant }: Happening): boolean => instant.lo_ns >= edges.begin.lo_ns;

  const announced = of('announced', isAfterLoss);
  // Any host announces itself now and then.
  const isMoving = ({ subject }: Happening): boolean => context.moving.has(subject ?? '');

  const peerLost = firstOf(of('peer-lost', byOther));
  // The trigger's own order to the machine is none of the pair's.
  const isOwn = ({ subject, value }: Happening): boolean =>
    !isDown(value ?? '') && subject?.toLowerCase() !== acted?.toLowerCase();
  const operations = of('operation-done', isOwn);
  const addresses = of('address-moved');
  const [freed, taken] = [
    lastOf(
      addresses.filter(({ value }) => value === null || value === NONE),
      ({ subject }) => subject ?? '',
    ),
    lastOf(
      addresses.filter(({ value }) => value !== null && value !== NONE),
      ({ subject }) => subject ?? '',
    ),
  ];
  const [detached, attached] = [
    operations.filter((each) => wayOf(each, acted, context) === 'detach'),
    operations.filter((each) => wayOf(each, acted, context) === 'attach'),
  ];
  const keyOf = ({ subject, value }: Happening): string => `${subject ?? ''} ${value ?? ''}`;
  const detach = freed ?? lastOf(detached, keyOf);
  const attach = taken ?? lastOf(attached, keyOf);
  const ends: readonly (readonly [Stage, StageEnd | null])[] = [
    ['hello', firstOf(of('hello-lost', byOther))],
    ['detection', peerLost ?? together(firstOf(roleSeen('transitioning')), amid(roleTold('transitioning')))],
    ['decision', firstOf(of('operation-accepted', isOwn))],
    ['detach', detach],
    ['attach', attach],
    ['operations', detach === null && attach === null ? lastOf(operations, keyOf) : null],
    ['promotion', together(firstOf(roleSeen('active')), amid(roleTold('active')))],
    ['announcement', firstOf(announced.some(isMoving) ? announced.filter(isMoving) : announced)],
    [
      'neighbours',
      firstOf([
        ...of(
          'seen',
          ({ change }) => change !== null && change.was !== null && neighbours.has(change.observer ?? ''),
        ),
        ...nextHopChanges(of('resolved')).filter(({ instant }) => instant.hi_ns >= edges.begin.lo_ns),
      ]),
    ],
    ['health', firstOf(of('health', ({ value, subject }) => value === 'healthy' && subject !== acted))],
  ];
  return new Map(ends.flatMap(([stage, end]) => (end === null ? [] : [[stage, end]])));
};

/** Which step a scenario's own milestone ends; null: one of its own. */
export const stageOfRule = (rule: MilestoneRule, observe: readonly ObservePlan[]): Stage | null => {
  if (rule.milestone === 'role') {
    if (rule.node === 'acted') return null;
    return rule.role === 'active' ? 'promotion' : rule.role === 'transitioning' ? 'detection' : null;
  }
  if (rule.milestone !== 'observed') return null;
  const source = observe.find(({ name }) => name === rule.observer)?.source;
  if (source === undefined) return null;
  if (source.kind === 'neighbour') return 'neighbours';
  if (!IS_API[source.kind]) return null;
  return rule.is === NONE ? 'detach' : 'attach';
};

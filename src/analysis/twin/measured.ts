import type { MilestoneRule, ObservePlan } from '../../model/observe-plan.js';
import type { LabDesign, LabPlan } from '../../model/lab-plan.js';
import { NS_PER_S } from '../../model/time.js';
import type { Link } from '../chain/chain.js';
import type { OutageChain } from '../chain/explain-run.js';
import type { Stage } from '../chain/stages.js';
import { type Part, partsOf } from './lab-model.js';

/** A length that is known as an interval, in nanoseconds. */
export interface Length {
  readonly lo_ns: number;
  readonly at_ns: number;
  readonly hi_ns: number;
}

/** What lies between two milestones that were seen: a part as the lab has it, or several that nothing parts. */
export interface Stretch extends Length {
  /** Empty: the lab has nothing like it. */
  readonly parts: readonly Part[];
  /** Of the links that it is made of. */
  readonly links: readonly string[];
}

/** One outage that ended, divided as the lab's are. */
export interface MeasuredOutage extends Length {
  readonly trial: number;
  readonly stretches: readonly Stretch[];
}

type Ends = (link: Link, observe: readonly ObservePlan[]) => boolean;

const atStage =
  (...stages: readonly Stage[]): Ends =>
  ({ stage }) =>
    stage !== null && stages.includes(stage);

const atTraffic: Ends = ({ key }) => key === 'traffic';

const isDns = (rule: MilestoneRule, observe: readonly ObservePlan[]): boolean =>
  rule.milestone === 'observed' &&
  observe.some(({ name, source }) => name === rule.observer && source.kind === 'dns');

const isOut = (rule: MilestoneRule): boolean =>
  rule.milestone === 'role' && rule.node === 'acted' && rule.role === 'faulted';

const atRecord: Ends = ({ rule }, observe) => rule !== null && isDns(rule, observe);
const atOut: Ends = (link, observe) =>
  (link.rule !== null && isOut(link.rule)) || atStage('detection')(link, observe);

/** What ends the parts of a design, in their order. */
const ENDS: Readonly<Record<LabDesign, Readonly<Partial<Record<Part, Ends>>>>> = {
  // Nothing but its own timer comes before a VRRP router is master, and it announces itself at once.
  vrrp: { detection: atStage('promotion', 'announcement', 'neighbours') },
  'cloud-ip': {
    detection: atStage('detection'),
    detach: atStage('detach'),
    attach: atStage('attach', 'operations'),
    takeover: atTraffic,
  },
  dns: { detection: atStage('detection'), boot: atStage('promotion'), record: atRecord, caches: atTraffic },
  lb: { detection: atOut, return: atTraffic },
};

/** No longer than the outage is. */
const lengthOf = (links: readonly Link[], most_ns: number): Length => {
  const sum = (of: (link: Link) => number): number =>
    links.reduce((total, link) => total + of(link), 0) * NS_PER_S;
  return {
    lo_ns: sum(({ row }) => row.lo_s),
    at_ns: sum(({ row }) => row.length_s ?? 0),
    hi_ns: Math.min(
      most_ns,
      sum(({ row }) => row.hi_s ?? Infinity),
    ),
  };
};

/** The links of one outage, gathered into the parts of a lab. What was not seen is part of what comes next. */
const stretchesOf = (
  links: readonly Link[],
  most_ns: number,
  plan: LabPlan,
  observe: readonly ObservePlan[],
): readonly Stretch[] => {
  const parts = partsOf(plan).map(({ part }) => part);
  const ends = ENDS[plan.design];
  const stretches: Stretch[] = [];
  let open: Link[] = [];
  let next = 0;
  const close = (until: number): void => {
    stretches.push({
      parts: parts.slice(next, until),
      links: open.map(({ name }) => name),
      ...lengthOf(open, most_ns),
    });
    next = until;
    open = [];
  };
  for (const link of links.filter(({ end }) => end !== null)) {
    open.push(link);
    const ended = parts.findIndex((part, index) => index >= next && ends[part]?.(link, observe) === true);
    if (ended !== -1) close(ended + 1);
  }
  if (open.length > 0) close(parts.length);
  return stretches;
};

/** Failovers whose end was seen: of others nobody knows how long they were. */
export const measuredOutages = (
  chains: readonly OutageChain[],
  plan: LabPlan,
  observe: readonly ObservePlan[],
): readonly MeasuredOutage[] =>
  chains.flatMap(({ outage: { trial: row }, links }): readonly MeasuredOutage[] => {
    const { trial, phase, outage_lo_s, outage_s, outage_hi_s } = row;
    if (phase !== 'failover' || trial === null) return [];
    if (outage_lo_s === null || outage_s === null || outage_hi_s === null) return [];
    const [lo_ns, at_ns, hi_ns] = [outage_lo_s, outage_s, outage_hi_s].map((each) => each * NS_PER_S) as [
      number,
      number,
      number,
    ];
    return [{ trial, lo_ns, at_ns, hi_ns, stretches: stretchesOf(links, hi_ns, plan, observe) }];
  });

/** The design whose outages have such links, and why; null: it was asked for. */
export interface DesignChoice {
  readonly design: LabDesign;
  readonly why: string | null;
}

/** @param hasApi a cloud's API has a part in the failover, or may have */
export const chooseDesign = (
  chains: readonly OutageChain[],
  observe: readonly ObservePlan[],
  hasApi: boolean,
): DesignChoice => {
  const links = chains.flatMap(({ links: own }) => own.filter(({ end }) => end !== null));
  const ruledBy = (isMeant: (rule: MilestoneRule) => boolean): Link | undefined =>
    links.find(({ rule }) => rule !== null && isMeant(rule));
  const record = ruledBy((rule) => isDns(rule, observe));
  if (record !== undefined) return { design: 'dns', why: `${record.name} ends with a DNS record` };
  const out = ruledBy(isOut) ?? links.find(({ stage }) => stage === 'health');
  if (out !== undefined) return { design: 'lb', why: `${out.name} ends with a target's health` };
  const moved = links.find(
    ({ stage }) => stage === 'decision' || stage === 'detach' || stage === 'attach' || stage === 'operations',
  );
  if (moved !== undefined) return { design: 'cloud-ip', why: `${moved.name} is an API's` };
  if (hasApi) return { design: 'cloud-ip', why: "a cloud's API has a part in it" };
  return { design: 'vrrp', why: 'nothing tells of an API, a DNS record or a load balancer' };
};

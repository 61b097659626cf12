import {
  type CloudIpPlan,
  type DelayPlan,
  type DnsPlan,
  type LabPlan,
  type LbPlan,
  VRRP_PRIORITY,
  type VrrpPlan,
} from '../../model/lab-plan.js';
import type { Random } from '../statistics/random.js';

/*
 * What a lab makes of its knobs when the active node loses power: the parts of the outage, one after the other. It is the
 * computed outage alone, in nanoseconds: what programs, logins and a busy host take comes on top. Held against the lab's own
 * parts by test/property/lab-model.test.ts, and against whole labs by test/lab/twin.test.ts.
 */

/** A part of an outage as the lab makes it, called as the link of a chain that it is. */
export type Part =
  | 'detection'
  | 'detach'
  | 'attach'
  /** From both addresses attached, or the standby found dead, until traffic is back. */
  | 'takeover'
  | 'boot'
  | 'record'
  | 'caches'
  | 'return';

/** A part and the knobs that it is made of, called as in the plan. */
export interface PartOfLab {
  readonly part: Part;
  readonly knobs: readonly string[];
  /**
   * The knobs are all of it. Otherwise they are a timer or a boot time within it: what a real pair, or the lab's programs,
   * add to that stays when the knob changes.
   */
  readonly isWhole: boolean;
}

const part = (name: Part, knobs: readonly string[], isWhole = false): PartOfLab => ({
  part: name,
  knobs,
  isWhole,
});

/** The parts of an outage in their order. */
export const partsOf = (plan: LabPlan): readonly PartOfLab[] => {
  switch (plan.design) {
    case 'vrrp':
      return [part('detection', ['advert_ns'])];
    case 'cloud-ip':
      return [
        part('detection', ['heartbeat_ns', 'missed']),
        part('detach', ['detach'], true),
        part('attach', ['attach', 'poll_ns'], true),
        part('takeover', ['promotion', 'routes', 'rules', 'poll_ns']),
      ];
    case 'dns':
      return [
        part('detection', ['monitor_ns', 'missed']),
        part('boot', ['boot_ns']),
        part('record', ['update'], true),
        part('caches', ['ttl_ns'], true),
      ];
    case 'lb':
      // A flow that sticks to its node waits for that alone.
      return plan.existing !== 'rebalance'
        ? [part('return', ['boot_ns'])]
        : [part('detection', ['probe_ns', 'threshold'])];
  }
};

/** Lengths of the parts, as `partsOf` lists them. */
export type Lengths = readonly number[];

/**
 * RFC 5798 §6.1: 3 advertisements and the skew after the last one, which was sent up to one before the power cut. Either node
 * may be the one that takes over: roles change with each trial.
 */
const vrrp = ({ advert_ns }: VrrpPlan, random: Random): Lengths => {
  const priority = random() < 0.5 ? VRRP_PRIORITY['fw-a'] : VRRP_PRIORITY['fw-b'];
  return [advert_ns * (3 + (256 - priority) / 256 - random())];
};

const drawn = ({ least_ns, most_ns }: DelayPlan, random: Random): number =>
  least_ns + (most_ns - least_ns) * random();

/** How long after the end of something the next question of a node that asks so often, from its begin on, falls. */
const untilAsked = (length_ns: number, poll_ns: number): number =>
  Math.max(1, Math.ceil(length_ns / poll_ns)) * poll_ns - length_ns;

/**
 * The last heartbeat came up to one before the power cut, and the passive node looks once per heartbeat. Both interfaces are
 * changed at once, and the slower one counts; its end is seen at the node's next question. The network follows each
 * attachment by itself, beside the promotion.
 */
const cloudIp = (plan: CloudIpPlan, random: Random): Lengths => {
  const { heartbeat_ns, missed, poll_ns } = plan;
  const both = (delay: DelayPlan): readonly [number, number] => [drawn(delay, random), drawn(delay, random)];
  const detection = heartbeat_ns * (missed - random() + random());
  const detach = Math.max(...both(plan.detach));
  const attached = both(plan.attach);
  const attach = Math.max(...attached);
  const promotion = untilAsked(attach, poll_ns) + drawn(plan.promotion, random);
  const routed = both(plan.routes).map((lag, side) => (attached[side] ?? attach) + lag);
  // Security rules hold up replies alone, from the attachment of the second one, untrust.
  const replied = attached[1] + drawn(plan.rules, random);
  const back = Math.max(attach + promotion, replied, ...routed);
  return [detection, detach, untilAsked(detach, poll_ns) + attach, back - attach];
};

/**
 * The next probe begins up to one after the power cut, and each of those that are missed has its whole time for the answer
 * (the kernel says "unreachable" after three seconds: a slower monitor is a little quicker). The answer that a client keeps
 * is of any age.
 */
const dns = ({ monitor_ns, missed, boot_ns, update, ttl_ns }: DnsPlan, random: Random): Lengths => [
  monitor_ns * (missed + random()),
  boot_ns,
  drawn(update, random),
  ttl_ns * random(),
];

const balancer = ({ probe_ns, threshold, existing, boot_ns }: LbPlan, random: Random): Lengths =>
  existing === 'rebalance' ? [probe_ns * (threshold + random())] : [boot_ns];

/** One outage, drawn. */
export const drawOutage = (plan: LabPlan, random: Random): Lengths => {
  switch (plan.design) {
    case 'vrrp':
      return vrrp(plan, random);
    case 'cloud-ip':
      return cloudIp(plan, random);
    case 'dns':
      return dns(plan, random);
    case 'lb':
      return balancer(plan, random);
  }
};

/** Of a part, in nanoseconds. */
export interface Span {
  readonly least_ns: number;
  readonly most_ns: number;
}

/** The least and the most that each part can be: what no outage of the lab's own is beyond. */
export const spansOf = (plan: LabPlan): readonly Span[] => {
  const span = (least_ns: number, most_ns = least_ns): Span => ({ least_ns, most_ns });
  switch (plan.design) {
    case 'vrrp': {
      const skews = Object.values(VRRP_PRIORITY).map((priority) => (256 - priority) / 256);
      return [span((2 + Math.min(...skews)) * plan.advert_ns, (3 + Math.max(...skews)) * plan.advert_ns)];
    }
    case 'cloud-ip': {
      const { heartbeat_ns, missed, poll_ns, detach, attach, promotion, routes, rules } = plan;
      return [
        span((missed - 1) * heartbeat_ns, (missed + 1) * heartbeat_ns),
        detach,
        // A delay shorter than a question's interval is seen by the first one.
        span(attach.least_ns, attach.most_ns + poll_ns),
        span(
          Math.max(promotion.least_ns, routes.least_ns),
          Math.max(poll_ns + promotion.most_ns, routes.most_ns, rules.most_ns),
        ),
      ];
    }
    case 'dns': {
      const { monitor_ns, missed, boot_ns, update, ttl_ns } = plan;
      return [span(missed * monitor_ns, (missed + 1) * monitor_ns), span(boot_ns), update, span(0, ttl_ns)];
    }
    case 'lb': {
      const { probe_ns, threshold, existing, boot_ns } = plan;
      return existing === 'rebalance'
        ? [span(threshold * probe_ns, (threshold + 1) * probe_ns)]
        : [span(boot_ns)];
    }
  }
};

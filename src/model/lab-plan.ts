import * as z from 'zod';
import { formatDuration, parseDuration } from './duration.js';
import { nanoseconds } from './schema.js';
import { type Nanoseconds, ns } from './time.js';

/*
 * The lab's designs and the knobs of each. What a scenario may say of a lab, what is recorded of it and what is said of
 * it in words come from this one list.
 */

/** How long an operation takes: drawn anew each time, uniformly between the two. */
const delayPlan = z.object({ least_ns: nanoseconds, most_ns: nanoseconds });
export type DelayPlan = Readonly<z.infer<typeof delayPlan>>;

interface KnobText {
  /** For editors, and the reference of scenarios. */
  readonly description: string;
  /** What it is where nothing is said, as a person would write it. */
  readonly preset: string;
  /** Plans of older runs do not have it: it had its preset then, which is not said in words either. */
  readonly isLater?: boolean;
}

interface DurationLimits {
  readonly least_ns?: Nanoseconds;
  readonly fits?: (value_ns: number) => boolean;
  /** Said of one that does not fit. */
  readonly otherwise?: string;
}

/** A knob, and how a plan has it. */
export type Knob = KnobText &
  (
    | ({ readonly kind: 'duration'; readonly plan: typeof nanoseconds } & DurationLimits)
    | { readonly kind: 'delay'; readonly plan: typeof delayPlan }
    | { readonly kind: 'count'; readonly plan: z.ZodNumber; readonly least: number; readonly most: number }
    | {
        readonly kind: 'choice';
        readonly plan: z.ZodEnum;
        readonly values: readonly [string, ...string[]];
      }
    | { readonly kind: 'flag'; readonly plan: z.ZodBoolean }
  );

const duration = (description: string, preset: string, limits: DurationLimits = {}) =>
  ({ kind: 'duration', description, preset, plan: nanoseconds, ...limits }) as const;
const delay = (description: string, preset: string) =>
  ({ kind: 'delay', description, preset, plan: delayPlan }) as const;
const count = (description: string, preset: string, least: number, most: number) =>
  ({ kind: 'count', description, preset, plan: z.number(), least, most }) as const;
const choice = <const T extends readonly [string, ...string[]]>(
  description: string,
  preset: T[number],
  values: T,
) => ({ kind: 'choice', description, preset, plan: z.enum(values), values }) as const;
const flag = (description: string) =>
  ({ kind: 'flag', description, preset: 'false', plan: z.boolean() }) as const;

const sync = (preset: 'conntrackd' | 'none') =>
  choice('Who syncs connection state.', preset, ['conntrackd', 'none']);

/** The longest time from a node's crash until it is missed, and where that comes from. */
interface Missed {
  readonly after_ns: number;
  readonly why: string;
}

type Knobs = Readonly<Record<string, Knob>>;

type PlanOf<Name extends string, Own extends Knobs> = z.ZodObject<
  { design: z.ZodLiteral<Name> } & { [Key in keyof Own]: Own[Key]['plan'] }
>;

/** What a plan has of a knob that it is too old for. */
const presetPlan = ({ kind, preset }: Knob): unknown => {
  if (kind === 'duration') return parseDuration(preset);
  return kind === 'delay' ? { least_ns: parseDuration(preset), most_ns: parseDuration(preset) } : preset;
};

/**
 * A design. Knobs are called as in its plan, where a duration ends in `_ns`; in a scenario, `boot_ns` is `boot`, and
 * `tcpLoose` is `tcp-loose`. `missed`: null where any boot time will do.
 */
const design = <const Name extends string, Own extends Knobs>(
  name: Name,
  title: string,
  knobs: Own,
  missed: ((plan: z.infer<PlanOf<Name, Own>>) => Missed) | null,
) => {
  const shape = Object.entries<Knob>(knobs).map(([key, knob]) => [
    key,
    knob.isLater === true ? z.prefault(knob.plan, presetPlan(knob) as never) : knob.plan,
  ]);
  const plan = z.object({ design: z.literal(name), ...Object.fromEntries(shape) }) as PlanOf<Name, Own>;
  return { name, title, knobs, plan, missed: (values: unknown) => missed?.(plan.parse(values)) ?? null };
};

/** Of each node; who has the higher one takes over sooner (RFC 5798 §6.1). */
export const VRRP_PRIORITY = { 'fw-a': 150, 'fw-b': 100 } as const;

const vrrp = design(
  'vrrp',
  'keepalived and conntrackd',
  {
    // RFC 5798 §5.2.7: a 12-bit count of centiseconds. The backup takes over after 3 of them plus its skew.
    advert_ns: duration('VRRP advertisement interval, in steps of 10ms up to 40.95s.', '1s', {
      least_ns: ns(10e6),
      fits: (advert) => advert % 10e6 === 0 && advert <= 40.95e9,
      otherwise: 'is no whole number of 10ms up to 40.95s',
    }),
    sync: sync('conntrackd'),
    boot_ns: duration('From power back to VRRP started.', '4s'),
    nat: {
      ...choice('"ports": the client’s TCP connections get the virtual address and another port.', 'none', [
        'none',
        'ports',
      ]),
      isLater: true,
    },
    tcpLoose: flag('Nodes pick up TCP connections they never saw begin (nf_conntrack_tcp_loose).'),
    preempt: flag('fw-a (higher priority) takes its role back when it returns.'),
  },
  // RFC 5798 §6.1: one that is back waits as the backup does, but fw-b longer than fw-a.
  ({ advert_ns }) => ({
    after_ns: Math.ceil(((VRRP_PRIORITY['fw-a'] - VRRP_PRIORITY['fw-b']) / 256) * advert_ns),
    why: `fw-b waits 50/256 of an advert of ${formatDuration(advert_ns)} longer than fw-a when it is back`,
  }),
);

const cloudIp = design(
  'cloud-ip',
  'addresses that are moved by a cloud API',
  {
    heartbeat_ns: duration('From one heartbeat on the HA link to the next.', '500ms', {
      least_ns: ns(50e6),
    }),
    missed: count('Missing heartbeats in a row before the passive node acts.', '3', 1, 100),
    // Of each of the two interfaces.
    detach: delay('From the request to detach an address until done.', '1s to 2s'),
    attach: delay('From the request to attach an address until done.', '1s to 3s'),
    routes: delay('From the attachment until the network follows.', '500ms to 1s'),
    promotion: delay('From both attached until the node forwards and is active.', '500ms'),
    poll_ns: duration('How often the node asks whether it is done.', '500ms', {
      least_ns: ns(10e6),
    }),
    sync: sync('conntrackd'),
    boot_ns: duration('From power back to the HA software started.', '4s'),
    rules: {
      ...delay('From the attachment until security rules let replies to the new node.', '0s'),
      isLater: true,
    },
    replies: {
      ...choice('"direct": after a failover replies go past the pair until fw-a is active.', 'pair', [
        'pair',
        'direct',
      ]),
      isLater: true,
    },
    lease_ns: {
      ...duration('The client has its address by DHCP from fw-a, while that is active.', '0s', {
        // dnsmasq gives none for a shorter time.
        fits: (lease) => lease === 0 || (lease >= 120e9 && lease % 1e9 === 0),
        otherwise: 'is neither 0s nor whole seconds from 2m on',
      }),
      isLater: true,
    },
  },
  // The passive node looks once per heartbeat: up to one more.
  ({ missed, heartbeat_ns }) => ({
    after_ns: (missed + 1) * heartbeat_ns,
    why: `${missed} heartbeats of ${formatDuration(heartbeat_ns)} are ${formatDuration(ns(missed * heartbeat_ns))}, and up to one more`,
  }),
);

const dns = design(
  'dns',
  'a monitor that starts the standby and rewrites a DNS record',
  {
    ttl_ns: duration('TTL of the record, in whole seconds.', '5s', {
      least_ns: ns(1e9),
      fits: (ttl) => ttl % 1e9 === 0,
      otherwise: 'is no whole number of seconds',
    }),
    monitor_ns: duration('From one probe by the monitor to the next, and for its answer.', '1s', {
      least_ns: ns(50e6),
    }),
    missed: count('Failed probes in a row after which the monitor acts.', '3', 1, 100),
    boot_ns: duration('How long the standby’s service, or a crashed node, takes to start.', '4s'),
    // A DNS provider's API takes its time.
    update: delay('From the standby started until the record is rewritten.', '1s to 3s'),
  },
  // A node that is back serves nobody before the monitor starts its service, and so it is missed.
  null,
);

const balancer = design(
  'lb',
  'a load balancer with health probes, two active nodes',
  {
    probe_ns: duration('From one health probe of a node to the next, and for its answer.', '1s', {
      least_ns: ns(100e6),
    }),
    threshold: count('Failed probes in a row that take a node out, good ones that take it in.', '2', 1, 10),
    existing: choice(
      'Flows of a dead node "stick" to it, or "rebalance" to the other one; "reset": who sends on one of TCP gets a RST, others stick.',
      'stick',
      ['stick', 'rebalance', 'reset'],
    ),
    arms: {
      ...choice(
        '"one": the balancer has one interface, and sends what comes to its own address on to a node, in its own name.',
        'two',
        ['two', 'one'],
      ),
      isLater: true,
    },
    sync: sync('none'),
    boot_ns: duration('From power back to forwarding.', '4s'),
  },
  ({ threshold, probe_ns }) => ({
    after_ns: (threshold + 1) * probe_ns,
    why: `${threshold} failed probes, one each ${formatDuration(probe_ns)}, and up to one more`,
  }),
);

export type VrrpPlan = Readonly<z.infer<typeof vrrp.plan>>;
export type CloudIpPlan = Readonly<z.infer<typeof cloudIp.plan>>;
export type DnsPlan = Readonly<z.infer<typeof dns.plan>>;
export type LbPlan = Readonly<z.infer<typeof balancer.plan>>;

export const DESIGNS = { vrrp, 'cloud-ip': cloudIp, dns, lb: balancer } as const;
export type LabDesign = keyof typeof DESIGNS;
export const LAB_DESIGNS = Object.keys(DESIGNS) as [LabDesign, ...LabDesign[]];

const [first, ...others] = LAB_DESIGNS;
/** A lab: which design and its knobs. */
export const lab = z.discriminatedUnion('design', [
  DESIGNS[first].plan,
  ...others.map((name) => DESIGNS[name].plan),
]);
export type LabPlan = Readonly<z.infer<typeof lab>>;

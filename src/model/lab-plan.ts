import { z } from 'zod';
import { nanoseconds } from './login.js';
import type { Nanoseconds } from './time.js';

/** The lab `vrrp`: keepalived, conntrackd and nftables on both nodes. */
export interface VrrpPlan {
  readonly design: 'vrrp';
  /** VRRP advertisement interval (RFC 5798 §5.2.7); the backup takes over after 3 of them plus its skew. */
  readonly advert_ns: Nanoseconds;
  /** Connection-tracking state sync between the nodes. */
  readonly sync: 'conntrackd' | 'none';
  /** From power back to keepalived started. */
  readonly boot_ns: Nanoseconds;
  /** net.netfilter.nf_conntrack_tcp_loose on the nodes. */
  readonly tcpLoose: boolean;
  /** `ports`: the nodes translate the client's TCP connections to their virtual address and a port of their own. */
  readonly nat: 'none' | 'ports';
  /** Does the higher priority take its role back? */
  readonly preempt: boolean;
}

/** How long an operation takes: uniformly distributed between the two. */
export interface DelayPlan {
  readonly least_ns: Nanoseconds;
  readonly most_ns: Nanoseconds;
}

/** The lab `cloud-ip`: a secondary address that the passive node moves to itself by a cloud's asynchronous API. */
export interface CloudIpPlan {
  readonly design: 'cloud-ip';
  /** Heartbeat over the HA link. */
  readonly heartbeat_ns: Nanoseconds;
  /** Heartbeats in a row that have to be missing before the passive node acts. */
  readonly missed: number;
  /** From the request to detach an address until it is done; of each of the two interfaces. */
  readonly detach: DelayPlan;
  readonly attach: DelayPlan;
  /** From the attachment until the network forwards to the new interface. */
  readonly routes: DelayPlan;
  /** From both addresses attached until the node says it is active and forwards. */
  readonly promotion: DelayPlan;
  /** How often the node asks whether an operation is done. */
  readonly poll_ns: Nanoseconds;
  readonly sync: 'conntrackd' | 'none';
  readonly boot_ns: Nanoseconds;
}

/** The lab `dns`: a monitor that starts the standby and rewrites a DNS record. */
export interface DnsPlan {
  readonly design: 'dns';
  /** TTL of the record. */
  readonly ttl_ns: Nanoseconds;
  /** How often the monitor probes the primary. */
  readonly monitor_ns: Nanoseconds;
  /** Failed probes in a row before it acts. */
  readonly missed: number;
  readonly boot_ns: Nanoseconds;
  /** From the standby's start until the record is rewritten (the DNS provider's API). */
  readonly update: DelayPlan;
}

/** The lab `lb`: a load balancer with health probes in front of two active nodes. */
export interface LbPlan {
  readonly design: 'lb';
  readonly probe_ns: Nanoseconds;
  /** Failed health probes in a row that take a node out, and good ones that take it in again. */
  readonly threshold: number;
  /** Flows of a dead node: `stick` to it, or are sent to another (`rebalance`). */
  readonly existing: 'stick' | 'rebalance';
  readonly sync: 'conntrackd' | 'none';
  readonly boot_ns: Nanoseconds;
}

/** A lab: which design and its knobs. */
export type LabPlan = VrrpPlan | CloudIpPlan | DnsPlan | LbPlan;
export const LAB_DESIGNS = ['vrrp', 'cloud-ip', 'dns', 'lb'] as const;
export type LabDesign = (typeof LAB_DESIGNS)[number];

const delay = z.object({ least_ns: nanoseconds, most_ns: nanoseconds });

const sync = z.enum(['conntrackd', 'none']);

const vrrp = z.object({
  design: z.literal('vrrp'),
  advert_ns: nanoseconds,
  sync,
  boot_ns: nanoseconds,
  tcpLoose: z.boolean(),
  nat: z.enum(['none', 'ports']).default('none'),
  preempt: z.boolean(),
});

const cloudIp = z.object({
  design: z.literal('cloud-ip'),
  heartbeat_ns: nanoseconds,
  missed: z.number(),
  detach: delay,
  attach: delay,
  routes: delay,
  promotion: delay,
  poll_ns: nanoseconds,
  sync,
  boot_ns: nanoseconds,
});

const dns = z.object({
  design: z.literal('dns'),
  ttl_ns: nanoseconds,
  monitor_ns: nanoseconds,
  missed: z.number(),
  boot_ns: nanoseconds,
  update: delay,
});

const lb = z.object({
  design: z.literal('lb'),
  probe_ns: nanoseconds,
  threshold: z.number(),
  existing: z.enum(['stick', 'rebalance']),
  sync,
  boot_ns: nanoseconds,
});

export const lab = z.discriminatedUnion('design', [vrrp, cloudIp, dns, lb]);

import { z } from 'zod';
import { nanoseconds } from './record-parts.js';

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

import { z } from 'zod';
import { formatDuration, parseDuration } from '../model/duration.js';
import { KnownError, usage } from '../model/error.js';
import type {
  DelayPlan,
  CloudIpPlan,
  DnsPlan,
  LabPlan,
  LbPlan,
  VrrpPlan,
  LabDesign,
} from '../model/lab-plan.js';
import { ns } from '../model/time.js';
import { problemsOf, wordIssue, pathText } from '../yaml/problem.js';
import { choice, count, duration, flag, mapping } from './field.js';

/*
 * The labs and their knobs. `lab: vrrp` is short for the mapping with that design and nothing else.
 */

const no = (schema: ReturnType<typeof flag>) => schema.prefault('false');

const sync = choice('Who carries connection state to the other node.', ['conntrackd', 'none']).prefault(
  'conntrackd',
);

/**
 * Refuses a boot time after which a crashed node is back before it can be missed: nothing would fail over, and the lab
 * would be no lab of that. `missed_ns`: the longest time from its crash until it is missed; `why` says where that comes
 * from.
 */
const missable = (
  { value, issues }: z.core.ParsePayload<{ readonly boot: number }>,
  missed_ns: number,
  why: string,
): void => {
  if (value.boot >= missed_ns) return;
  const [boot, missed] = [value.boot, missed_ns].map((each) => formatDuration(ns(each)));
  issues.push({
    code: 'custom',
    path: ['boot'],
    input: value.boot,
    message:
      `a crashed node is back after ${boot}, before it is missed (after up to ${missed}: ${why}), ` +
      `so that nothing fails over; give it at least ${missed}`,
  });
};

const vrrp = mapping('The lab vrrp with its knobs: keepalived and conntrackd.', {
  design: choice('Design of the HA pair.', ['vrrp']),
  // RFC 5798 §5.2.7: a 12-bit count of centiseconds.
  advert: duration('VRRP advertisement interval: 10ms to 40.95s in steps of 10ms.', ns(10e6))
    .refine((advert) => advert % 10e6 === 0 && advert <= 40.95e9, 'is no whole number of 10ms up to 40.95s')
    .prefault('1s'),
  sync,
  boot: duration('From power back to VRRP started.').prefault('4s'),
  nat: choice(
    'What the nodes do to the client\'s TCP connections: "ports" gives each another address and port.',
    ['none', 'ports'],
  ).prefault('none'),
  'tcp-loose': no(flag('Let nodes pick up TCP connections they never saw begin (nf_conntrack_tcp_loose).')),
  preempt: no(flag('Let the node of higher priority take its role back when it returns.')),
}).check((payload) => {
  // RFC 5798 §6.1: one that is back waits as the backup does, but fw-b (priority 100) longer than fw-a (150).
  const why = `fw-b waits 50/256 of an advert of ${formatDuration(payload.value.advert)} longer than fw-a when it is back`;
  missable(payload, Math.ceil((50 / 256) * payload.value.advert), why);
});

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

const cloudIp = mapping('The lab cloud-ip with its knobs: addresses that are moved by a cloud API.', {
  design: choice('Design of the HA pair.', ['cloud-ip']),
  heartbeat: duration('Time from one heartbeat on the HA link to the next.', ns(50e6)).prefault('500ms'),
  missed: count('Heartbeats in a row that have to be missing before the passive node acts.', 1, 100).prefault(
    '3',
  ),
  detach: delay('From the request to detach an address until it is done.').prefault('1s to 2s'),
  attach: delay('From the request to attach an address until it is done.').prefault('1s to 3s'),
  routes: delay('From the attachment until the network forwards to the new interface.').prefault(
    '500ms to 1s',
  ),
  promotion: delay('From both addresses attached until the node forwards and says it is active.').prefault(
    '500ms',
  ),
  poll: duration('How often the node asks whether an operation is done.', ns(10e6)).prefault('500ms'),
  sync,
  boot: duration('From power back to the HA software started.').prefault('4s'),
}).check((payload) => {
  const { missed, heartbeat } = payload.value;
  // The passive node looks once per heartbeat: up to one more.
  const why = `${missed} heartbeats of ${formatDuration(heartbeat)} are ${formatDuration(ns(missed * heartbeat))}, and up to one more`;
  missable(payload, (missed + 1) * heartbeat, why);
});

const lb = mapping('The lab lb with its knobs: a load balancer with health probes, two active nodes.', {
  design: choice('Design of the HA pair.', ['lb']),
  probe: duration(
    'Time from one health probe of a node to the next, and for its answer.',
    ns(100e6),
  ).prefault('1s'),
  threshold: count('Failed probes in a row that take a node out, good ones that take it in.', 1, 10).prefault(
    '2',
  ),
  existing: choice('The flows of a dead node: "stick" to it, or "rebalance": go to another one.', [
    'stick',
    'rebalance',
  ]).prefault('stick'),
  sync: choice('Who carries connection state to the other node.', ['conntrackd', 'none']).prefault('none'),
  boot: duration('From power back to forwarding.').prefault('4s'),
}).check((payload) => {
  const { threshold, probe } = payload.value;
  const why = `${threshold} failed probes, one each ${formatDuration(probe)}, and up to one more`;
  missable(payload, (threshold + 1) * probe, why);
});

// Any boot time will do: a node that is back serves nobody before the monitor starts its service, and so it is missed.
const dns = mapping(
  'The lab dns with its knobs: a monitor that starts the standby and rewrites a DNS record.',
  {
    design: choice('Design of the HA pair.', ['dns']),
    ttl: duration('TTL of the record, in whole seconds.', ns(1e9))
      .refine((ttl) => ttl % 1e9 === 0, 'is no whole number of seconds')
      .prefault('5s'),
    monitor: duration(
      'Time from one probe of the primary by the monitor to the next, and for its answer.',
      ns(50e6),
    ).prefault('1s'),
    missed: count('Failed probes in a row after which the monitor acts.', 1, 100).prefault('3'),
    boot: duration('How long a node takes to start.').prefault('4s'),
    update: delay('From the standby started until the record is rewritten.').prefault('1s to 3s'),
  },
);

const knobs = z.discriminatedUnion('design', [vrrp, cloudIp, dns, lb]);

/** A lab: its design alone, or with knobs. */
export const lab = z
  .union([
    choice('Design of the HA pair.', ['vrrp', 'cloud-ip', 'dns', 'lb'])
      .transform((design) => ({ design }))
      .pipe(knobs),
    knobs,
  ])
  .meta({ description: 'Run in a lab of network namespaces; left out for real equipment.' });

export type WrittenLab = z.output<typeof lab>;

/** Reads a delay: a duration (`2s`), or the least and the most of one that is drawn anew each time (`2s to 8s`). */
export const parseDelay = (text: string): DelayPlan => {
  const [first = '', second, ...rest] = text.split(/\s+to\s+/);
  const least_ns = parseDuration(first);
  const most_ns = second === undefined ? least_ns : parseDuration(second);
  if (rest.length === 0 && least_ns <= most_ns) return { least_ns, most_ns };
  throw usage(`"${text}" is no delay`, 'write one duration, or the least and the most as in "2s to 8s"');
};

/** As `parseDelay` reads it. */
export const formatDelay = ({ least_ns, most_ns }: DelayPlan): string =>
  least_ns === most_ns
    ? formatDuration(least_ns)
    : `${formatDuration(least_ns)} to ${formatDuration(most_ns)}`;

/** The knobs of a lab: `advert 200ms, sync conntrackd, boot 4s, tcp-loose off, preempt off`. */
export const knobWords = (plan: LabPlan): string => {
  switch (plan.design) {
    case 'vrrp':
      return vrrpWords(plan);
    case 'cloud-ip':
      return cloudIpWords(plan);
    case 'dns':
      return dnsWords(plan);
    case 'lb':
      return lbWords(plan);
  }
};

const vrrpWords = (plan: VrrpPlan): string =>
  [
    `advert ${formatDuration(plan.advert_ns)}`,
    `sync ${plan.sync}`,
    `boot ${formatDuration(plan.boot_ns)}`,
    `tcp-loose ${plan.tcpLoose ? 'on' : 'off'}`,
    `preempt ${plan.preempt ? 'on' : 'off'}`,
    ...(plan.nat === 'none' ? [] : [`nat ${plan.nat}`]),
  ].join(', ');

const cloudIpWords = (plan: CloudIpPlan): string =>
  [
    `heartbeat ${formatDuration(plan.heartbeat_ns)}`,
    `missed ${plan.missed}`,
    `detach ${formatDelay(plan.detach)}`,
    `attach ${formatDelay(plan.attach)}`,
    `routes ${formatDelay(plan.routes)}`,
    `promotion ${formatDelay(plan.promotion)}`,
    `poll ${formatDuration(plan.poll_ns)}`,
    `sync ${plan.sync}`,
    `boot ${formatDuration(plan.boot_ns)}`,
  ].join(', ');

const dnsWords = (plan: DnsPlan): string =>
  [
    `ttl ${formatDuration(plan.ttl_ns)}`,
    `monitor ${formatDuration(plan.monitor_ns)}`,
    `missed ${plan.missed}`,
    `boot ${formatDuration(plan.boot_ns)}`,
    `update ${formatDelay(plan.update)}`,
  ].join(', ');

const lbWords = (plan: LbPlan): string =>
  [
    `probe ${formatDuration(plan.probe_ns)}`,
    `threshold ${plan.threshold}`,
    `existing ${plan.existing}`,
    `sync ${plan.sync}`,
    `boot ${formatDuration(plan.boot_ns)}`,
  ].join(', ');

/**
 * The plan of a lab of which design and knobs are given as words, as a scenario's `lab` has them. Throws KnownError with
 * all problems at once.
 */
export const labOfKnobs = (design: LabDesign, knobs: Readonly<Record<string, string>>): LabPlan => {
  const raw = { design, ...knobs };
  const parsed = lab.safeParse(raw, { error: wordIssue });
  if (parsed.success) return labPlan(parsed.data);
  const problems = problemsOf(parsed.error.issues, raw);
  throw usage(
    problems.map(({ path, message }) => `lab ${design}: ${pathText(path)}: ${message}`).join('\n'),
    'docs/scenarios.md lists the knobs of each design',
  );
};

/** The plan of a lab as written: the schema has filled in the defaults of its knobs. */
export const labPlan = (written: WrittenLab): LabPlan => {
  switch (written.design) {
    case 'vrrp':
      return vrrpPlan(written);
    case 'cloud-ip':
      return cloudIpPlan(written);
    case 'dns':
      return dnsPlan(written);
    case 'lb':
      return lbPlan(written);
  }
};

const vrrpPlan = (written: Extract<WrittenLab, { design: 'vrrp' }>): VrrpPlan => ({
  design: 'vrrp',
  advert_ns: written.advert,
  sync: written.sync,
  boot_ns: written.boot,
  tcpLoose: written['tcp-loose'],
  nat: written.nat,
  preempt: written.preempt,
});

const cloudIpPlan = (written: Extract<WrittenLab, { design: 'cloud-ip' }>): CloudIpPlan => ({
  design: 'cloud-ip',
  heartbeat_ns: written.heartbeat,
  missed: written.missed,
  detach: written.detach,
  attach: written.attach,
  routes: written.routes,
  promotion: written.promotion,
  poll_ns: written.poll,
  sync: written.sync,
  boot_ns: written.boot,
});

const dnsPlan = (written: Extract<WrittenLab, { design: 'dns' }>): DnsPlan => ({
  design: 'dns',
  ttl_ns: written.ttl,
  monitor_ns: written.monitor,
  missed: written.missed,
  boot_ns: written.boot,
  update: written.update,
});

const lbPlan = (written: Extract<WrittenLab, { design: 'lb' }>): LbPlan => ({
  design: 'lb',
  probe_ns: written.probe,
  threshold: written.threshold,
  existing: written.existing,
  sync: written.sync,
  boot_ns: written.boot,
});

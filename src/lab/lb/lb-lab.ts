import { formatDuration } from '../../model/duration.js';
import type { LbPlan } from '../../model/lab-plan.js';
import { ns } from '../../model/time.js';
import type { LabOptions, RunningLab } from '../running-lab.js';
import { startProgram } from '../ground/command.js';
import { conntrackdConfig } from '../ground/conntrackd.js';
import {
  commonFiles,
  machineFile,
  conntrackdFiles,
  powerFiles,
  settingLines,
  type MachineFile,
} from '../ground/machine-files.js';
import { hostRules, WITNESS_PORT } from '../ground/nftables.js';
import { pairLab } from '../ground/pair-lab.js';
import { reachesServer, until } from '../ground/settle.js';
import { Site } from '../ground/site.js';
import { END_HOSTS, NODES, type NodeName } from '../ground/topology.js';
import { startWitness } from '../witness/witness.js';
import { readTargets } from './targets.js';
import {
  LB_MACHINES,
  cabling,
  jumpLines,
  switchLines,
  machineDownLines,
  machineLines,
  ownAddresses,
  type LbMachine,
  NODE_MARK,
} from './topology.js';

const stateOf = (node: NodeName): string | null =>
  readTargets().find(({ target }) => target === node)?.state ?? null;

/** Builds everything; resolves when both nodes are healthy and client and server reach each other. Throws KnownError. */
export const buildLb = async (plan: LbPlan, options: LabOptions): Promise<RunningLab> => {
  const { onStep, log } = options;
  onStep('building switches, machines and keys');
  const site = await Site.build({
    machines: LB_MACHINES,
    filesOf: (machine) => machineFiles(machine, plan),
    cabling,
    fabric: switchLines(),
    jump: jumpLines(),
  });
  const power = site.supplies({ boot_ns: plan.boot_ns, stateFile: '', log });
  onStep('booting fw-a, fw-b and the balancer');
  await Promise.all([site.boot('client', 'server', 'lb'), ...NODES.map((node) => power[node].start())]);
  await Promise.all([
    startProgram('server', 'ground/echo-server'),
    startProgram('lb', 'lb/balancer', [JSON.stringify(plan)]),
  ]);
  onStep(`waiting for ${plan.threshold} good health probes, ${formatDuration(ns(plan.probe_ns))} apart`);
  for (const node of NODES) await until(`${node} is not healthy`, () => stateOf(node) === 'healthy');
  await until('no path', () => reachesServer(END_HOSTS.server.v4));
  return pairLab({
    plan,
    power,
    witness: options.witness ? await startWitness() : null,
    haOf: stateOf,
    recordsPower: true,
  });
};

const FORWARD = 'net/ipv4/ip_forward=1';

/**
 * The flow table forgets idle flows as AWS's gateway load balancer does: TCP after 350 s, others after 120 s. It
 * takes up connections it never saw begin, and does not judge their windows: it is no firewall.
 */
const BALANCER_SETTINGS: readonly string[] = [
  FORWARD,
  'net/netfilter/nf_conntrack_tcp_timeout_established=350',
  'net/netfilter/nf_conntrack_udp_timeout=120',
  'net/netfilter/nf_conntrack_icmp_timeout=120',
  'net/netfilter/nf_conntrack_tcp_loose=1',
  'net/netfilter/nf_conntrack_tcp_be_liberal=1',
];

const GATEWAY_SETTINGS: readonly string[] = [FORWARD, 'net/netfilter/nf_conntrack_tcp_loose=0'];

/** What a machine finds on its tmpfs when it starts. Keys are added by site.ts. */
export const machineFiles = (machine: LbMachine, plan: LbPlan): MachineFile[] => {
  const settings = (lines: readonly string[]): MachineFile =>
    machineFile('settings.sh', `${settingLines(lines)}\n`);
  const common = commonFiles({ up: machineLines(machine), down: machineDownLines(machine) });
  switch (machine) {
    case 'client':
    case 'server':
      return [...common, machineFile('rules.nft', hostRules), settings([])];
    case 'lb':
      return [...common, machineFile('rules.nft', balancerRules(plan.existing)), settings(BALANCER_SETTINGS)];
    case 'fw-a':
    case 'fw-b':
      return [
        ...common,
        ...powerFiles(),
        machineFile('rules.nft', gatewayRules),
        settings(GATEWAY_SETTINGS),
        ...(plan.sync === 'conntrackd'
          ? conntrackdFiles(conntrackdConfig(machine, { ignored: ownAddresses(), externalCache: false }))
          : []),
      ];
  }
};

/** Hash buckets: as many as nodes, so that a dead node's bucket moves and the other one's flows stay. */
const BUCKETS: readonly NodeName[] = ['fw-a', 'fw-b'];
/** The witness is not hashed: its packets are fw-a's, so that they tell of that node's flows. */
const WITNESS_BUCKET = BUCKETS.length;

/** Which node a bucket's new flows go to. */
const element = (bucket: number, node: NodeName): string => `${bucket} : ${NODE_MARK[node]}`;

const ownerOf = (node: NodeName, inService: ReadonlySet<NodeName>): NodeName =>
  inService.has(node) ? node : (BUCKETS.find((other) => inService.has(other)) ?? node);

const elements = (existing: LbPlan['existing'], inService: ReadonlySet<NodeName>): string =>
  [
    ...BUCKETS.map((node, bucket) => element(bucket, ownerOf(node, inService))),
    // Where existing flows stick the witness does too.
    element(WITNESS_BUCKET, existing === 'stick' ? 'fw-a' : ownerOf('fw-a', inService)),
  ].join(', ');

/**
 * Where flows go from now on, in one transaction. Without any node in service every one gets its share: AWS's
 * balancers fail open like that, and it cannot get worse.
 */
export const bucketScript = (existing: LbPlan['existing'], inService: ReadonlySet<NodeName>): string => `
flush map ip balancer nodes
add element ip balancer nodes { ${elements(existing, inService)} }
`;

/**
 * The balancer's flow table and hash. A flow is hashed once, over both addresses and both ports (ICMP: the
 * identifier), always as seen from the client, and its node kept as the connection's mark: both directions go by
 * the same node. What comes back from a node is let through to its end host and not tracked a second time.
 */
export const balancerRules = (existing: LbPlan['existing']): string => `table ip balancer {
    map nodes {
        type mark : mark
        elements = { ${elements(existing, new Set(BUCKETS))} }
    }
    chain returned {
        type filter hook prerouting priority raw;
        iifname { "front", "back" } notrack
        udp dport ${WITNESS_PORT} notrack
    }
    chain balance {
        type filter hook prerouting priority mangle;
        iifname != { "trust", "untrust" } return
        fib daddr type local return
        udp dport ${WITNESS_PORT} meta mark set ${WITNESS_BUCKET} meta mark set meta mark map @nodes return
        ct mark != 0 meta mark set ct mark return
        iifname "trust" meta l4proto { tcp, udp } meta mark set jhash ip saddr . ip daddr . th sport . th dport mod ${BUCKETS.length} jump assign
        iifname "untrust" meta l4proto { tcp, udp } meta mark set jhash ip daddr . ip saddr . th dport . th sport mod ${BUCKETS.length} jump assign
        iifname "trust" meta l4proto icmp meta mark set jhash ip saddr . ip daddr . icmp id mod ${BUCKETS.length} jump assign
        iifname "untrust" meta l4proto icmp meta mark set jhash ip daddr . ip saddr . icmp id mod ${BUCKETS.length} jump assign
    }
    chain assign {
        meta mark set meta mark map @nodes
        ct mark set meta mark
    }
}
`;

/** A node's policy: that of the lab vrrp, between the balancer's two sides. */
export const gatewayRules = `table ip raw {
    chain prerouting {
        type filter hook prerouting priority raw;
        udp dport ${WITNESS_PORT} notrack
    }
}
table ip firewall {
    chain forward {
        type filter hook forward priority filter; policy drop;
        udp dport ${WITNESS_PORT} accept
        ct state established,related accept
        ct state invalid drop
        icmp type echo-request accept
        iifname "front" oifname "back" ct state new accept
    }
}
`;

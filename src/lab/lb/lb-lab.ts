import { formatDuration } from '../../model/duration.js';
import { KnownError } from '../../model/error.js';
import type { LbPlan } from '../../model/lab-plan.js';
import { ns } from '../../model/time.js';
import { startProgram } from '../ground/command.js';
import { conntrackdFiles } from '../ground/conntrackd.js';
import type { Outfit } from '../ground/machine-files.js';
import { hostRules, WITNESS_PORT } from '../ground/nftables.js';
import { reachesServer, until } from '../ground/settle.js';
import { Site, type LabOptions, type RunningLab } from '../ground/site.js';
import { NODES, type NodeName } from '../ground/topology.js';
import { serviceAddress } from './arms.js';
import { balancerRules } from './flow-table.js';
import {
  balancerRules as oneArmRules,
  gatewayRules as publishingRules,
  network as oneArmNetwork,
  ROUTES as ONE_ARM_ROUTES,
} from './one-arm.js';
import { readTargets } from './targets.js';
import { network as twoArmNetwork, ROUTES } from './topology.js';

const stateOf = (node: NodeName): string | null =>
  readTargets().find(({ target }) => target === node)?.state ?? null;

/** Builds everything; resolves when both nodes are healthy and client and server reach each other. Throws KnownError. */
export const buildLb = async (plan: LbPlan, options: LabOptions): Promise<RunningLab> => {
  const { onStep } = options;
  const isOneArmed = plan.arms === 'one';
  if (options.witness && isOneArmed)
    throw new KnownError('the lab lb has no witness with one arm: addresses change on the way', {
      remedy: 'leave out --witness, or arms: one; transitions.jsonl has the true instants anyway',
    });
  onStep('building switches, machines and keys');
  const network = isOneArmed ? oneArmNetwork : twoArmNetwork;
  const site = await Site.build(
    {
      network,
      fabric: network.switchLines('trust'),
      outfit: (machine) => outfit(machine, plan),
      stateFile: null,
    },
    plan,
    options,
  );
  onStep('booting fw-a, fw-b and the balancer');
  await Promise.all([site.bootOthers(), ...NODES.map((node) => site.nodes[node].start())]);
  await startProgram('lb', 'lb/balancer', [JSON.stringify(plan)]);
  onStep(`waiting for ${plan.threshold} good health probes, ${formatDuration(ns(plan.probe_ns))} apart`);
  for (const node of NODES) await until(`${node} is not healthy`, () => stateOf(node) === 'healthy');
  await until('no path', () => reachesServer(serviceAddress(plan.arms)));
  return site.running({ haOf: stateOf, recordsPower: true });
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

/** Connections of the machines' own, which the pair's state sync is not to carry. */
const ignored = ({ arms }: LbPlan): string[] =>
  arms === 'one'
    ? NODES.flatMap(oneArmNetwork.addresses)
    : ([...NODES, 'lb'] as const).flatMap(twoArmNetwork.addresses);

type MachineName = (typeof twoArmNetwork.machines)[number];

export const outfit = (machine: MachineName, plan: LbPlan): Outfit => {
  const isOneArmed = plan.arms === 'one';
  const routes = isOneArmed ? (machine === 'lb' ? ONE_ARM_ROUTES : []) : ROUTES[machine];
  switch (machine) {
    case 'client':
    case 'server':
      return { routes, rules: hostRules };
    case 'lb': {
      const rules = isOneArmed ? oneArmRules(plan.existing) : balancerRules(plan.existing);
      return { routes, rules, settings: BALANCER_SETTINGS };
    }
    case 'fw-a':
    case 'fw-b':
      return {
        routes,
        rules: isOneArmed ? publishingRules(machine) : gatewayRules,
        settings: GATEWAY_SETTINGS,
        files:
          plan.sync === 'conntrackd'
            ? conntrackdFiles(machine, { ignored: ignored(plan), externalCache: false })
            : [],
      };
  }
};

/** A node's policy: that of the lab vrrp, between the balancer's two sides. */
const gatewayRules = `table ip raw {
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

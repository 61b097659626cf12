import type { LbPlan } from '../../model/lab-plan.js';
import { conntrackdConfig } from '../conntrackd.js';
import {
  commonFiles,
  machineFile,
  conntrackdFiles,
  powerFiles,
  settingLines,
  type MachineFile,
} from '../machine-files.js';
import { hostRules } from '../nftables.js';
import { balancerRules, gatewayRules } from './rules.js';
import { machineDownLines, machineLines, ownAddresses, type LbMachine } from './topology.js';

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

/** What a machine finds on its tmpfs when it starts. Keys are added by keys.ts. */
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

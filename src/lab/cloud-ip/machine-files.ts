import type { CloudIpPlan } from '../../model/lab-plan.js';
import { conntrackdConfig } from '../conntrackd.js';
import {
  commonFiles,
  machineFile,
  conntrackdFiles,
  powerFiles,
  settingLines,
  type MachineFile,
} from '../machine-files.js';
import { hostRules, nodeRules } from '../nftables.js';
import { isNode, type MachineName } from '../topology.js';
import { haFiles } from './ha-files.js';
import { machineDownLines, machineLines, ownAddresses } from './topology.js';

const NODE_SETTINGS: readonly string[] = ['net/ipv4/ip_forward=1', 'net/netfilter/nf_conntrack_tcp_loose=0'];

/** A node passes nothing before it was promoted. */
const closedGate = 'add rule inet firewall gate drop\n';

/** What a machine finds on its tmpfs when it starts. Keys are added by keys.ts. */
export const machineFiles = (machine: MachineName, plan: CloudIpPlan): MachineFile[] => {
  const common = commonFiles({ up: machineLines(machine), down: machineDownLines(machine) });
  if (!isNode(machine))
    return [...common, machineFile('rules.nft', hostRules), machineFile('settings.sh', '')];
  return [
    ...common,
    ...powerFiles(),
    ...haFiles(machine, plan),
    machineFile('rules.nft', nodeRules({ nat: 'none' }) + closedGate),
    machineFile('settings.sh', `${settingLines(NODE_SETTINGS)}\n`),
    ...(plan.sync === 'conntrackd'
      ? conntrackdFiles(conntrackdConfig(machine, { ignored: ownAddresses(), externalCache: true }))
      : []),
  ];
};

import type { CloudIpPlan } from '../../model/plan.js';
import { conntrackdConfig } from '../conntrackd.js';
import { conntrackdService, powerFiles, settingLines, type MachineFile } from '../machine-files.js';
import { MACHINE_INIT } from '../machine-init.js';
import { hostRules, nodeRules } from '../nftables.js';
import { sshdConfig } from '../sshd.js';
import { isNode, type MachineName } from '../topology.js';
import { haFiles } from './ha-files.js';
import { machineDownLines, machineLines, ownAddresses } from './topology.js';

const NODE_SETTINGS: readonly string[] = ['net/ipv4/ip_forward=1', 'net/netfilter/nf_conntrack_tcp_loose=0'];

/** A node passes nothing before it was promoted. */
const closedGate = 'add rule inet firewall gate drop\n';

/** What a machine finds on its tmpfs when it starts. Keys are added by keys.ts. */
export const machineFiles = (machine: MachineName, plan: CloudIpPlan): MachineFile[] => {
  const file = (path: string, text: string, mode = 0o644): MachineFile => ({ path, text, mode });
  const common = [
    file('up.batch', `${machineLines(machine).join('\n')}\n`),
    file('down.batch', `${machineDownLines(machine).join('\n')}\n`),
    file('init.sh', MACHINE_INIT),
    file('sshd_config', sshdConfig),
  ];
  if (!isNode(machine)) return [...common, file('rules.nft', hostRules), file('settings.sh', '')];
  return [
    ...common,
    ...powerFiles(),
    ...haFiles(machine, plan),
    file('rules.nft', nodeRules({ nat: 'none' }) + closedGate),
    file('settings.sh', `${settingLines(NODE_SETTINGS)}\n`),
    ...(plan.sync === 'conntrackd'
      ? [
          file(
            'etc/conntrackd/conntrackd.conf',
            conntrackdConfig(machine, { ignored: ownAddresses(), externalCache: true }),
          ),
          file('etc/init.d/conntrackd', conntrackdService, 0o755),
        ]
      : []),
  ];
};

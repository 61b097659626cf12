import type { CloudIpPlan } from '../../model/lab-plan.js';
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
import { hostRules, nodeRules } from '../ground/nftables.js';
import { pairLab } from '../ground/pair-lab.js';
import { greets, reachesServer, until } from '../ground/settle.js';
import { Site } from '../ground/site.js';
import { END_HOSTS, MACHINES, address4, isNode, type MachineName } from '../ground/topology.js';
import { startWitness } from '../witness/witness.js';
import { HA_FILES, haFiles } from './ha-files.js';
import {
  cabling,
  fabricLines,
  fabricSettings,
  jumpLines,
  machineDownLines,
  machineLines,
  ownAddresses,
} from './topology.js';

/** Builds everything; resolves when client and server reach each other and the pair has settled. Throws KnownError. */
export const buildCloudIp = async (plan: CloudIpPlan, options: LabOptions): Promise<RunningLab> => {
  const { onStep, log } = options;
  onStep('building the fabric, machines and keys');
  const site = await Site.build({
    machines: MACHINES,
    filesOf: (machine) => machineFiles(machine, plan),
    cabling,
    fabric: fabricLines(),
    fabricSettings,
    jump: jumpLines(),
  });
  const power = site.supplies({ boot_ns: plan.boot_ns, stateFile: HA_FILES.role, log });
  const { 'fw-a': first, 'fw-b': second } = power;
  const hosts = site.boot('client', 'server');
  onStep('booting fw-a, which has both addresses');
  await startProgram('fabric', 'cloud-ip/fabric-server', [JSON.stringify(plan)]);
  await Promise.all([hosts, first.start()]);
  await startProgram('server', 'ground/echo-server');
  // The second node starts as soon as the first has won, so that the roles at the start are always the same.
  await until('fw-a did not become active', () => first.ha === 'active');
  onStep('booting fw-b');
  await second.start();
  await until('fw-b did not become passive', () => second.ha === 'passive');
  onStep('waiting until client and server reach each other');
  await Promise.all([
    until('no SSH on fw-a', () => greets(address4('mgmt', 11))),
    until('no SSH on fw-b', () => greets(address4('mgmt', 12))),
    until('no path', () => reachesServer(END_HOSTS.server.v4)),
  ]);
  return pairLab({
    plan,
    power,
    witness: options.witness ? await startWitness() : null,
    // The fabric writes down what its API did; the power is no part of the cloud.
    recordsPower: false,
  });
};

const NODE_SETTINGS: readonly string[] = ['net/ipv4/ip_forward=1', 'net/netfilter/nf_conntrack_tcp_loose=0'];

/** A node passes nothing before it was promoted. */
const closedGate = 'add rule inet firewall gate drop\n';

/** What a machine finds on its tmpfs when it starts. Keys are added by site.ts. */
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

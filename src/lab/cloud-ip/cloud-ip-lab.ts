import type { CloudIpPlan } from '../../model/lab-plan.js';
import { requirePackages } from '../enter.js';
import { run, startProgram } from '../ground/command.js';
import { conntrackdFiles } from '../ground/conntrackd.js';
import type { Outfit } from '../ground/machine-files.js';
import { firewallRules, hostRules } from '../ground/nftables.js';
import { reachesServer, until } from '../ground/settle.js';
import { Site, type LabOptions, type RunningLab } from '../ground/site.js';
import { END_HOSTS, isNode, NODES } from '../ground/topology.js';
import { HA_FILES, haFiles } from './ha-files.js';
import { RELAY } from './lease.js';
import { fabricLines, fabricSettings, network, ROUTES, SIDES, virtualAddress } from './topology.js';

/** Builds everything; resolves when client and server reach each other and the pair has settled. Throws KnownError. */
export const buildCloudIp = async (plan: CloudIpPlan, options: LabOptions): Promise<RunningLab> => {
  if (plan.lease_ns > 0) requirePackages('lease');
  options.onStep('building the fabric, machines and keys');
  const site = await Site.build(
    {
      network,
      fabric: fabricLines,
      fabricSettings,
      outfit: (machine) => outfit(machine, plan),
      stateFile: HA_FILES.role,
    },
    plan,
    options,
  );
  options.onStep('booting fw-a, which has both addresses');
  await startProgram('fabric', 'cloud-ip/fabric-server', [JSON.stringify(plan)]);
  await site.bootPair({ active: 'active', passive: 'passive' }, { path: END_HOSTS.server.v4 });
  if (plan.lease_ns > 0) {
    options.onStep('asking for an address of the client by DHCP');
    await run('ip', ['netns', 'exec', 'fabric', ...RELAY]);
    await startProgram('client', 'cloud-ip/lease');
    await until('no path by the lease', () => reachesServer(END_HOSTS.server.v4));
  }
  // The fabric writes down what its API did; the power is no part of the cloud.
  return site.running({ recordsPower: false });
};

/** A node passes nothing before it was promoted. */
const closedGate = 'add rule inet firewall gate drop\n';

/** Addresses of the nodes themselves, whose connections are not the pair's business. */
const ignored = [...NODES.flatMap(network.addresses), ...SIDES.map(virtualAddress)];

export const outfit = (machine: (typeof network.machines)[number], plan: CloudIpPlan): Outfit => {
  const routes = ROUTES[machine];
  if (!isNode(machine)) return { routes, rules: hostRules };
  return {
    routes,
    rules: firewallRules + closedGate,
    settings: ['net/ipv4/ip_forward=1', 'net/netfilter/nf_conntrack_tcp_loose=0'],
    files: [
      ...haFiles(machine, plan),
      ...(plan.sync === 'conntrackd' ? conntrackdFiles(machine, { ignored, externalCache: true }) : []),
    ],
  };
};

import type { VrrpPlan } from '../../model/lab-plan.js';
import { formatDuration } from '../../model/duration.js';
import { conntrackdFiles } from '../ground/conntrackd.js';
import { machineFile, type MachineFile, type Outfit } from '../ground/machine-files.js';
import { firewallRules, hostRules } from '../ground/nftables.js';
import { Site, type LabOptions, type RunningLab } from '../ground/site.js';
import { END_HOSTS, NODES, type NodeName } from '../ground/topology.js';
import { keepalivedFiles } from './keepalived.js';
import { network, routesOf, virtualAddresses, type VrrpMachine } from './topology.js';

/** Builds everything; resolves when client and server reach each other and the pair has settled. Throws KnownError. */
export const buildVrrp = async (plan: VrrpPlan, options: LabOptions): Promise<RunningLab> => {
  options.onStep('building switches, machines and keys');
  const site = await Site.build(
    {
      network,
      fabric: network.switchLines('trust'),
      outfit: (machine) => outfit(machine, plan),
      stateFile: '/run/vrrp.state',
    },
    plan,
    options,
  );
  options.onStep(`booting fw-a; VRRP election takes 3 to 4 x ${formatDuration(plan.advert_ns)}`);
  await site.bootPair(
    { active: 'MASTER', passive: 'BACKUP' },
    { 'IPv4 path': END_HOSTS.server.v4, 'IPv6 path': END_HOSTS.server.v6 },
  );
  return site.running({ recordsPower: false });
};

export const outfit = (machine: VrrpMachine, plan: VrrpPlan): Outfit => {
  switch (machine) {
    case 'client':
    case 'server':
      return { routes: routesOf(machine), rules: hostRules };
    case 'fw-a':
    case 'fw-b':
      return {
        rules: plan.nat === 'ports' ? firewallRules + PORT_TRANSLATION : firewallRules,
        settings: [
          'net/ipv4/ip_forward=1',
          'net/ipv6/conf/all/forwarding=1',
          `net/netfilter/nf_conntrack_tcp_loose=${plan.tcpLoose ? 1 : 0}`,
        ],
        files: [...keepalivedFiles(machine, plan), ...syncFiles(machine, plan)],
      };
  }
};

const syncFiles = (node: NodeName, { sync }: VrrpPlan): MachineFile[] => {
  // The host's own configuration is not to be seen: a node that has one is expected to run it.
  if (sync === 'none') return [machineFile('etc/conntrackd/none', '')];
  const virtual = [virtualAddresses('trust'), virtualAddresses('untrust')].flatMap(({ v4, v6 }) => [v4, v6]);
  return conntrackdFiles(node, {
    ignored: [...NODES.flatMap(network.addresses), ...virtual],
    externalCache: true,
  });
};

/**
 * The client's TCP connections leave from the virtual address, each from a port of its own that is drawn anew
 * whenever a node sees a connection for the first time: a node that takes over without its state gives another one,
 * which the server does not know and answers with a reset.
 */
const PORT_TRANSLATION = `table ip translation {
    chain postrouting {
        type nat hook postrouting priority srcnat;
        iifname "trust" oifname "untrust" meta l4proto tcp snat to ${virtualAddresses('untrust').v4}:20000-59999 fully-random
    }
}
`;

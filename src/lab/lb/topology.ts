import type { Cabling } from '../ground/ip-batch.js';
import type { NodeName } from '../ground/topology.js';

/**
 * The address plan of the lab `lb` and the `ip -batch` lines that build it. Pure. IPv4 only.
 *
 *     jump ── mgmt 10.4.0.0/24 ── lb .30, fw-a .11, fw-b .12, server .20
 *
 *     client .4 ── trust 10.4.3.0/24 ── .1 ┌────┐ .1 ── front 10.4.1.0/24 ──┬── .11 fw-a .11 ──┬── back 10.4.2.0/24 ─┐
 *                                          │ lb │                           └── .12 fw-b .12 ──┘                     │
 *     server .4 ─ untrust 10.4.4.0/24 ─ .1 └────┘ .1 ────────────────────────────────────────────────────────────────┘
 *
 * One balancer on both sides, as a gateway load balancer is: it sees each packet before and after the firewall.
 */
export type LbMachine = NodeName | 'client' | 'server' | 'lb';
export const LB_MACHINES: readonly LbMachine[] = ['client', 'server', 'lb', 'fw-a', 'fw-b'];

type LbSegment = 'mgmt' | 'front' | 'back' | 'trust' | 'untrust' | 'ha';
const SEGMENTS: readonly LbSegment[] = ['mgmt', 'front', 'back', 'trust', 'untrust', 'ha'];
const SUBNET: Readonly<Record<LbSegment, number>> = {
  mgmt: 0,
  front: 1,
  back: 2,
  trust: 3,
  untrust: 4,
  ha: 9,
};

/** Last part of each of a machine's addresses. */
const PORTS: Readonly<Record<LbMachine, readonly (readonly [LbSegment, number])[]>> = {
  client: [['trust', 4]],
  server: [
    ['mgmt', 20],
    ['untrust', 4],
  ],
  lb: [
    ['mgmt', 30],
    ['trust', 1],
    ['untrust', 1],
    ['front', 1],
    ['back', 1],
  ],
  'fw-a': [
    ['mgmt', 11],
    ['front', 11],
    ['back', 11],
    ['ha', 1],
  ],
  'fw-b': [
    ['mgmt', 12],
    ['front', 12],
    ['back', 12],
    ['ha', 2],
  ],
};

/** Switch ports of a machine carry its number as their interface group, so that one command takes all down. */
const GROUP: Readonly<Record<LbMachine, number>> = {
  client: 4,
  server: 20,
  lb: 30,
  'fw-a': 11,
  'fw-b': 12,
};

const CONTROL_HOST = 250;
const JUMP_HOST = 1;

const address = (segment: LbSegment, host: number): string => `10.4.${SUBNET[segment]}.${host}`;
const cidr = (segment: LbSegment, host: number): string =>
  `${address(segment, host)}/${segment === 'ha' ? 30 : 24}`;
const subnet = (segment: LbSegment): string => `${address(segment, 0)}/24`;

/** Fixed, so that a machine keeps its addresses over a power cycle as real hardware does. */
const mac = (segment: LbSegment, host: number): string =>
  `02:00:0a:04:${SUBNET[segment].toString(16).padStart(2, '0')}:${host.toString(16).padStart(2, '0')}`;

export const LB_API = address('mgmt', 30);

/** A node's interface that takes the flows from the balancer, and its health probes. */
export const frontAddress = (node: NodeName): string => address('front', GROUP[node]);

/** Addresses of machines that the pair's state sync is not to carry: connections of their own. */
export const ownAddresses = (): string[] =>
  (['fw-a', 'fw-b', 'lb'] as const).flatMap((machine) =>
    PORTS[machine].map(([segment, host]) => address(segment, host)),
  );

/** The mark of a node's flows, and the number of the table that leads to it. */
export const NODE_MARK: Readonly<Record<NodeName, number>> = { 'fw-a': 101, 'fw-b': 102 };

/** The switches: as in the lab `vrrp`, one bridge per segment. The control host sits on the client's. */
export const switchLines = (): string[] => [
  ...SEGMENTS.flatMap((segment) => [
    `link add br-${segment} address ${mac(segment, CONTROL_HOST)} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    `link set br-${segment} up`,
  ]),
  `addr add ${cidr('trust', CONTROL_HOST)} dev br-trust`,
];

/** In the jump's namespace: its cable to the management switch. */
export const jumpLines = (): string[] => [
  `link add mgmt address ${mac('mgmt', JUMP_HOST)} type veth peer name jump-mgmt netns fabric`,
  `addr add ${cidr('mgmt', JUMP_HOST)} dev mgmt`,
  'link set mgmt up',
];

/** In the fabric: the cables of a machine. */
export const cabling = (machine: LbMachine): Cabling => ({
  cables: PORTS[machine].flatMap(([segment, host]) => [
    `link add ${machine}-${segment} group ${GROUP[machine]} type veth peer name ${segment} address ${mac(segment, host)} netns ${machine}`,
    `link set ${machine}-${segment} master br-${segment}`,
  ]),
  up: [`link set group ${GROUP[machine]} up`],
  down: [`link set group ${GROUP[machine]} down`],
  gone: PORTS[machine].map(([segment]) => `link del ${machine}-${segment}`),
});

/**
 * The balancer's ways to a node, both directions, for what carries its mark. The neighbours are fixed: a real one
 * tunnels to its targets, and a dead one swallows what it is sent, where a failed ARP would say "unreachable".
 */
const nodeRoutes = (node: NodeName): string[] => {
  const host = GROUP[node];
  return [
    `neigh add ${address('front', host)} lladdr ${mac('front', host)} nud permanent dev front`,
    `neigh add ${address('back', host)} lladdr ${mac('back', host)} nud permanent dev back`,
    `route add ${subnet('untrust')} via ${address('front', host)} table ${NODE_MARK[node]}`,
    `route add ${subnet('trust')} via ${address('back', host)} table ${NODE_MARK[node]}`,
    `rule add fwmark ${NODE_MARK[node]} table ${NODE_MARK[node]}`,
  ];
};

const routes = (machine: LbMachine): string[] => {
  switch (machine) {
    case 'client':
      return [`route add default via ${address('trust', 1)}`];
    case 'server':
      return [`route add default via ${address('untrust', 1)}`];
    case 'lb':
      return [...nodeRoutes('fw-a'), ...nodeRoutes('fw-b')];
    case 'fw-a':
    case 'fw-b':
      return [
        `route add ${subnet('trust')} via ${address('front', 1)}`,
        `route add ${subnet('untrust')} via ${address('back', 1)}`,
      ];
  }
};

/** In the machine: addresses, links up, routes. */
export const machineLines = (machine: LbMachine): string[] => [
  'link set lo up',
  ...PORTS[machine].flatMap(([segment, host]) => [
    `addr add ${cidr(segment, host)} dev ${segment}`,
    `link set ${segment} up`,
  ]),
  ...routes(machine),
];

/** In the machine, on a graceful shutdown. */
export const machineDownLines = (machine: LbMachine): string[] =>
  PORTS[machine].map(([segment]) => `link set ${segment} down`);

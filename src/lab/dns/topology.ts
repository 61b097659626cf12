import type { Cabling } from '../ground/ip-batch.js';
import type { NodeName } from '../ground/topology.js';

/**
 * The address plan of the lab `dns` and the `ip -batch` lines that build it. Pure. IPv4 only.
 *
 *     jump ── mgmt 10.4.0.0/24 ── fw-a .11, fw-b .12, server .20, monitor .30, dns .53
 *
 *     client .4 ──┐                        ┌── .11 fw-a .11 ──┐
 *     monitor .30 ┼── trust 10.4.3.0/24 ───┤                  ├── untrust 10.4.4.0/24 ── .4 server
 *     dns .53 ────┘                        └── .12 fw-b .12 ──┘
 *
 * No address moves: each node has one of its own, and the name points at one of them.
 */
export type DnsMachine = NodeName | 'client' | 'server' | 'monitor' | 'dns';
export const DNS_MACHINES: readonly DnsMachine[] = ['client', 'server', 'monitor', 'dns', 'fw-a', 'fw-b'];

type DnsSegment = 'mgmt' | 'trust' | 'untrust';
const SEGMENTS: readonly DnsSegment[] = ['mgmt', 'trust', 'untrust'];
const SUBNET: Readonly<Record<DnsSegment, number>> = { mgmt: 0, trust: 3, untrust: 4 };

const PORTS: Readonly<Record<DnsMachine, readonly DnsSegment[]>> = {
  client: ['trust'],
  server: ['mgmt', 'untrust'],
  monitor: ['mgmt', 'trust'],
  dns: ['mgmt', 'trust'],
  'fw-a': ['mgmt', 'trust', 'untrust'],
  'fw-b': ['mgmt', 'trust', 'untrust'],
};

/** Last part of a machine's addresses, and the interface group of its switch ports: one command takes all down. */
const HOST: Readonly<Record<DnsMachine, number>> = {
  client: 4,
  server: 20,
  monitor: 30,
  dns: 53,
  'fw-a': 11,
  'fw-b': 12,
};
const SERVER_HOST = 4;
const CONTROL_HOST = 250;
const JUMP_HOST = 1;

/** The name that clients know, and the zone it is in. */
export const ZONE = 'lab.test';
export const SERVICE = `service.${ZONE}`;

const hostOf = (machine: DnsMachine, segment: DnsSegment): number =>
  machine === 'server' && segment === 'untrust' ? SERVER_HOST : HOST[machine];
const address = (segment: DnsSegment, host: number): string => `10.4.${SUBNET[segment]}.${host}`;
const addressOf = (machine: DnsMachine, segment: DnsSegment): string =>
  address(segment, hostOf(machine, segment));

/** Fixed, so that a machine keeps its addresses over a power cycle as real hardware does. */
const mac = (segment: DnsSegment, host: number): string =>
  `02:00:0a:04:${SUBNET[segment].toString(16).padStart(2, '0')}:${host.toString(16).padStart(2, '0')}`;

/** Where clients find the service while the node is the one. */
export const serviceAddress = (node: NodeName): string => addressOf(node, 'trust');
export const loginAddress = (node: NodeName): string => addressOf(node, 'mgmt');
export const SERVER = addressOf('server', 'untrust');
/** The name server, for clients and for the monitor's updates. */
export const NAME_SERVER = addressOf('dns', 'trust');
export const UPDATE_SERVER = addressOf('dns', 'mgmt');
export const MONITOR = addressOf('monitor', 'mgmt');

/** The switches: as in the lab `vrrp`, one bridge per segment. The control host sits on the client's. */
export const switchLines = (): string[] => [
  ...SEGMENTS.flatMap((segment) => [
    `link add br-${segment} address ${mac(segment, CONTROL_HOST)} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    `link set br-${segment} up`,
  ]),
  `addr add ${address('trust', CONTROL_HOST)}/24 dev br-trust`,
];

/** In the jump's namespace: its cable to the management switch. */
export const jumpLines = (): string[] => [
  `link add mgmt address ${mac('mgmt', JUMP_HOST)} type veth peer name jump-mgmt netns fabric`,
  `addr add ${address('mgmt', JUMP_HOST)}/24 dev mgmt`,
  'link set mgmt up',
];

/** In the fabric: the cables of a machine. */
export const cabling = (machine: DnsMachine): Cabling => ({
  cables: PORTS[machine].flatMap((segment) => [
    `link add ${machine}-${segment} group ${HOST[machine]} type veth peer name ${segment} address ${mac(segment, hostOf(machine, segment))} netns ${machine}`,
    `link set ${machine}-${segment} master br-${segment}`,
  ]),
  up: [`link set group ${HOST[machine]} up`],
  down: [`link set group ${HOST[machine]} down`],
  gone: PORTS[machine].map((segment) => `link del ${machine}-${segment}`),
});

/** In the machine: addresses and links up. Nobody needs a route: nodes are proxies to the client and to the server. */
export const machineLines = (machine: DnsMachine): string[] => [
  'link set lo up',
  ...PORTS[machine].flatMap((segment) => [
    `addr add ${addressOf(machine, segment)}/24 dev ${segment}`,
    `link set ${segment} up`,
  ]),
];

/** In the machine, on a graceful shutdown. */
export const machineDownLines = (machine: DnsMachine): string[] =>
  PORTS[machine].map((segment) => `link set ${segment} down`);

import type { Cabling } from '../ground/ip-batch.js';
import { haAddress, isNode, type MachineName, type NodeName } from '../ground/topology.js';

/**
 * The address plan of the lab `cloud-ip` and the `ip -batch` lines that build it. Pure. IPv4 only.
 *
 *     client 10.4.3.4 ──┐                                       ┌── server 10.4.4.4
 *                       ├───────────── fabric ──────────────────┤
 *     10.4.1.0/24: fw-a .11, fw-b .12    10.4.2.0/24: fw-a .11, fw-b .12    10.4.9.0/30: fw-a .1, fw-b .2
 *
 * The fabric is the gateway (.1) of every subnet, always with one and the same link-layer address, and carries all that
 * is sent, also between neighbours in one subnet: unicast IP, and nothing else.
 */
export const GATEWAY_MAC = '12:34:56:78:9a:bc';

/** The two subnets of the nodes, by the device in a node: `trust` faces the client, `untrust` the server. */
export type Side = 'trust' | 'untrust';
export const SIDES: readonly Side[] = ['trust', 'untrust'];

type Segment = 'mgmt' | 'ha' | 'client' | 'server' | Side;

const SUBNET: Readonly<Record<Segment, number>> = {
  mgmt: 0,
  trust: 1,
  untrust: 2,
  client: 3,
  server: 4,
  ha: 9,
};

const HOST: Readonly<Record<MachineName, number>> = { client: 4, server: 4, 'fw-a': 11, 'fw-b': 12 };
/** Switch ports of a machine carry its number as their interface group, so that one command takes all down. */
const GROUP: Readonly<Record<MachineName, number>> = { client: 4, server: 20, 'fw-a': 11, 'fw-b': 12 };

const address = (segment: Segment, host: number): string => `10.4.${SUBNET[segment]}.${host}`;
const prefix = (segment: Segment): string => `${address(segment, 0)}/${segment === 'ha' ? 30 : 24}`;
const lengthOf = (segment: Segment): number => (segment === 'ha' ? 30 : 24);

const JUMP = 1;
const API = 5;
const CONTROL = 250;
const VIRTUAL = 100;

export const API_ADDRESS = address('mgmt', API);
export const API_URL = `http://${API_ADDRESS}`;

/** The address of a side that the active node has beside its own. */
export const virtualAddress = (side: Side): string => address(side, VIRTUAL);
export const nodeAddress = (node: NodeName, side: Side): string => address(side, HOST[node]);
export const gatewayOf = (side: Side): string => address(side, 1);

/** User-defined routes: what comes from a subnet of an end host and where it goes first. */
export const USER_ROUTES = [
  { table: 'client-routes', from: 'client', to: prefix('server'), side: 'trust', number: 103 },
  { table: 'server-routes', from: 'server', to: prefix('client'), side: 'untrust', number: 104 },
] as const satisfies readonly {
  table: string;
  from: 'client' | 'server';
  to: string;
  side: Side;
  number: number;
}[];

/** Fixed, so that a machine keeps its addresses over a power cycle as a cloud's interface does. */
export const macOf = (segment: Segment, host: number): string =>
  `02:00:0a:04:${SUBNET[segment].toString(16).padStart(2, '0')}:${host.toString(16).padStart(2, '0')}`;

export const nodeMac = (node: NodeName, side: Side): string => macOf(side, HOST[node]);

interface Port {
  readonly device: string;
  readonly segment: Segment;
  readonly host: number;
}

/** The end hosts' devices have the names they have in the lab `vrrp`, where the witness listens. */
const portsOf = (machine: MachineName): readonly Port[] => {
  if (isNode(machine)) {
    const host = HOST[machine];
    return [
      { device: 'mgmt', segment: 'mgmt', host },
      ...SIDES.map((side) => ({ device: side, segment: side, host })),
      { device: 'ha', segment: 'ha', host: Number(haAddress(machine).split('.')[3]) },
    ];
  }
  return machine === 'client'
    ? [{ device: 'trust', segment: 'client', host: 4 }]
    : [
        { device: 'mgmt', segment: 'mgmt', host: 20 },
        { device: 'untrust', segment: 'server', host: 4 },
      ];
};

/** Addresses of the nodes themselves, whose connections are not the pair's business. */
export const ownAddresses = (): string[] => [
  ...(['fw-a', 'fw-b'] as const).flatMap((node) =>
    portsOf(node).map(({ segment, host }) => address(segment, host)),
  ),
  ...SIDES.map(virtualAddress),
];

const ROUTED: readonly Segment[] = ['trust', 'untrust', 'client', 'server', 'ha'];

/**
 * In the fabric: a bridge per subnet whose ports are isolated from each other (bridge(8)), so that a node reaches its
 * neighbour only through the fabric, which answers ARP for every address there is a way to (proxy_arp_pvlan, RFC 3069).
 * That includes the /30 of the HA link. Only the management network is a plain switch.
 *
 * Routes of the user-defined kind are in tables of their own, with a black hole below them: what has no next hop is
 * dropped, not sent past the firewalls. Interfaces' addresses go to interfaces, whatever their machines say of themselves.
 */
export const fabricLines = (): string[] => [
  `link add br-mgmt address ${macOf('mgmt', API)} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
  'link set br-mgmt up',
  `addr add ${API_ADDRESS}/24 dev br-mgmt`,
  ...ROUTED.flatMap((segment) => [
    `link add br-${segment} address ${GATEWAY_MAC} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    `link set br-${segment} up`,
    segment === 'ha'
      ? `route add ${prefix(segment)} dev br-ha`
      : `addr add ${address(segment, 1)}/24 dev br-${segment}`,
  ]),
  `addr add ${address('client', CONTROL)}/24 dev br-client`,
  ...(['fw-a', 'fw-b'] as const).flatMap((node) =>
    portsOf(node)
      .filter(({ segment }) => segment !== 'mgmt')
      .map(
        ({ segment, host }) =>
          `neigh replace ${address(segment, host)} lladdr ${macOf(segment, host)} dev br-${segment} nud permanent`,
      ),
  ),
  ...USER_ROUTES.flatMap(({ from, to, number }) => [
    `route add blackhole ${to} metric 1000 table ${number}`,
    `rule add iif br-${from} table ${number} pref ${number}`,
  ]),
];

/** Kernel settings of the fabric, as shell lines for its namespace. Without a delay: proxies wait up to 0.8 s else. */
export const fabricSettings: readonly string[] = [
  'net/ipv4/ip_forward=1',
  ...ROUTED.flatMap((segment) => [
    `net/ipv4/conf/br-${segment}/proxy_arp_pvlan=1`,
    `net/ipv4/conf/br-${segment}/send_redirects=0`,
    `net/ipv4/neigh/br-${segment}/proxy_delay=0`,
  ]),
];

/** In the fabric: what makes an address go to the interface of a node, or (null) nowhere. One step each. */
export const forwardingLines = (side: Side, node: NodeName | null): string[] => {
  const route = USER_ROUTES.find((each) => each.side === side);
  if (route === undefined) throw new Error(`no route over ${side}`);
  if (node === null) return [`route del ${route.to} metric 10 table ${route.number}`];
  return [
    `neigh replace ${virtualAddress(side)} lladdr ${nodeMac(node, side)} dev br-${side} nud permanent`,
    `route replace ${route.to} via ${virtualAddress(side)} dev br-${side} metric 10 table ${route.number}`,
  ];
};

/** In the jump's namespace: its cable to the management switch. */
export const jumpLines = (): string[] => [
  `link add mgmt address ${macOf('mgmt', JUMP)} type veth peer name jump-mgmt netns fabric`,
  `addr add ${address('mgmt', JUMP)}/24 dev mgmt`,
  'link set mgmt up',
];

const portName = (machine: MachineName, { device }: Port): string => `${machine}-${device}`;

/** In the fabric: the cables of a machine. */
export const cabling = (machine: MachineName): Cabling => ({
  cables: portsOf(machine).flatMap((port) => {
    const name = portName(machine, port);
    const { device, segment, host } = port;
    return [
      `link add ${name} group ${GROUP[machine]} type veth peer name ${device} address ${macOf(segment, host)} netns ${machine}`,
      `link set ${name} master br-${segment}`,
      ...(segment === 'mgmt' ? [] : [`link set ${name} type bridge_slave isolated on`]),
    ];
  }),
  up: [`link set group ${GROUP[machine]} up`],
  down: [`link set group ${GROUP[machine]} down`],
  gone: portsOf(machine).map((port) => `link del ${portName(machine, port)}`),
});

/** In the machine: addresses, links up, routes. A node has no virtual address until it is promoted. */
export const machineLines = (machine: MachineName): string[] => [
  'link set lo up',
  ...portsOf(machine).flatMap(({ device, segment, host }) => [
    `addr add ${address(segment, host)}/${lengthOf(segment)} dev ${device}`,
    `link set ${device} up`,
  ]),
  ...(isNode(machine)
    ? [
        `route add ${prefix('client')} via ${gatewayOf('trust')}`,
        `route add ${prefix('server')} via ${gatewayOf('untrust')}`,
      ]
    : [`route add default via ${address(machine, 1)}`]),
];

/** In the machine, on a graceful shutdown. */
export const machineDownLines = (machine: MachineName): string[] =>
  portsOf(machine).map(({ device }) => `link set ${device} down`);

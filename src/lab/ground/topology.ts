import type { Cabling } from './ip-batch.js';
/**
 * The address plan of the lab `vrrp` and the `ip -batch` lines that build it. Pure.
 *
 *     jump ── mgmt 10.4.0.0/24 ──┬── fw-a ──┬── server (also there, for SSH by hand)
 *     client ── trust 10.4.3.0/24 ──┤ VIP .1 ├── untrust 10.4.4.0/24 ── server
 *                                   └── fw-b ┘   ha 10.4.9.0/30 between the two
 *
 * The same in IPv6: fd00:4:0::/64, fd00:4:3::/64, fd00:4:4::/64.
 */
export type NodeName = 'fw-a' | 'fw-b';
export type MachineName = NodeName | 'client' | 'server';
export type Segment = 'mgmt' | 'trust' | 'untrust' | 'ha';

export const NODES: readonly NodeName[] = ['fw-a', 'fw-b'];
export const MACHINES: readonly MachineName[] = ['client', 'server', 'fw-a', 'fw-b'];
const SEGMENTS: readonly Segment[] = ['mgmt', 'trust', 'untrust', 'ha'];

export const isNode = (name: string): name is NodeName => (NODES as readonly string[]).includes(name);

const SUBNET: Readonly<Record<Segment, number>> = { mgmt: 0, trust: 3, untrust: 4, ha: 9 };

interface Port {
  readonly segment: Segment;
  /** Last part of the address, in both families. */
  readonly host: number;
}

const PORTS: Readonly<Record<MachineName, readonly Port[]>> = {
  client: [{ segment: 'trust', host: 4 }],
  server: [
    { segment: 'mgmt', host: 20 },
    { segment: 'untrust', host: 4 },
  ],
  'fw-a': [
    { segment: 'mgmt', host: 11 },
    { segment: 'trust', host: 11 },
    { segment: 'untrust', host: 11 },
    { segment: 'ha', host: 1 },
  ],
  'fw-b': [
    { segment: 'mgmt', host: 12 },
    { segment: 'trust', host: 12 },
    { segment: 'untrust', host: 12 },
    { segment: 'ha', host: 2 },
  ],
};

/** Switch ports of a machine carry its number as their interface group, so that one command takes all down. */
const GROUP: Readonly<Record<MachineName, number>> = { client: 4, server: 20, 'fw-a': 11, 'fw-b': 12 };

/** The router of each end host: the virtual address of the pair there. */
const GATEWAY_SEGMENT: Readonly<Partial<Record<MachineName, Segment>>> = {
  client: 'trust',
  server: 'untrust',
};

const VIRTUAL_HOST = 1;
const JUMP_HOST = 1;
const CONTROL_HOST = 250;

export const address4 = (segment: Segment, host: number): string => `10.4.${SUBNET[segment]}.${host}`;
/** `::11` is written with the digits of the IPv4 host part, as people do. */
const address6 = (segment: Segment, host: number): string => `fd00:4:${SUBNET[segment]}::${host}`;

const length4 = (segment: Segment): number => (segment === 'ha' ? 30 : 24);

/** Fixed, so that a machine keeps its addresses over a power cycle as real hardware does. */
const mac = (segment: Segment, host: number): string =>
  `02:00:0a:04:${SUBNET[segment].toString(16).padStart(2, '0')}:${host.toString(16).padStart(2, '0')}`;

const addressLines = (device: string, segment: Segment, host: number): string[] => [
  `addr add ${address4(segment, host)}/${length4(segment)} dev ${device}`,
  ...(segment === 'ha' ? [] : [`addr add ${address6(segment, host)}/64 dev ${device} nodad`]),
];

export const machineAddresses = (machine: MachineName): string[] =>
  PORTS[machine].flatMap(({ segment, host }) =>
    segment === 'ha' ? [address4(segment, host)] : [address4(segment, host), address6(segment, host)],
  );

export const virtualAddresses = (segment: 'trust' | 'untrust'): { v4: string; v6: string } => ({
  v4: `${address4(segment, VIRTUAL_HOST)}/32`,
  v6: `${address6(segment, VIRTUAL_HOST)}/128`,
});

/** The pair's IPv4 address of a segment, by itself. */
export const virtualHost = (segment: 'trust' | 'untrust'): string => address4(segment, VIRTUAL_HOST);

/** Own addresses of a node on the HA link. */
export const haAddress = (node: NodeName): string => address4('ha', node === 'fw-a' ? 1 : 2);

export const END_HOSTS = {
  client: { v4: address4('trust', 4), v6: address6('trust', 4) },
  server: { v4: address4('untrust', 4), v6: address6('untrust', 4) },
} as const;

const portName = (machine: MachineName, segment: Segment): string => `${machine}-${segment}`;

/**
 * The switches: one bridge per segment, without spanning tree, forward delay and snooping, which would add
 * outages of their own. Each has a fixed MAC: else the bridge takes its lowest port's, and the control host's
 * address would move when a node's ports come and go. That host sits on the trust switch itself.
 */
export const switchLines = (): string[] => [
  ...SEGMENTS.flatMap((segment) => [
    `link add br-${segment} address ${mac(segment, CONTROL_HOST)} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    `link set br-${segment} up`,
  ]),
  ...addressLines('br-trust', 'trust', CONTROL_HOST),
];

/** In the jump's namespace: its cable to the management switch. */
export const jumpLines = (): string[] => [
  `link add mgmt address ${mac('mgmt', JUMP_HOST)} type veth peer name jump-mgmt netns fabric`,
  ...addressLines('mgmt', 'mgmt', JUMP_HOST),
  'link set mgmt up',
];

/** In the fabric: the cables of a machine. */
export const cabling = (machine: MachineName): Cabling => ({
  cables: PORTS[machine].flatMap(({ segment, host }) => [
    `link add ${portName(machine, segment)} group ${GROUP[machine]} type veth peer name ${segment} address ${mac(segment, host)} netns ${machine}`,
    `link set ${portName(machine, segment)} master br-${segment}`,
  ]),
  up: [`link set group ${GROUP[machine]} up`],
  down: [`link set group ${GROUP[machine]} down`],
  gone: PORTS[machine].map(({ segment }) => `link del ${portName(machine, segment)}`),
});

/** In the machine: addresses, links up, default routes. */
export const machineLines = (machine: MachineName): string[] => {
  const gateway = GATEWAY_SEGMENT[machine];
  return [
    'link set lo up',
    ...PORTS[machine].flatMap(({ segment, host }) => [
      ...addressLines(segment, segment, host),
      `link set ${segment} up`,
    ]),
    ...(gateway === undefined
      ? []
      : [
          `route add default via ${address4(gateway, VIRTUAL_HOST)}`,
          `route add default via ${address6(gateway, VIRTUAL_HOST)}`,
        ]),
  ];
};

/** In the machine, on a graceful shutdown. */
export const machineDownLines = (machine: MachineName): string[] =>
  PORTS[machine].map(({ segment }) => `link set ${segment} down`);

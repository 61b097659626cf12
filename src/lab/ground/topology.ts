/**
 * What the networks of all designs have in common, and the `ip -batch` lines that build one. A design's own topology.ts
 * draws its network and gives it as data. Pure.
 */
export type NodeName = 'fw-a' | 'fw-b';
export const NODES: readonly NodeName[] = ['fw-a', 'fw-b'];
export const isNode = (name: string): name is NodeName => (NODES as readonly string[]).includes(name);
export const peerOf = (node: NodeName): NodeName => (node === 'fw-a' ? 'fw-b' : 'fw-a');

/** The two ends of the path through the pair. */
export const END_HOSTS = {
  client: { v4: '10.4.3.4', v6: 'fd00:4:3::4' },
  server: { v4: '10.4.4.4', v6: 'fd00:4:4::4' },
} as const;
export type EndHost = keyof typeof END_HOSTS;

/** Where a node is logged in to, on the management network. */
export const LOGIN_ADDRESS: Readonly<Record<NodeName, string>> = { 'fw-a': '10.4.0.11', 'fw-b': '10.4.0.12' };
/** A node's own address on the link between the two. */
export const HA_ADDRESS: Readonly<Record<NodeName, string>> = { 'fw-a': '10.4.9.1', 'fw-b': '10.4.9.2' };

/** A network as data: who is where. Switches and cables are made in the order in which they stand here. */
export interface AddressPlan<Machine extends string, Segment extends string> {
  /** Third part of a segment's addresses: 10.4.3.0/24 and fd00:4:3::/64 for 3. `ha` is a /30 without IPv6. */
  readonly segments: Readonly<Record<Segment, number>>;
  /**
   * Of each machine the segments it is on, and the last part of its address there, in both families. The first one is its
   * number: switch ports carry it as their interface group, so that one command takes all down.
   */
  readonly ports: Readonly<Record<Machine, Readonly<Partial<Record<NoInfer<Segment>, number>>>>>;
  /** The device on a segment where it is not named after it. */
  readonly devices?: Readonly<Partial<Record<NoInfer<Segment>, string>>>;
  readonly hasIpv6?: boolean;
  /** Are ports isolated from each other (bridge(8)), so that neighbours too meet only through the switch? Not on `mgmt`. */
  readonly isolated?: boolean;
}

interface Port<Segment> {
  readonly segment: Segment;
  readonly device: string;
  readonly host: number;
}

/** What connects a machine to the switches: `ip -batch` lines for the namespace they are in. */
export interface Cabling {
  /** Its cables, switch side down; they end in the machine's network namespace. */
  readonly cables: readonly string[];
  readonly up: readonly string[];
  readonly down: readonly string[];
  readonly gone: readonly string[];
}

/** What every machine is connected by. */
export interface Wiring<Machine extends string> {
  readonly machines: readonly Machine[];
  /** A machine's own addresses, of both families. */
  readonly addresses: (machine: Machine) => string[];
  /** In the fabric: the cables of a machine. */
  readonly cabling: (machine: Machine) => Cabling;
  /** In the machine, when it gets power. */
  readonly upLines: (machine: Machine) => string[];
  /** In the machine, on a graceful shutdown. */
  readonly downLines: (machine: Machine) => string[];
  /** In the jump's namespace: its cable to the management switch. */
  readonly jumpLines: readonly string[];
}

/** An address plan put to use. */
interface Network<Machine extends string, Segment extends string> extends Wiring<Machine> {
  readonly ports: (machine: Machine) => readonly Port<Segment>[];
  /** By itself, without a length. */
  readonly address: (segment: Segment, host: number) => string;
  readonly address6: (segment: Segment, host: number) => string;
  /** `10.4.3.0/24` */
  readonly prefix: (segment: Segment) => string;
  /** Fixed, so that a machine keeps its addresses over a power cycle as real hardware does. */
  readonly mac: (segment: Segment, host: number) => string;
  /** Addresses of a port, and its link up. */
  readonly portLines: (port: Port<Segment>) => string[];
  /**
   * A switch: without spanning tree, forward delay and snooping, which would add outages of their own. Its MAC address is
   * fixed: else the bridge takes its lowest port's, and who sits on it would move when a node's ports come and go.
   */
  readonly bridgeLines: (segment: Segment, mac: string) => string[];
  /** A plain switch per segment; the control host sits on this one. */
  readonly switchLines: (control: Segment) => string[];
}

const MGMT = 0;
const JUMP_HOST = 1;
export const CONTROL_HOST = 250;

export const networkOf = <Machine extends string, Segment extends string>(
  plan: AddressPlan<Machine, Segment>,
): Network<Machine, Segment> => {
  const { segments, hasIpv6 = false, isolated = false } = plan;
  const devices: Readonly<Partial<Record<string, string>>> = plan.devices ?? {};

  const address = (segment: Segment, host: number): string => address4(segments[segment], host);
  const mac = (segment: Segment, host: number): string => macOf(segments[segment], host);
  const ports = (machine: Machine): Port<Segment>[] =>
    (Object.entries(plan.ports[machine]) as [Segment, number][]).map(([segment, host]) => ({
      segment,
      device: devices[segment] ?? segment,
      host,
    }));
  const addressesOf = (segment: string, subnet: number, host: number): string[] =>
    hasIpv6 && segment !== 'ha' ? [address4(subnet, host), address6(subnet, host)] : [address4(subnet, host)];
  const addressLines = (device: string, segment: string, subnet: number, host: number): string[] =>
    addressesOf(segment, subnet, host).map((each) =>
      each.includes(':')
        ? `addr add ${each}/64 dev ${device} nodad`
        : `addr add ${each}/${lengthOf(segment)} dev ${device}`,
    );
  const portLines = ({ device, segment, host }: Port<Segment>): string[] => [
    ...addressLines(device, segment, segments[segment], host),
    `link set ${device} up`,
  ];
  const bridgeLines = (segment: Segment, own: string): string[] => [
    `link add br-${segment} address ${own} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    `link set br-${segment} up`,
  ];
  const cabling = (machine: Machine): Cabling => {
    const cables = ports(machine).map((port) => ({ ...port, name: `${machine}-${port.device}` }));
    const group = cables[0]?.host;
    return {
      cables: cables.flatMap(({ name, segment, device, host }) => [
        `link add ${name} group ${group} type veth peer name ${device} address ${mac(segment, host)} netns ${machine}`,
        `link set ${name} master br-${segment}`,
        ...(isolated && segment !== 'mgmt' ? [`link set ${name} type bridge_slave isolated on`] : []),
      ]),
      up: [`link set group ${group} up`],
      down: [`link set group ${group} down`],
      gone: cables.map(({ name }) => `link del ${name}`),
    };
  };

  return {
    machines: Object.keys(plan.ports) as Machine[],
    ports,
    address,
    address6: (segment, host) => address6(segments[segment], host),
    prefix: (segment) => `${address(segment, 0)}/${lengthOf(segment)}`,
    mac,
    addresses: (machine) =>
      ports(machine).flatMap(({ segment, host }) => addressesOf(segment, segments[segment], host)),
    portLines,
    bridgeLines,
    switchLines: (control) => [
      ...(Object.keys(segments) as Segment[]).flatMap((segment) =>
        bridgeLines(segment, mac(segment, CONTROL_HOST)),
      ),
      ...addressLines(`br-${control}`, control, segments[control], CONTROL_HOST),
    ],
    cabling,
    upLines: (machine) => ['link set lo up', ...ports(machine).flatMap(portLines)],
    downLines: (machine) => ports(machine).map(({ device }) => `link set ${device} down`),
    jumpLines: [
      `link add mgmt address ${macOf(MGMT, JUMP_HOST)} type veth peer name jump-mgmt netns fabric`,
      ...addressLines('mgmt', 'mgmt', MGMT, JUMP_HOST),
      'link set mgmt up',
    ],
  };
};

const address4 = (subnet: number, host: number): string => `10.4.${subnet}.${host}`;
/** `::11` is written with the digits of the IPv4 host part, as people do. */
const address6 = (subnet: number, host: number): string => `fd00:4:${subnet}::${host}`;
const lengthOf = (segment: string): number => (segment === 'ha' ? 30 : 24);
const macOf = (subnet: number, host: number): string =>
  `02:00:0a:04:${[subnet, host].map((part) => part.toString(16).padStart(2, '0')).join(':')}`;

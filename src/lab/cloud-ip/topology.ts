import { CONTROL_HOST, NODES, networkOf, type NodeName } from '../ground/topology.js';

const CLIENT = 4;

/**
 * The network of the lab `cloud-ip`. IPv4 only.
 *
 *     client 10.4.3.4 ──┐                                       ┌── server 10.4.4.4
 *                       ├───────────── fabric ──────────────────┤
 *     10.4.1.0/24: fw-a .11, fw-b .12    10.4.2.0/24: fw-a .11, fw-b .12    10.4.9.0/30: fw-a .1, fw-b .2
 *
 * The fabric is the gateway (.1) of every subnet, always with one and the same link-layer address, and carries all that
 * is sent, also between neighbours in one subnet: unicast IP, and nothing else.
 */
export const network = networkOf({
  segments: { mgmt: 0, trust: 1, untrust: 2, client: 3, server: 4, ha: 9 },
  ports: {
    client: { client: CLIENT },
    server: { mgmt: 20, server: 4 },
    'fw-a': { mgmt: 11, trust: 11, untrust: 11, ha: 1 },
    'fw-b': { mgmt: 12, trust: 12, untrust: 12, ha: 2 },
  },
  // The end hosts' devices have the names they have in the lab `vrrp`, where the witness listens.
  devices: { client: 'trust', server: 'untrust' },
  isolated: true,
});

const { address, mac, prefix } = network;

export const GATEWAY_MAC = '12:34:56:78:9a:bc';
const GATEWAY = 1;

/** The two subnets of the nodes, by the device in a node: `trust` faces the client, `untrust` the server. */
export type Side = 'trust' | 'untrust';
export const SIDES: readonly Side[] = ['trust', 'untrust'];

const HOST: Readonly<Record<NodeName, number>> = { 'fw-a': 11, 'fw-b': 12 };
const API = 5;
const VIRTUAL = 100;

export const API_ADDRESS = address('mgmt', API);
export const API_URL = `http://${API_ADDRESS}`;

/** The address of a side that the active node has beside its own. */
export const virtualAddress = (side: Side): string => address(side, VIRTUAL);
/** What the client is on, and where its gateway is. */
export const CLIENT_ADDRESS = address('client', CLIENT);
export const CLIENT_GATEWAY = address('client', GATEWAY);
export const nodeAddress = (node: NodeName, side: Side): string => address(side, HOST[node]);

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

const ROUTED = [...SIDES, 'client', 'server', 'ha'] as const;

/**
 * In the fabric: a bridge per subnet whose ports are isolated from each other (bridge(8)), so that a node reaches its
 * neighbour only through the fabric, which answers ARP for every address there is a way to (proxy_arp_pvlan, RFC 3069).
 * That includes the /30 of the HA link. Only the management network is a plain switch.
 *
 * Routes of the user-defined kind are in tables of their own, with a black hole below them: what has no next hop is
 * dropped, not sent past the firewalls. Interfaces' addresses go to interfaces, whatever their machines say of themselves.
 */
export const fabricLines: readonly string[] = [
  ...network.bridgeLines('mgmt', mac('mgmt', API)),
  `addr add ${API_ADDRESS}/24 dev br-mgmt`,
  ...ROUTED.flatMap((segment) => [
    ...network.bridgeLines(segment, GATEWAY_MAC),
    segment === 'ha'
      ? `route add ${prefix(segment)} dev br-ha`
      : `addr add ${address(segment, GATEWAY)}/24 dev br-${segment}`,
  ]),
  `addr add ${address('client', CONTROL_HOST)}/24 dev br-client`,
  ...NODES.flatMap((node) =>
    network
      .ports(node)
      .filter(({ segment }) => segment !== 'mgmt')
      .map(
        ({ segment, host }) =>
          `neigh replace ${address(segment, host)} lladdr ${mac(segment, host)} dev br-${segment} nud permanent`,
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
    `neigh replace ${virtualAddress(side)} lladdr ${mac(side, HOST[node])} dev br-${side} nud permanent`,
    `route replace ${route.to} via ${virtualAddress(side)} dev br-${side} metric 10 table ${route.number}`,
  ];
};

const [, SERVER_ROUTES] = USER_ROUTES;

/** In the fabric: replies go past the pair, or by it again. */
export const bypassLines = (direct: boolean): string[] => [
  `route ${direct ? 'replace' : 'del'} ${SERVER_ROUTES.to} dev br-client metric 5 table ${SERVER_ROUTES.number}`,
];

/** In the fabric, for nft: nothing that the server sends gets to the pair. */
export const UNSECURED = `table ip security {
    chain replies {
        type filter hook forward priority filter;
        iifname "br-${SERVER_ROUTES.from}" ip daddr ${SERVER_ROUTES.to} drop
    }
}
`;
export const SECURED = 'delete table ip security\n';

const NODE_ROUTES: readonly string[] = [
  `route add ${prefix('client')} via ${address('trust', GATEWAY)}`,
  `route add ${prefix('server')} via ${address('untrust', GATEWAY)}`,
];

/** A node has no virtual address until it is promoted. */
export const ROUTES = {
  client: [`route add default via ${CLIENT_GATEWAY}`],
  server: [`route add default via ${address('server', GATEWAY)}`],
  'fw-a': NODE_ROUTES,
  'fw-b': NODE_ROUTES,
} as const;

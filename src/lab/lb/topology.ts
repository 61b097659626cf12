import { NODES, type NodeName, networkOf } from '../ground/topology.js';

/**
 * The network of the lab `lb`. IPv4 only.
 *
 *     jump ── mgmt 10.4.0.0/24 ── lb .30, fw-a .11, fw-b .12, server .20
 *
 *     client .4 ── trust 10.4.3.0/24 ── .1 ┌────┐ .1 ── front 10.4.1.0/24 ──┬── .11 fw-a .11 ──┬── back 10.4.2.0/24 ─┐
 *                                          │ lb │                           └── .12 fw-b .12 ──┘                     │
 *     server .4 ─ untrust 10.4.4.0/24 ─ .1 └────┘ .1 ────────────────────────────────────────────────────────────────┘
 *
 * One balancer on both sides, as a gateway load balancer is: it sees each packet before and after the firewall.
 */
export const network = networkOf({
  segments: { mgmt: 0, front: 1, back: 2, trust: 3, untrust: 4, ha: 9 },
  ports: {
    client: { trust: 4 },
    server: { mgmt: 20, untrust: 4 },
    lb: { mgmt: 30, trust: 1, untrust: 1, front: 1, back: 1 },
    'fw-a': { mgmt: 11, front: 11, back: 11, ha: 1 },
    'fw-b': { mgmt: 12, front: 12, back: 12, ha: 2 },
  },
});

const { address, mac, prefix } = network;

export const LB_API = address('mgmt', 30);

const HOST: Readonly<Record<NodeName, number>> = { 'fw-a': 11, 'fw-b': 12 };

/** A node's interface that takes the flows from the balancer, and its health probes. */
export const frontAddress = (node: NodeName): string => address('front', HOST[node]);

/** The mark of a node's flows, and the number of the table that leads to it. */
export const NODE_MARK: Readonly<Record<NodeName, number>> = { 'fw-a': 101, 'fw-b': 102 };

/**
 * The balancer's ways to a node, both directions, for what carries its mark. The neighbours are fixed: a real one
 * tunnels to its targets, and a dead one swallows what it is sent, where a failed ARP would say "unreachable".
 */
const routesTo = (node: NodeName): string[] => {
  const host = HOST[node];
  const table = NODE_MARK[node];
  return [
    ...(['front', 'back'] as const).map(
      (side) => `neigh add ${address(side, host)} lladdr ${mac(side, host)} nud permanent dev ${side}`,
    ),
    `route add ${prefix('untrust')} via ${address('front', host)} table ${table}`,
    `route add ${prefix('trust')} via ${address('back', host)} table ${table}`,
    `rule add fwmark ${table} table ${table}`,
  ];
};

const NODE_ROUTES: readonly string[] = [
  `route add ${prefix('trust')} via ${address('front', 1)}`,
  `route add ${prefix('untrust')} via ${address('back', 1)}`,
];

export const ROUTES = {
  client: [`route add default via ${address('trust', 1)}`],
  server: [`route add default via ${address('untrust', 1)}`],
  lb: NODES.flatMap(routesTo),
  'fw-a': NODE_ROUTES,
  'fw-b': NODE_ROUTES,
} as const;

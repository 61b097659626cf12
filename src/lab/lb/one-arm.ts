import type { LbPlan } from '../../model/lab-plan.js';
import { publishedRules } from '../ground/nftables.js';
import { END_HOSTS, NODES, type NodeName, networkOf } from '../ground/topology.js';
import { ASSIGN, HASHED, nodesMap, resetRules } from './flow-table.js';
import { NODE_MARK } from './topology.js';

/**
 * The network of the lab `lb` with one arm. IPv4 only.
 *
 *     jump ── mgmt 10.4.0.0/24 ── lb .30, fw-a .11, fw-b .12, server .20
 *
 *     client .4 ──┬── trust 10.4.3.0/24 ──┬── .11 fw-a .11 ──┬── untrust 10.4.4.0/24 ── .4 server
 *     lb .30 ─────┘                       └── .12 fw-b .12 ──┘
 *     service .100 (lb)
 *
 * The balancer is no router: clients know its address alone, it sends each flow to a node's own one, and in its own name, so
 * that replies come back to it. Nodes publish the server.
 */
export const network = networkOf({
  segments: { mgmt: 0, trust: 3, untrust: 4, ha: 9 },
  ports: {
    client: { trust: 4 },
    server: { mgmt: 20, untrust: 4 },
    lb: { mgmt: 30, trust: 30 },
    'fw-a': { mgmt: 11, trust: 11, untrust: 11, ha: 1 },
    'fw-b': { mgmt: 12, trust: 12, untrust: 12, ha: 2 },
  },
});

const { address, mac } = network;

/** What clients know. */
export const SERVICE_ADDRESS = address('trust', 100);
const OWN = address('trust', 30);
const HOST: Readonly<Record<NodeName, number>> = { 'fw-a': 11, 'fw-b': 12 };

/** Where a node has the service. */
export const publishedAddress = (node: NodeName): string => address('trust', HOST[node]);

/** The neighbours are fixed: a dead node swallows what it is sent, where a failed ARP would say "unreachable". */
export const ROUTES: readonly string[] = [
  `addr add ${SERVICE_ADDRESS}/32 dev trust`,
  ...NODES.map(
    (node) =>
      `neigh add ${publishedAddress(node)} lladdr ${mac('trust', HOST[node])} nud permanent dev trust`,
  ),
];

/** Flows are hashed and kept as by the balancer with two arms; addresses are translated both ways. */
export const balancerRules = (existing: LbPlan['existing']): string => `table ip balancer {
    ${nodesMap(existing)}
    ${resetRules(existing)}
    chain balance {
        type filter hook prerouting priority mangle;
        iifname != "trust" return
        ip daddr != ${SERVICE_ADDRESS} return
        ct mark != 0 return
        ${HASHED.fromClient}
    }
    ${ASSIGN}
    chain service {
        type nat hook prerouting priority dstnat;
        ip daddr ${SERVICE_ADDRESS} dnat to ct mark map { ${NODES.map((node) => `${NODE_MARK[node]} : ${publishedAddress(node)}`).join(', ')} }
    }
    chain own {
        type nat hook postrouting priority srcnat;
        ct mark { ${NODES.map((node) => NODE_MARK[node]).join(', ')} } snat to ${OWN}
    }
}
`;

/** A node's policy: the published server, and nothing else; what it does not know is dropped, not refused. */
export const gatewayRules = (node: NodeName): string => `table ip firewall {
    chain input {
        type filter hook input priority filter;
        iifname "trust" ct state established,related accept
        iifname "trust" drop
    }
    chain forward {
        type filter hook forward priority filter; policy drop;
        ct state established,related accept
        ct state invalid drop
        ct status dnat accept
    }
}
${publishedRules(publishedAddress(node), END_HOSTS.server.v4)}`;

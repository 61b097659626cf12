import { type NodeName, networkOf } from '../ground/topology.js';

/**
 * The network of the lab `dns`. IPv4 only.
 *
 *     jump ── mgmt 10.4.0.0/24 ── fw-a .11, fw-b .12, server .20, monitor .30, dns .53
 *
 *     client .4 ──┐                        ┌── .11 fw-a .11 ──┐
 *     monitor .30 ┼── trust 10.4.3.0/24 ───┤                  ├── untrust 10.4.4.0/24 ── .4 server
 *     dns .53 ────┘                        └── .12 fw-b .12 ──┘
 *
 * No address moves: each node has one of its own, and the name points at one of them. Nobody needs a route: nodes are
 * proxies to the client and to the server.
 */
export const network = networkOf({
  segments: { mgmt: 0, trust: 3, untrust: 4 },
  ports: {
    client: { trust: 4 },
    server: { mgmt: 20, untrust: 4 },
    monitor: { mgmt: 30, trust: 30 },
    dns: { mgmt: 53, trust: 53 },
    'fw-a': { mgmt: 11, trust: 11, untrust: 11 },
    'fw-b': { mgmt: 12, trust: 12, untrust: 12 },
  },
});

/** The name that clients know, and the zone it is in. */
export const ZONE = 'lab.test';
export const SERVICE = `service.${ZONE}`;

/** Where clients find the service while the node is the one. */
export const SERVICE_ADDRESS: Readonly<Record<NodeName, string>> = {
  'fw-a': network.address('trust', 11),
  'fw-b': network.address('trust', 12),
};
/** The name server, for clients and for the monitor's updates. */
export const NAME_SERVER = network.address('trust', 53);
export const UPDATE_SERVER = network.address('mgmt', 53);
export const MONITOR = network.address('mgmt', 30);

import { networkOf } from '../ground/topology.js';

/**
 * The network of the lab `vrrp`.
 *
 *     jump ── mgmt 10.4.0.0/24 ──┬── fw-a ──┬── server (also there, for SSH by hand)
 *     client ── trust 10.4.3.0/24 ──┤ VIP .1 ├── untrust 10.4.4.0/24 ── server
 *                                   └── fw-b ┘   ha 10.4.9.0/30 between the two
 *
 * The same in IPv6: fd00:4:0::/64, fd00:4:3::/64, fd00:4:4::/64.
 */
export const network = networkOf({
  segments: { mgmt: 0, trust: 3, untrust: 4, ha: 9 },
  ports: {
    client: { trust: 4 },
    server: { mgmt: 20, untrust: 4 },
    'fw-a': { mgmt: 11, trust: 11, untrust: 11, ha: 1 },
    'fw-b': { mgmt: 12, trust: 12, untrust: 12, ha: 2 },
  },
  hasIpv6: true,
});

export type VrrpMachine = (typeof network.machines)[number];

/** The addresses of the pair: the router of each end host. */
export const virtualAddresses = (
  segment: 'trust' | 'untrust',
): { readonly v4: string; readonly v6: string } => ({
  v4: network.address(segment, 1),
  v6: network.address6(segment, 1),
});

/** Default routes of an end host. */
export const routesOf = (host: 'client' | 'server'): string[] => {
  const { v4, v6 } = virtualAddresses(host === 'client' ? 'trust' : 'untrust');
  return [`route add default via ${v4}`, `route add default via ${v6}`];
};

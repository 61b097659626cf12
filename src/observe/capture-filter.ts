import { isIPv4, isIPv6 } from 'node:net';
import type { Scenario } from '../model/plan.js';

/** More make a filter that no kernel takes. */
const MOST_ADDRESSES = 64;

/** What tells of any pair, whatever its addresses (src/foreign/wire reads it). */
const ALWAYS = [
  'arp',
  'ip proto 112',
  'ip6 proto 112',
  'ether proto 0x8890',
  'ether proto 0x8891',
  ...[67, 694, 1985, 2029, 3784, 4784, 5405, 6784, 8116].map((port) => `udp port ${port}`),
  'icmp[0] == 5',
  '(icmp6 and ip6[40] >= 133 and ip6[40] <= 137)',
];

/** Of connections only how they begin and end: no word of what is said on them. */
const about = (address: string): string =>
  isIPv4(address)
    ? `(host ${address} and (icmp or tcp[13] & 7 != 0))`
    : `(host ${address} and (icmp6 or (ip6 proto 6 and ip6[53] & 7 != 0)))`;

/** The addresses that a scenario probes, and by which it reaches the nodes; those that are names are not looked up. */
export const addressesOf = ({
  streams,
  sessions,
  nodes,
}: Pick<Scenario, 'streams' | 'sessions' | 'nodes'>): string[] => {
  const hosts = [
    ...streams.map(({ host }) => host),
    ...sessions.map(({ host }) => host),
    ...nodes.flatMap(({ ssh, http }) => [ssh?.host, http === null ? undefined : new URL(http.url).hostname]),
  ].flatMap((host) => host?.replace(/^\[|\]$/g, '') ?? []);
  return [...new Set(hosts.filter((host) => isIPv4(host) || isIPv6(host)))];
};

/** As tcpdump takes it: what passes between others, and what they say, is not recorded. */
export const captureFilter = (addresses: readonly string[]): string =>
  [...ALWAYS, ...addresses.slice(0, MOST_ADDRESSES).map(about)].join(' or ');

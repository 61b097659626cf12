import { END_HOSTS, networkOf, type EndHost } from '../ground/topology.js';

/**
 * The cutter: one router between two end hosts, in which outages of known length are made for calibration. Pure.
 *
 *     client ── trust 10.4.3.0/24 ── cutter ── untrust 10.4.4.0/24 ── server
 *
 * End hosts, device names and addresses are those of the lab `vrrp`, so that its echo server and its witness work
 * here too; the cutter has the addresses that are the pair's virtual ones there.
 */
const network = networkOf({
  segments: { trust: 3, untrust: 4 },
  ports: { client: { trust: 4 }, cutter: { trust: 1, untrust: 1 }, server: { untrust: 4 } },
  hasIpv6: true,
});
export const CUTTER_MACHINES = network.machines;

type Side = 'trust' | 'untrust';
const SIDE = { client: 'trust', server: 'untrust' } as const satisfies Record<EndHost, Side>;
const HOST = { trust: 'client', untrust: 'server' } as const satisfies Record<Side, EndHost>;

const cutterMac = (side: Side): string => network.mac(side, 1);
const hostMac = (host: EndHost): string => network.mac(SIDE[host], 4);

/** `ip -batch` lines for the namespace in which the others were made: the two cables. */
export const cutterCables = (): string[] =>
  network
    .ports('cutter')
    .map(
      ({ segment: side }) =>
        `link add ${side} address ${cutterMac(side)} netns cutter type veth peer name ${side} address ${hostMac(HOST[side])} netns ${HOST[side]}`,
    );

/**
 * `ip -batch` lines for an end host. Neighbours are permanent everywhere: what resolves, and when, is what an outage of
 * kind `arp` plays with, and nothing else should depend on it.
 */
export const hostLines = (host: EndHost): string[] => {
  const side = SIDE[host];
  return [
    ...network.upLines(host),
    ...[network.address(side, 1), network.address6(side, 1)].flatMap((address) => [
      `neigh replace ${address} lladdr ${cutterMac(side)} dev ${side} nud permanent`,
      `route add default via ${address}`,
    ]),
  ];
};

const neighbourLines = (host: EndHost): string[] =>
  Object.values(END_HOSTS[host]).map(
    (address) => `neigh replace ${address} lladdr ${hostMac(host)} dev ${SIDE[host]} nud permanent`,
  );

/** `ip -batch` lines for the cutter itself. */
export const cutterLines = (): string[] => [
  'link set lo up',
  ...network
    .ports('cutter')
    .flatMap((port) => [...network.portLines(port), ...neighbourLines(HOST[port.segment])]),
];

/**
 * Kernel settings of the cutter, when its devices are there. Unresolved neighbours are asked for longer than the longest
 * outage lasts (default 3 s, RFC 4861 §10), else the queue would be given up within it; ICMP errors are not limited to
 * one a second, so that a reject answers every probe.
 */
export const cutterSettings: readonly string[] = [
  'net/ipv4/ip_forward=1',
  'net/ipv6/conf/all/forwarding=1',
  'net/ipv4/icmp_ratelimit=0',
  'net/ipv6/icmp/ratelimit=0',
  'net/ipv4/neigh/untrust/mcast_solicit=60',
  'net/ipv6/neigh/untrust/mcast_solicit=60',
];

/** Printed back by nft as the answer that what was asked before is done. */
export const MARKER = 'chain marker';

/**
 * The cutter's rules. Outages are rules in the two empty chains of cuts; random loss and the way through a delay line (see
 * mess.ts) have chains of their own, so that mending an outage leaves them. Answers to the cutter's own ARP and ND questions are
 * dropped for good: a neighbour that was deleted stays unresolved until it is told again.
 */
export const cutterRules = `table inet cutter {
    chain marker {
    }
    chain cut_forward {
    }
    chain cut_reverse {
    }
    chain lottery {
    }
    chain detour {
    }
    chain way {
        type filter hook prerouting priority mangle; policy accept;
        jump detour
    }
    chain pass {
        type filter hook forward priority filter; policy accept;
        iifname "trust" jump cut_forward
        iifname "untrust" jump cut_reverse
        iifname "trust" jump lottery
        iifname "untrust" jump lottery
    }
    chain own {
        type filter hook input priority filter; policy accept;
        icmpv6 type nd-neighbor-advert drop
    }
}
table arp cutter {
    chain own {
        type filter hook input priority filter; policy accept;
        arp operation reply drop
    }
}
`;

/**
 * Kinds of outage: both directions silently dropped, one of them, refused with an ICMP error (administratively
 * prohibited), and the neighbour behind the cutter not resolved, so that packets queue and come late in a burst. A TCP
 * reset is none of them: it proves that the path is up.
 */
export const OUTAGE_KINDS = ['drop', 'drop-forward', 'drop-reverse', 'reject', 'arp'] as const;
export type CutterOutage = (typeof OUTAGE_KINDS)[number];

const forward = 'add rule inet cutter cut_forward';
const reverse = 'add rule inet cutter cut_reverse drop';

/** One nft line, hence one transaction, that begins an outage. */
export const cutRules: Readonly<Record<Exclude<CutterOutage, 'arp'>, string>> = {
  drop: `${forward} drop; ${reverse}`,
  'drop-forward': `${forward} drop`,
  'drop-reverse': reverse,
  reject: `${forward} reject with icmpx type admin-prohibited`,
};

/** Ends whatever `cutRules` began. */
export const mendRules = 'flush chain inet cutter cut_forward; flush chain inet cutter cut_reverse';

/** `ip -batch` lines for the cutter: the server's neighbour entries go … */
export const forgetServer = (): string[] =>
  Object.values(END_HOSTS.server).map((address) => `neigh del ${address} dev untrust`);

/** … and come back, upon which the kernel releases what it had queued. */
export const tellServer = (): string[] => neighbourLines('server');

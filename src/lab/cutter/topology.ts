import { END_HOSTS, virtualAddresses } from '../ground/topology.js';

/**
 * The cutter: one router between two end hosts, in which outages of known length are made for calibration. Pure.
 *
 *     client ── trust 10.4.3.0/24 ── cutter ── untrust 10.4.4.0/24 ── server
 *
 * End hosts, device names and addresses are those of the lab `vrrp`, so that its echo server and its witness work
 * here too; the cutter has the addresses that are the pair's virtual ones there.
 */
export const CUTTER_MACHINES = ['client', 'cutter', 'server'] as const;
type Side = 'trust' | 'untrust';

const SIDES: readonly { readonly side: Side; readonly host: 'client' | 'server' }[] = [
  { side: 'trust', host: 'client' },
  { side: 'untrust', host: 'server' },
];

const hostMac = { client: '02:00:0a:04:03:04', server: '02:00:0a:04:04:04' } as const;
const cutterMac = { trust: '02:00:0a:04:03:01', untrust: '02:00:0a:04:04:01' } as const;

const bare = (address: string): string => address.replace(/\/.*/, '');

/** `ip -batch` lines for the namespace in which the others were made: the two cables. */
export const cutterCables = (): string[] =>
  SIDES.map(
    ({ side, host }) =>
      `link add ${side} address ${cutterMac[side]} netns cutter type veth peer name ${side} address ${hostMac[host]} netns ${host}`,
  );

/**
 * `ip -batch` lines for an end host. Neighbours are permanent everywhere: what resolves, and when, is what an outage of
 * kind `arp` plays with, and nothing else should depend on it.
 */
export const hostLines = (host: 'client' | 'server'): string[] => {
  const { side } = SIDES.find((each) => each.host === host) as (typeof SIDES)[number];
  const cutter = virtualAddresses(side);
  const [v4, v6] = [bare(cutter.v4), bare(cutter.v6)];
  return [
    'link set lo up',
    `addr add ${END_HOSTS[host].v4}/24 dev ${side}`,
    `addr add ${END_HOSTS[host].v6}/64 dev ${side} nodad`,
    `link set ${side} up`,
    ...[v4, v6].flatMap((address) => [
      `neigh replace ${address} lladdr ${cutterMac[side]} dev ${side} nud permanent`,
      `route add default via ${address}`,
    ]),
  ];
};

const neighbourLines = (host: 'client' | 'server', side: Side): string[] =>
  Object.values(END_HOSTS[host]).map(
    (address) => `neigh replace ${address} lladdr ${hostMac[host]} dev ${side} nud permanent`,
  );

/** `ip -batch` lines for the cutter itself. */
export const cutterLines = (): string[] => [
  'link set lo up',
  ...SIDES.flatMap(({ side, host }) => {
    const { v4, v6 } = virtualAddresses(side);
    return [
      `addr add ${v4.replace('/32', '/24')} dev ${side}`,
      `addr add ${v6.replace('/128', '/64')} dev ${side} nodad`,
      `link set ${side} up`,
      ...neighbourLines(host, side),
    ];
  }),
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
export const tellServer = (): string[] => neighbourLines('server', 'untrust');

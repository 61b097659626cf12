import type { Exchange, Exchanges } from './exchanges.js';

/** Types of a link as libpcap numbers them; of others nothing is known. */
const LINK = {
  null: 0,
  ethernet: 1,
  rawOld: 12,
  rawBsd: 14,
  raw: 101,
  linuxCooked: 113,
  ipv4: 228,
  ipv6: 229,
  linuxCooked2: 276,
} as const;

const TYPE_IPV4 = 0x0800;
const TYPE_IPV6 = 0x86dd;
const VLAN_TAGS = new Set([0x8100, 0x88a8, 0x9100]);
const ICMP = 1;
const TCP = 6;
const ICMPV6 = 58;
/** Extension headers of IPv6 with a length in 8 octets: hop-by-hop, routing, destination options. */
const EXTENSIONS = new Set([0, 43, 60]);
const FRAGMENT = 44;
const MOST_EXTENSIONS = 8;
/** Tools that trace a path begin with few hops; no host does. */
const TRACING_HOPS = 31;

/** Where the IP packet begins; -1: there is none. */
export const ipOffset = (link: number, packet: Buffer): number => {
  switch (link) {
    case LINK.ethernet:
      return afterTags(packet, 12);
    case LINK.linuxCooked:
      return afterTags(packet, 14);
    case LINK.linuxCooked2:
      return packet.length >= 20 && isIp(packet.readUInt16BE(0)) ? 20 : -1;
    case LINK.null:
      return 4;
    case LINK.raw:
    case LINK.rawOld:
    case LINK.rawBsd:
    case LINK.ipv4:
    case LINK.ipv6:
      return 0;
    default:
      return -1;
  }
};

export const isKnownLink = (link: number): boolean => Object.values(LINK).some((known) => known === link);

const isIp = (type: number): boolean => type === TYPE_IPV4 || type === TYPE_IPV6;

const afterTags = (packet: Buffer, typeAt: number): number => {
  let at = typeAt;
  while (at + 2 <= packet.length && VLAN_TAGS.has(packet.readUInt16BE(at))) at += 4;
  return at + 2 <= packet.length && isIp(packet.readUInt16BE(at)) ? at + 2 : -1;
};

interface Datagram {
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  readonly hops: number;
  /** Of what IP carries. */
  readonly at: number;
}

/** As RFC 5952 writes it. */
const ipv6Of = (packet: Buffer, at: number): string => {
  const groups = Array.from({ length: 8 }, (_, index) => packet.readUInt16BE(at + 2 * index));
  let best = { from: -1, length: 1 };
  for (let from = 0; from < 8; from += 1) {
    let length = 0;
    while (groups[from + length] === 0) length += 1;
    if (length > best.length) best = { from, length };
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (best.from === -1) return text(groups);
  return `${text(groups.slice(0, best.from))}::${text(groups.slice(best.from + best.length))}`;
};

/** The header of a packet, as far as it was captured; null: it is none, or a later fragment. */
const datagramOf = (packet: Buffer, at: number): Datagram | null => {
  const version = (packet[at] ?? 0) >> 4;
  if (version === 4) {
    const length = ((packet[at] ?? 0) & 15) * 4;
    if (length < 20 || at + length > packet.length) return null;
    if ((packet.readUInt16BE(at + 6) & 0x1fff) !== 0) return null;
    return {
      from: packet.subarray(at + 12, at + 16).join('.'),
      to: packet.subarray(at + 16, at + 20).join('.'),
      protocol: packet[at + 9] as number,
      hops: packet[at + 8] as number,
      at: at + length,
    };
  }
  if (version !== 6 || at + 40 > packet.length) return null;
  let protocol = packet[at + 6] as number;
  let next = at + 40;
  for (let seen = 0; EXTENSIONS.has(protocol) || protocol === FRAGMENT; seen += 1) {
    if (seen >= MOST_EXTENSIONS || next + 8 > packet.length) return null;
    if (protocol === FRAGMENT && (packet.readUInt16BE(next + 2) & 0xfff8) !== 0) return null;
    const length = protocol === FRAGMENT ? 8 : ((packet[next + 1] as number) + 1) * 8;
    protocol = packet[next] as number;
    next += length;
  }
  return {
    from: ipv6Of(packet, at + 8),
    to: ipv6Of(packet, at + 24),
    protocol,
    hops: packet[at + 7] as number,
    at: next,
  };
};

const endpoint = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

const UNREACHABLE: Readonly<Record<number, string>> = {
  0: 'net-unreachable',
  1: 'host-unreachable',
  2: 'protocol-unreachable',
  3: 'port-unreachable',
  4: 'fragmentation-needed',
  9: 'admin-prohibited',
  10: 'admin-prohibited',
  13: 'admin-prohibited',
};
const UNREACHABLE_6: Readonly<Record<number, string>> = {
  0: 'net-unreachable',
  1: 'admin-prohibited',
  3: 'host-unreachable',
  4: 'port-unreachable',
};

/** What an ICMP error says; null: the message is none. */
const errorOf = (protocol: number, type: number, code: number): string | null => {
  if (protocol === ICMP) {
    if (type === 3) return UNREACHABLE[code] ?? 'unreachable';
    return type === 11 ? 'time-exceeded' : null;
  }
  if (type === 1) return UNREACHABLE_6[code] ?? 'unreachable';
  if (type === 2) return 'packet-too-big';
  return type === 3 ? 'time-exceeded' : null;
};

const SYN = 2;
const RST = 4;
const ACK = 16;

/** Hands what a captured packet means to the exchanges. False: it is of no concern, or was cut too short. */
export const takePacket = (packet: Buffer, link: number, at_ns: number, exchanges: Exchanges): boolean => {
  exchanges.see(at_ns);
  const at = ipOffset(link, packet);
  const datagram = at === -1 ? null : datagramOf(packet, at);
  if (datagram === null) return false;
  if (datagram.protocol === TCP) return takeTcp(packet, datagram, at_ns, exchanges);
  if (datagram.protocol !== ICMP && datagram.protocol !== ICMPV6) return false;
  const echo = echoOf(packet, datagram);
  if (echo !== null) {
    if (echo.request) {
      if (datagram.hops < TRACING_HOPS)
        exchanges.remark('question with few hops, as traceroute and mtr send them: left out');
      else exchanges.request(echo.exchange, at_ns);
    } else exchanges.answer(echo.exchange, at_ns, datagram.hops);
    return true;
  }
  return takeError(packet, datagram, at_ns, exchanges);
};

const echoOf = (
  packet: Buffer,
  { from, to, protocol, at }: Datagram,
): { readonly request: boolean; readonly exchange: Exchange } | null => {
  if (at + 8 > packet.length) return null;
  const type = packet[at] as number;
  const [request, reply] = protocol === ICMP ? [8, 0] : [128, 129];
  if (type !== request && type !== reply) return null;
  const id = `icmp ${packet.readUInt32BE(at + 4)}`;
  return type === request
    ? { request: true, exchange: { from, to, id } }
    : { request: false, exchange: { from: to, to: from, id } };
};

const takeError = (packet: Buffer, datagram: Datagram, at_ns: number, exchanges: Exchanges): boolean => {
  const { protocol, at } = datagram;
  if (at + 8 > packet.length) return false;
  const cause = errorOf(protocol, packet[at] as number, packet[at + 1] as number);
  const inner = cause === null ? null : datagramOf(packet, at + 8);
  if (cause === null || inner === null) return false;
  const said = `${cause} (from ${datagram.from})`;
  if (inner.protocol === TCP && inner.at + 4 <= packet.length) {
    const exchange = {
      from: inner.from,
      to: endpoint(inner.to, packet.readUInt16BE(inner.at + 2)),
      id: `tcp ${packet.readUInt16BE(inner.at)}`,
    };
    exchanges.unreachable(exchange, at_ns, said);
    return true;
  }
  const echo = echoOf(packet, inner);
  if (echo?.request !== true) return false;
  exchanges.unreachable(echo.exchange, at_ns, said);
  return true;
};

const takeTcp = (
  packet: Buffer,
  { from, to, at }: Datagram,
  at_ns: number,
  exchanges: Exchanges,
): boolean => {
  if (at + 14 > packet.length) return false;
  const [source, target] = [packet.readUInt16BE(at), packet.readUInt16BE(at + 2)];
  const flags = (packet[at + 13] as number) & (SYN | RST | ACK);
  const back = { from: to, to: endpoint(from, source), id: `tcp ${target}` };
  if (flags === SYN) exchanges.request({ from, to: endpoint(to, target), id: `tcp ${source}` }, at_ns);
  else if (flags === (SYN | ACK)) exchanges.answer(back, at_ns);
  // Any other reset is of a connection that stood.
  else if (flags === (RST | ACK) && packet.readUInt32BE(at + 4) === 0) exchanges.refusal(back, at_ns);
  else return false;
  return true;
};

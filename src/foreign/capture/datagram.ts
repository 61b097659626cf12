/** Protocols that IP carries (IANA). */
export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, vrrp: 112 } as const;
/** Extension headers of IPv6 with a length in 8 octets: hop-by-hop, routing, destination options. */
const EXTENSIONS = new Set([0, 43, 60]);
const FRAGMENT = 44;
const MOST_EXTENSIONS = 8;

/** The header of an IP packet. Its addresses are read by `senderOf` and `receiverOf`: most packets are asked for none. */
export interface Datagram {
  readonly version: 4 | 6;
  /** Where it begins. */
  readonly from: number;
  readonly protocol: number;
  readonly hops: number;
  /** Of what IP carries. */
  readonly at: number;
  /** Where that ends by the header, whether it was captured or not. */
  readonly end: number;
}

/** As far as it was captured; null: it is none, or a later fragment. */
export const datagramOf = (packet: Buffer, from: number): Datagram | null => {
  const version = (packet[from] ?? 0) >> 4;
  if (version === 4) {
    const length = ((packet[from] ?? 0) & 15) * 4;
    if (length < 20 || from + length > packet.length) return null;
    if ((packet.readUInt16BE(from + 6) & 0x1fff) !== 0) return null;
    // 0: the network adapter was to cut it into packets (TSO).
    const total = packet.readUInt16BE(from + 2);
    return {
      version,
      from,
      protocol: packet[from + 9] as number,
      hops: packet[from + 8] as number,
      at: from + length,
      end: total === 0 ? packet.length : from + total,
    };
  }
  if (version !== 6 || from + 40 > packet.length) return null;
  let protocol = packet[from + 6] as number;
  let next = from + 40;
  for (let seen = 0; EXTENSIONS.has(protocol) || protocol === FRAGMENT; seen += 1) {
    if (seen >= MOST_EXTENSIONS || next + 8 > packet.length) return null;
    if (protocol === FRAGMENT && (packet.readUInt16BE(next + 2) & 0xfff8) !== 0) return null;
    const length = protocol === FRAGMENT ? 8 : ((packet[next + 1] as number) + 1) * 8;
    protocol = packet[next] as number;
    next += length;
  }
  return {
    version,
    from,
    protocol,
    hops: packet[from + 7] as number,
    at: next,
    end: from + 40 + packet.readUInt16BE(from + 4),
  };
};

export const ipv4At = (packet: Buffer, at: number): string =>
  `${packet[at]}.${packet[at + 1]}.${packet[at + 2]}.${packet[at + 3]}`;

/** As RFC 5952 writes it. */
export const ipv6At = (packet: Buffer, at: number): string => {
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

export const senderOf = (packet: Buffer, { version, from }: Datagram): string =>
  version === 4 ? ipv4At(packet, from + 12) : ipv6At(packet, from + 8);

export const receiverOf = (packet: Buffer, { version, from }: Datagram): string =>
  version === 4 ? ipv4At(packet, from + 16) : ipv6At(packet, from + 24);

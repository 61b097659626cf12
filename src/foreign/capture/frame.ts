/** Types of a link as libpcap numbers them; of others nothing is known. */
const LINK = {
  null: 0,
  ethernet: 1,
  rawOld: 12,
  rawBsd: 14,
  raw: 101,
  loop: 108,
  linuxCooked: 113,
  ipv4: 228,
  ipv6: 229,
  linuxCooked2: 276,
} as const;

/** What a frame carries (IEEE 802 numbers). */
export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;
const VLAN_TAGS = new Set([0x8100, 0x88a8, 0x9100]);
/** Of an address of 48 bits, which a cooked header may tell beside longer ones. */
const MAC_LENGTH = 6;

export const isKnownLink = (link: number): boolean => Object.values(LINK).some((known) => known === link);

/** Where the link ends and what it carries begins. */
export interface Frame {
  readonly type: number;
  readonly at: number;
  /** Where the sender's link-layer address is; -1: it has none of 48 bits. */
  readonly senderAt: number;
  /** The same of the receiver: cooked headers leave it out. */
  readonly receiverAt: number;
}

/** null: a frame that is cut off, or of a link that is not known. */
export const frameOf = (link: number, packet: Buffer): Frame | null => {
  switch (link) {
    case LINK.ethernet:
      return tagged(packet, 12, { senderAt: 6, receiverAt: 0 });
    case LINK.linuxCooked:
      return tagged(packet, 14, { senderAt: cookedSender(packet, 4, 2), receiverAt: -1 });
    case LINK.linuxCooked2:
      return cooked2(packet);
    case LINK.null:
    case LINK.loop:
      return bare(packet, 4);
    case LINK.raw:
    case LINK.rawOld:
    case LINK.rawBsd:
    case LINK.ipv4:
    case LINK.ipv6:
      return bare(packet, 0);
    default:
      return null;
  }
};

type Addresses = Pick<Frame, 'senderAt' | 'receiverAt'>;

const tagged = (packet: Buffer, typeAt: number, addresses: Addresses): Frame | null => {
  let at = typeAt;
  while (at + 2 <= packet.length && VLAN_TAGS.has(packet.readUInt16BE(at))) at += 4;
  return at + 2 <= packet.length ? { type: packet.readUInt16BE(at), at: at + 2, ...addresses } : null;
};

/** A tag that the kernel did not take out stands behind the header. */
const cooked2 = (packet: Buffer): Frame | null => {
  if (packet.length < 20) return null;
  const addresses = { senderAt: packet[11] === MAC_LENGTH ? 12 : -1, receiverAt: -1 };
  const type = packet.readUInt16BE(0);
  return VLAN_TAGS.has(type) ? tagged(packet, 22, addresses) : { type, at: 20, ...addresses };
};

const cookedSender = (packet: Buffer, lengthAt: number, behind: number): number =>
  packet.length >= lengthAt + behind + MAC_LENGTH && packet.readUInt16BE(lengthAt) === MAC_LENGTH
    ? lengthAt + behind
    : -1;

const bare = (packet: Buffer, at: number): Frame | null => {
  const version = (packet[at] ?? 0) >> 4;
  const type = version === 4 ? ETHERTYPE.ipv4 : version === 6 ? ETHERTYPE.ipv6 : null;
  return type === null ? null : { type, at, senderAt: -1, receiverAt: -1 };
};

/** Which kind of address is asked for. */
export type AddressRecord = 'A' | 'AAAA';

/** RFC 1035 §3.2.2, RFC 3596 §2.1. */
const TYPES: Readonly<Record<AddressRecord, number>> = { A: 1, AAAA: 28 };
const IN = 1;
const HEADER = 12;
/** RFC 1035 §2.3.4. */
const LABEL_OCTETS = 63;

/** RFC 1035 §4.1.1 and RFC 2136 §2.2, as dig writes them. */
const RCODES = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
];

export interface DnsAnswer {
  readonly id: number;
  /** `NOERROR`, `SERVFAIL`, …, or `RCODE12`. */
  readonly rcode: string;
  /** In order, so that the same set is the same text however a server rotates it; empty where the name has none. */
  readonly addresses: readonly string[];
  /** The least TTL of the records of the answer, those of aliases too, in seconds; null: there are none. */
  readonly ttl_s: number | null;
}

const encodeName = (name: string): Buffer => {
  const labels = name.split('.').filter(Boolean);
  return Buffer.concat([
    ...labels.map((label) => {
      const octets = Buffer.from(label, 'latin1').subarray(0, LABEL_OCTETS);
      return Buffer.concat([Buffer.of(octets.length), octets]);
    }),
    Buffer.of(0),
  ]);
};

/** A query for the addresses of a name, recursion desired (RFC 1035 §4.1). */
export const encodeQuery = (id: number, name: string, record: AddressRecord): Buffer => {
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(0x0100, 2);
  header.writeUInt16BE(1, 4);
  const kind = Buffer.alloc(4);
  kind.writeUInt16BE(TYPES[record], 0);
  kind.writeUInt16BE(IN, 2);
  return Buffer.concat([header, encodeName(name), kind]);
};

/** Where a name ends that begins at `at`: a compressed one at its pointer (RFC 1035 §4.1.4). */
const afterName = (packet: Buffer, at: number): number => {
  for (;;) {
    const length = packet.readUInt8(at);
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    at += 1 + length;
  }
};

const addressText = (octets: Buffer): string => {
  if (octets.length === 4) return octets.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => octets.readUInt16BE(2 * i).toString(16));
  // `URL` knows the shortest way to write it (RFC 5952).
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
};

const decode = (packet: Buffer, record: AddressRecord): DnsAnswer | null => {
  const flags = packet.readUInt16BE(2);
  if ((flags & 0x8000) === 0) return null;
  const rcode = flags & 0xf;
  let at = HEADER;
  for (let i = 0; i < packet.readUInt16BE(4); i++) at = afterName(packet, at) + 4;
  const addresses: string[] = [];
  let ttl_s: number | null = null;
  for (let i = 0; i < packet.readUInt16BE(6); i++) {
    at = afterName(packet, at);
    const ttl = packet.readUInt32BE(at + 4);
    const length = packet.readUInt16BE(at + 8);
    if (packet.readUInt16BE(at) === TYPES[record]) {
      if (length !== (record === 'A' ? 4 : 16)) return null;
      addresses.push(addressText(packet.subarray(at + 10, at + 10 + length)));
    }
    ttl_s = Math.min(ttl_s ?? Infinity, ttl);
    at += 10 + length;
    if (at > packet.length) return null;
  }
  return {
    id: packet.readUInt16BE(0),
    rcode: RCODES[rcode] ?? `RCODE${rcode}`,
    addresses: addresses.toSorted(),
    ttl_s,
  };
};

/** What a server answered to a query for `record`; null for a packet that is no answer, or is cut off. */
export const decodeAnswer = (packet: Buffer, record: AddressRecord): DnsAnswer | null => {
  try {
    return decode(packet, record);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
};

/**
 * ICMP and ICMPv6 Echo (RFC 792, RFC 4443 §4.1) as the prober sends and reads it. The payload begins with a
 * token of this process and the probe's 64-bit sequence number, so that a reply finds its probe exactly even
 * after the 16-bit sequence number of the header has wrapped.
 */
export const HEADER_OCTETS = 8;
/** Token (4) and sequence (8). */
export const MIN_PAYLOAD = 12;

export interface Echo {
  readonly family: 4 | 6;
  readonly id: number;
  readonly token: number;
  readonly seq: number;
  /** Octets of payload, at least MIN_PAYLOAD. */
  readonly size: number;
}

/** RFC 1071. */
export const internetChecksum = (buffer: Buffer): number => {
  let sum = 0;
  const even = buffer.length & ~1;
  for (let i = 0; i < even; i += 2) sum += buffer.readUInt16BE(i);
  if (even !== buffer.length) sum += (buffer[even] as number) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
};

export const encodeEcho = (echo: Echo): Buffer => {
  const buffer = Buffer.alloc(HEADER_OCTETS + Math.max(echo.size, MIN_PAYLOAD));
  buffer[0] = echo.family === 4 ? 8 : 128;
  buffer.writeUInt16BE(echo.id, 4);
  buffer.writeUInt16BE(echo.seq % 65_536, 6);
  buffer.writeUInt32BE(echo.token, 8);
  buffer.writeUInt32BE(Math.floor(echo.seq / 2 ** 32), 12);
  buffer.writeUInt32BE(echo.seq % 2 ** 32, 16);
  // The kernel fills in the ICMPv6 checksum (RFC 3542 §3.1).
  if (echo.family === 4) buffer.writeUInt16BE(internetChecksum(buffer), 2);
  return buffer;
};

/** What arrived on a raw socket, as far as it concerns an echo of ours. */
export type Arrival =
  | {
      readonly kind: 'reply';
      readonly id: number;
      readonly token: number;
      readonly seq: number;
      readonly ttl: number | null;
    }
  /**
   * An ICMP error that quotes an echo request. Only the ICMP header is sure to be quoted (RFC 792); `token` is null
   * where the quotation ends before it.
   */
  | {
      readonly kind: 'error';
      readonly id: number;
      readonly token: number | null;
      readonly seq16: number;
      readonly cause: string;
    };

const UNREACHABLE_4: Readonly<Record<number, string>> = {
  0: 'net-unreachable',
  1: 'host-unreachable',
  2: 'protocol-unreachable',
  3: 'port-unreachable',
  4: 'fragmentation-needed',
  9: 'net-prohibited',
  10: 'host-prohibited',
  13: 'admin-prohibited',
};
const UNREACHABLE_6: Readonly<Record<number, string>> = {
  0: 'no-route',
  1: 'admin-prohibited',
  3: 'address-unreachable',
  4: 'port-unreachable',
  5: 'source-policy',
  6: 'reject-route',
};

/** The cause of an ICMP error message as a slug; null if this type is no error about reaching the target. */
export const causeOf = (family: 4 | 6, type: number, code: number): string | null => {
  if (family === 4) {
    if (type === 3) return UNREACHABLE_4[code] ?? `unreachable-${code}`;
    if (type === 11) return 'time-exceeded';
    return type === 12 ? 'parameter-problem' : null;
  }
  if (type === 1) return UNREACHABLE_6[code] ?? `unreachable-${code}`;
  if (type === 2) return 'packet-too-big';
  if (type === 3) return 'time-exceeded';
  return type === 4 ? 'parameter-problem' : null;
};

/** Length of the IPv4 header at `offset`; null if there is none. */
const ipv4Header = (buffer: Buffer, offset: number): number | null => {
  const first = buffer[offset];
  if (first === undefined || first >> 4 !== 4) return null;
  const length = (first & 0x0f) * 4;
  return length >= 20 && buffer.length >= offset + length ? length : null;
};

const IPV6_HEADER = 40;

const decodeError = (buffer: Buffer, family: 4 | 6, icmp: number, cause: string): Arrival | null => {
  const quoted = icmp + HEADER_OCTETS;
  const header = family === 4 ? ipv4Header(buffer, quoted) : IPV6_HEADER;
  if (header === null || buffer.length < quoted + header + HEADER_OCTETS) return null;
  const request = quoted + header;
  // Only errors about an echo request: the quoted protocol may be UDP or TCP with the same octets.
  const protocol = buffer[quoted + (family === 4 ? 9 : 6)];
  if (protocol !== (family === 4 ? 1 : 58) || buffer[request] !== (family === 4 ? 8 : 128)) return null;
  return {
    kind: 'error',
    id: buffer.readUInt16BE(request + 4),
    token: buffer.length < request + 12 ? null : buffer.readUInt32BE(request + 8),
    seq16: buffer.readUInt16BE(request + 6),
    cause,
  };
};

/**
 * @param buffer IPv4: with its IP header; IPv6: from the ICMPv6 header on, so that the hop limit is not known.
 * @returns null for anything that is no reply to, or error about, an echo request.
 */
export const decodeArrival = (buffer: Buffer, family: 4 | 6): Arrival | null => {
  const icmp = family === 4 ? ipv4Header(buffer, 0) : 0;
  if (icmp === null || buffer.length < icmp + HEADER_OCTETS) return null;
  const type = buffer[icmp] as number;
  if (type === (family === 4 ? 0 : 129)) {
    if (buffer.length < icmp + HEADER_OCTETS + MIN_PAYLOAD) return null;
    return {
      kind: 'reply',
      id: buffer.readUInt16BE(icmp + 4),
      token: buffer.readUInt32BE(icmp + 8),
      seq: buffer.readUInt32BE(icmp + 12) * 2 ** 32 + buffer.readUInt32BE(icmp + 16),
      ttl: family === 4 ? (buffer[8] as number) : null,
    };
  }
  const cause = causeOf(family, type, buffer[icmp + 1] as number);
  return cause === null ? null : decodeError(buffer, family, icmp, cause);
};

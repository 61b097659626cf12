import { ipv4At, ipv6At, senderOf, type Datagram } from '../capture/datagram.js';
import type { Advertisement } from './masters.js';

/** Version and type of an advertisement. That of CARP looks like VRRP's of version 2. */
const VERSION_2 = 0x21;
const VERSION_3 = 0x31;
const CARP_LENGTH = 36;
/** Of its counter and digest, in words of 32 bits. */
const CARP_AUTHENTICATION = 7;
/** Routers drop what has another: it came from elsewhere (RFC 9568 §7.1). */
const HOPS = 255;
const MOST_ADDRESSES = 3;

const addressesOf = (packet: Buffer, { at, version }: Datagram, count: number): string[] => {
  const [length, read] = version === 4 ? [4, ipv4At] : [16, ipv6At];
  const addresses: string[] = [];
  for (let index = 0; index < Math.min(count, MOST_ADDRESSES); index += 1) {
    const from = at + 8 + index * length;
    if (from + length > packet.length) break;
    addresses.push(read(packet, from));
  }
  return addresses;
};

const forWords = (addresses: readonly string[], count: number): string => {
  if (addresses.length === 0) return '';
  const more = count - addresses.length;
  return ` for ${addresses.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};

/** CARP does not say for which addresses it is: members of one group are neighbours. */
const neighbourhood = (sender: string): string => sender.replace(/[.:][^.:]*$/, '');

/**
 * Both are the same protocol by number, and alike in their first octets. CARP has no list of addresses, so that its length is fixed,
 * and in the place of VRRP's count stands the length of its authentication; VRRP's of version 2 ends with 8 octets of
 * authentication (RFC 3768 §5.1), and is none of IPv6.
 */
const isCarp = (packet: Buffer, { at, end, version }: Datagram): boolean =>
  packet[at] === VERSION_2 &&
  (version === 6 || (end - at === CARP_LENGTH && packet[at + 3] === CARP_AUTHENTICATION));

const carpOf = (packet: Buffer, { at, version }: Datagram, sender: string): Advertisement => {
  const [vhid, skew, base] = [packet[at + 1], packet[at + 2], packet[at + 5]] as [number, number, number];
  const group = `CARP VHID ${vhid}${version === 6 ? ' of IPv6' : ''}`;
  return {
    protocol: 'carp',
    key: `${group} ${sender}`,
    group,
    segment: neighbourhood(sender),
    sender,
    // A base of 0 is for tests alone, and then the skew is all there is.
    interval_ms: Math.max(base * 1000 + (skew * 1000) / 256, 10),
    words: `advertisement of ${sender}, ${group}, advskew ${skew}`,
    says: null,
    resigns: false,
  };
};

/** An advertisement of VRRP (RFC 3768, 5798, 9568) or CARP; null: it is none, or cut too short. */
export const advertisementOf = (packet: Buffer, datagram: Datagram): Advertisement | null => {
  const { at, version, hops } = datagram;
  if (at + 8 > packet.length || hops !== HOPS) return null;
  const sender = senderOf(packet, datagram);
  if (isCarp(packet, datagram)) return carpOf(packet, datagram, sender);
  const kind = packet[at];
  if (kind !== VERSION_2 && kind !== VERSION_3) return null;
  const [vrid, priority, count] = [packet[at + 1], packet[at + 2], packet[at + 3]] as [
    number,
    number,
    number,
  ];
  // Seconds; in version 3 the lower 12 bits, of hundredths.
  const interval_ms =
    kind === VERSION_2 ? (packet[at + 5] as number) * 1000 : (packet.readUInt16BE(at + 4) & 0xfff) * 10;
  const group = `VRRP VRID ${vrid}${version === 6 ? ' of IPv6' : ''}`;
  const resigns = priority === 0;
  const addresses = addressesOf(packet, datagram, count);
  return {
    protocol: 'vrrp',
    key: `${group} ${sender}`,
    group,
    segment: addresses[0] ?? '',
    sender,
    interval_ms: Math.max(interval_ms, 10),
    words:
      `advertisement of ${sender}, ${group}, version ${kind >> 4}, priority ${priority}` +
      `${resigns ? ' (resigns)' : ''}${forWords(addresses, count)}`,
    says: resigns ? { kind: 'role', value: 'transitioning' } : null,
    resigns,
  };
};

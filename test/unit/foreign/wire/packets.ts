/** Captures and packets as octets, from the documents that say how they look. */

export const MAC = { a: '02:00:00:00:00:0a', b: '02:00:00:00:00:0b', client: '02:00:00:00:00:04' } as const;
const EVERYBODY = 'ff:ff:ff:ff:ff:ff';

export const octets = (hex: string): Buffer => Buffer.from(hex.replaceAll(/[\s:]/g, ''), 'hex');
const u8 = (...values: number[]): Buffer => Buffer.from(values);
const u16 = (value: number): Buffer => u8(value >> 8, value & 255);
export const u32 = (value: number): Buffer => {
  const made = Buffer.alloc(4);
  made.writeUInt32BE(value);
  return made;
};
const join = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts);

export const v4 = (address: string): Buffer => Buffer.from(address.split('.').map(Number));
/** Eight groups; `::` once. */
export const v6 = (address: string): Buffer => {
  const [before = '', after = ''] = address.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [left, right] = [groups(before), groups(after)];
  const middle = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return join(...[...left, ...middle, ...right].map((group) => u16(Number.parseInt(group, 16))));
};

export const ethernet = (type: number, payload: Buffer, from: string = MAC.a, to = EVERYBODY): Buffer =>
  join(octets(to), octets(from), u16(type), payload);

/** RFC 791. */
export const ip = (protocol: number, from: string, to: string, payload: Buffer, hops = 255): Buffer =>
  join(
    u8(0x45, 0),
    u16(20 + payload.length),
    u16(0),
    u16(0),
    u8(hops, protocol),
    u16(0),
    v4(from),
    v4(to),
    payload,
  );

/** RFC 8200. */
export const ip6 = (protocol: number, from: string, to: string, payload: Buffer, hops = 255): Buffer =>
  join(u32(0x60000000), u16(payload.length), u8(protocol, hops), v6(from), v6(to), payload);

/** RFC 826, RFC 5227. */
export const arp = (
  operation: 1 | 2,
  mac: string,
  sender: string,
  target: string,
  targetMac: string = MAC.client,
): Buffer =>
  ethernet(
    0x0806,
    join(octets('0001 0800 06 04'), u16(operation), octets(mac), v4(sender), octets(targetMac), v4(target)),
    mac,
  );

/** RFC 4861 §4.4. */
export const advertisement = (target: string, mac: string, flags = 0x20): Buffer =>
  ethernet(
    0x86dd,
    ip6(
      58,
      target,
      'ff02::1',
      join(u8(136, 0), u16(0), u8(flags, 0, 0, 0), v6(target), u8(2, 1), octets(mac)),
    ),
    mac,
  );
/** §4.3. */
export const solicitation = (sender: string, target: string, mac: string): Buffer =>
  ethernet(
    0x86dd,
    ip6(58, sender, 'ff02::1:ff00:1', join(u8(135, 0), u16(0), u32(0), v6(target), u8(1, 1), octets(mac))),
    mac,
  );

/** RFC 3768 §5.1. */
export const vrrp2 = (sender: string, vrid: number, priority: number, address: string, every_s = 1): Buffer =>
  ethernet(
    0x0800,
    ip(
      112,
      sender,
      '224.0.0.18',
      join(u8(0x21, vrid, priority, 1, 0, every_s), u16(0), v4(address), Buffer.alloc(8)),
    ),
  );
/** RFC 9568 §5.1. */
export const vrrp3 = (
  sender: string,
  vrid: number,
  priority: number,
  address: string,
  every_cs = 100,
): Buffer => {
  const is6 = sender.includes(':');
  const head = join(u8(0x31, vrid, priority, 1), u16(every_cs), u16(0));
  return is6
    ? ethernet(0x86dd, ip6(112, sender, 'ff02::12', join(head, v6(address))))
    : ethernet(0x0800, ip(112, sender, '224.0.0.18', join(head, v4(address))));
};
/** As of ip_carp.h of OpenBSD and FreeBSD: 36 octets. */
export const carp = (sender: string, vhid: number, skew: number, base = 1): Buffer =>
  ethernet(
    0x0800,
    ip(112, sender, '224.0.0.18', join(u8(0x21, vhid, skew, 7, 0, base), u16(0), Buffer.alloc(28, 0xc5))),
  );

export const udp = (from: string, source: number, to: string, target: number, payload: Buffer): Buffer =>
  ethernet(
    0x0800,
    ip(17, from, to, join(u16(source), u16(target), u16(8 + payload.length), u16(0), payload)),
  );

/** RFC 2281 §5.1. */
export const hsrp1 = (sender: string, state: number, priority = 100, opcode = 0): Buffer =>
  udp(
    sender,
    1985,
    '224.0.0.2',
    1985,
    join(u8(0, opcode, state, 3, 10, priority, 1, 0), Buffer.from('cisco\0\0\0'), v4('10.4.3.1')),
  );
/** Type 1 of its list, 40 octets. */
export const hsrp2 = (sender: string, state: number, priority = 100, opcode = 0): Buffer =>
  udp(
    sender,
    1985,
    '224.0.0.102',
    1985,
    join(
      u8(1, 40, 2, opcode, state, 4),
      u16(7),
      octets(MAC.a),
      u32(priority),
      u32(1000),
      u32(3000),
      v4('10.4.3.1'),
      Buffer.alloc(12),
    ),
  );

/** RFC 5880 §4.1. */
export const bfd = (
  sender: string,
  receiver: string,
  state: number,
  diagnostic = 0,
  every_ms = 300,
): Buffer =>
  udp(
    sender,
    49_153,
    receiver,
    3784,
    join(
      u8(0x20 | diagnostic, state << 6, 3, 24),
      u32(1),
      u32(2),
      u32(every_ms * 1000),
      u32(every_ms * 1000),
      u32(0),
    ),
  );

/** RFC 2131 §2, with the option 53 of RFC 2132. */
export const dhcp = (type: number, given: string, mac: string = MAC.client): Buffer => {
  const fixed = Buffer.alloc(236);
  u8(type === 1 || type === 3 ? 1 : 2, 1, 6, 0).copy(fixed);
  v4(given).copy(fixed, 16);
  octets(mac).copy(fixed, 28);
  return udp('10.4.3.1', 67, '255.255.255.255', 68, join(fixed, u32(0x63825363), u8(53, 1, type, 255)));
};

export const FLAGS = { fin: 1, syn: 2, rst: 4, ack: 16 } as const;
/** RFC 9293 §3.1. */
export const tcp = (
  from: readonly [string, number],
  to: readonly [string, number],
  flags: number,
  macs: readonly [from: string, to: string] = [MAC.client, MAC.a],
): Buffer =>
  ethernet(
    0x0800,
    ip(
      6,
      from[0],
      to[0],
      join(u16(from[1]), u16(to[1]), u32(1), u32(1), u8(0x50, flags), u16(0), u32(0)),
      64,
    ),
    ...macs,
  );

export const icmp = (
  from: string,
  to: string,
  type: number,
  body: Buffer,
  macs?: readonly [string, string],
): Buffer => ethernet(0x0800, ip(1, from, to, join(u8(type, 0), u16(0), body), 64), ...(macs ?? []));

/** RFC 792, of a packet to `destination`. */
export const redirect = (router: string, to: string, destination: string, gateway: string): Buffer =>
  icmp(router, to, 5, join(v4(gateway), ip(1, to, destination, Buffer.alloc(8))));

/** Seconds from `START_MS`. */
export type Timed = readonly [at_s: number, packet: Buffer];
export const START_MS = 1_700_000_000_000;

/** Classic pcap, in microseconds. */
export const pcap = (packets: readonly Timed[], link = 1): Buffer =>
  join(
    octets('d4c3b2a1 0200 0400 00000000 00000000 ffff0000'),
    u8(link & 255, link >> 8, 0, 0),
    ...packets.map(([at_s, packet]) => {
      const record = Buffer.alloc(16);
      const at_us = Math.round(at_s * 1e6);
      record.writeUInt32LE(START_MS / 1000 + Math.floor(at_us / 1e6), 0);
      record.writeUInt32LE(at_us - Math.floor(at_us / 1e6) * 1e6, 4);
      record.writeUInt32LE(packet.length, 8);
      record.writeUInt32LE(packet.length, 12);
      return join(record, packet);
    }),
  );

const block = (type: number, body: Buffer): Buffer => {
  const padded = join(body, Buffer.alloc((4 - (body.length % 4)) % 4));
  return join(u32(type), u32(padded.length + 12), padded, u32(padded.length + 12));
};

/** pcapng in big-endian order, in nanoseconds, with what the capture dropped. */
export const pcapng = (packets: readonly Timed[], dropped = 0): Buffer =>
  join(
    block(0x0a0d0d0a, join(u32(0x1a2b3c4d), octets('0001 0000 ffffffffffffffff'))),
    block(1, join(u16(1), u16(0), u32(0), octets('0009 0001 09000000 0000 0000'))),
    ...packets.map(([at_s, packet]) => {
      const at_ns = BigInt(START_MS) * 1_000_000n + BigInt(Math.round(at_s * 1e6)) * 1000n;
      const head = join(u32(0), u32(Number(at_ns >> 32n)), u32(Number(at_ns & 0xffffffffn)));
      return block(6, join(head, u32(packet.length), u32(packet.length), packet));
    }),
    block(5, join(u32(0), u32(0), u32(0), octets('0005 0008 00000000'), u32(dropped), u32(0))),
  );

/** A hello each `every_s`, from and to. */
export const every = (from_s: number, to_s: number, every_s: number, packet: Buffer): Timed[] =>
  Array.from({ length: Math.round((to_s - from_s) / every_s) + 1 }, (_, index) => [
    from_s + index * every_s,
    packet,
  ]);

/** One of each kind that is read. */
export const allPackets = (): Buffer[] => [
  arp(1, MAC.client, '10.4.3.4', '10.4.3.1'),
  arp(2, MAC.a, '10.4.3.1', '10.4.3.4'),
  arp(2, MAC.b, '10.4.3.1', '10.4.3.1'),
  solicitation('fd00:4::9', 'fd00:4::4', MAC.client),
  advertisement('fd00:4::4', MAC.a, 0x60),
  advertisement('fd00:4::4', MAC.b),
  vrrp2('10.4.3.2', 51, 200, '10.4.3.1'),
  vrrp2('10.4.3.2', 51, 0, '10.4.3.1'),
  vrrp3('10.4.3.3', 51, 100, '10.4.3.1'),
  vrrp3('fe80::2', 51, 200, 'fe80::1'),
  carp('10.4.3.2', 1, 0),
  hsrp1('10.4.3.2', 16),
  hsrp2('10.4.3.3', 5),
  bfd('10.4.3.2', '10.4.3.3', 3),
  bfd('10.4.3.3', '10.4.3.2', 1, 1),
  ethernet(0x8890, Buffer.alloc(40), MAC.a),
  udp('10.4.3.2', 8116, '10.4.3.0', 8116, Buffer.alloc(30)),
  icmp('10.4.3.2', '10.4.3.3', 8, Buffer.alloc(4)),
  dhcp(1, '0.0.0.0'),
  dhcp(5, '10.4.3.4'),
  redirect('10.4.3.1', '10.4.3.4', '10.4.4.4', '10.4.3.3'),
  tcp(['10.4.3.4', 40_000], ['10.4.4.4', 7], FLAGS.syn),
  tcp(['10.4.4.4', 7], ['10.4.3.4', 40_001], FLAGS.rst),
];

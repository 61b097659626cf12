import { datagramOf, PROTOCOL, receiverOf, senderOf, type Datagram } from './datagram.js';
import type { Exchange, Exchanges } from './exchanges.js';
import { ETHERTYPE, frameOf } from './frame.js';

/** Tools that trace a path begin with few hops; no host does. */
const TRACING_HOPS = 31;

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
  if (protocol === PROTOCOL.icmp) {
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
  const frame = frameOf(link, packet);
  if (frame === null || (frame.type !== ETHERTYPE.ipv4 && frame.type !== ETHERTYPE.ipv6)) return false;
  const datagram = datagramOf(packet, frame.at);
  if (datagram === null) return false;
  if (datagram.protocol === PROTOCOL.tcp) return takeTcp(packet, datagram, at_ns, exchanges);
  if (datagram.protocol !== PROTOCOL.icmp && datagram.protocol !== PROTOCOL.icmpv6) return false;
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
  datagram: Datagram,
): { readonly request: boolean; readonly exchange: Exchange } | null => {
  const { protocol, at } = datagram;
  if (at + 8 > packet.length) return null;
  const type = packet[at] as number;
  const [request, reply] = protocol === PROTOCOL.icmp ? [8, 0] : [128, 129];
  if (type !== request && type !== reply) return null;
  const [from, to] = [senderOf(packet, datagram), receiverOf(packet, datagram)];
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
  const said = `${cause} (from ${senderOf(packet, datagram)})`;
  if (inner.protocol === PROTOCOL.tcp && inner.at + 4 <= packet.length) {
    const exchange = {
      from: senderOf(packet, inner),
      to: endpoint(receiverOf(packet, inner), packet.readUInt16BE(inner.at + 2)),
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

const takeTcp = (packet: Buffer, datagram: Datagram, at_ns: number, exchanges: Exchanges): boolean => {
  const { at } = datagram;
  if (at + 14 > packet.length) return false;
  const flags = (packet[at + 13] as number) & (SYN | RST | ACK);
  // Most packets of a connection say neither that it begins nor that it is refused.
  if ((flags & (SYN | RST)) === 0) return false;
  const [source, target] = [packet.readUInt16BE(at), packet.readUInt16BE(at + 2)];
  const [from, to] = [senderOf(packet, datagram), receiverOf(packet, datagram)];
  const back = { from: to, to: endpoint(from, source), id: `tcp ${target}` };
  if (flags === SYN) exchanges.request({ from, to: endpoint(to, target), id: `tcp ${source}` }, at_ns);
  else if (flags === (SYN | ACK)) exchanges.answer(back, at_ns);
  // Any other reset is of a connection that stood.
  else if (flags === (RST | ACK) && packet.readUInt32BE(at + 4) === 0) exchanges.refusal(back, at_ns);
  else return false;
  return true;
};

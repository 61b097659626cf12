import { ipv4At, senderOf, type Datagram } from '../capture/datagram.js';
import type { Findings, Moment } from './findings.js';
import { macAt } from './mac.js';

/** Of the server, and of relays that ask it. */
export const DHCP_PORT = 67;
/** What begins the options (RFC 2131 §3). */
const COOKIE = 0x63825363;
const COOKIE_AT = 236;
const MESSAGE_TYPE = 53;
const PAD = 0;
const END = 255;
const MOST_OPTIONS = 64;
/** RFC 2132 §9.6; of others there is no word. */
const TYPES: Readonly<Record<number, string>> = {
  1: 'discover',
  2: 'offer',
  3: 'request',
  5: 'ack',
  6: 'nak',
};
const NOBODY = '0.0.0.0';

/** `cut`: it was not captured so far. */
const typeOf = (packet: Buffer, from: number): number | 'cut' | null => {
  let at = from;
  for (let seen = 0; seen < MOST_OPTIONS; seen += 1) {
    const code = packet[at];
    if (code === END) return null;
    if (code === PAD) {
      at += 1;
      continue;
    }
    if (code === undefined || at + 2 >= packet.length) return 'cut';
    if (code === MESSAGE_TYPE) return packet[at + 2] as number;
    at += 2 + (packet[at + 1] as number);
  }
  return null;
};

/** @param at of what UDP carries. False: it is one, but was captured too short to tell which. */
export const takeDhcp = (
  packet: Buffer,
  datagram: Datagram,
  at: number,
  when: Moment,
  findings: Findings,
): boolean => {
  if (at + COOKIE_AT + 4 > packet.length) return datagram.end - at < COOKIE_AT + 4;
  if (packet.readUInt32BE(at + COOKIE_AT) !== COOKIE) return true;
  const type = typeOf(packet, at + COOKIE_AT + 4);
  if (type === 'cut') return false;
  const value = type === null ? undefined : TYPES[type];
  if (value === undefined) return true;
  const client = macAt(packet, at + 28);
  const [current, given] = [ipv4At(packet, at + 12), ipv4At(packet, at + 16)];
  const address = given === NOBODY ? current : given;
  const about = address === NOBODY ? '' : `, ${address}`;
  const words = `DHCP ${value} from ${senderOf(packet, datagram)} for ${client}${about}`;
  findings.add('lease', { subject: client, value }, when, words);
  return true;
};

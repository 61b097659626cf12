import { ipv6At, receiverOf, senderOf, type Datagram } from '../capture/datagram.js';
import type { Announcements } from './announcements.js';
import type { Moment } from './findings.js';
import { macAt } from './mac.js';

const SOLICITATION = 135;
const ADVERTISEMENT = 136;
const SOLICITED = 0x40;
/** Options with a link-layer address (RFC 4861 §4.6.1). */
const SOURCE_ADDRESS = 1;
const TARGET_ADDRESS = 2;
const MOST_OPTIONS = 8;
/** What came through a router is none (RFC 4861 §7.1). */
const HOPS = 255;
const NOBODY = '::';

const optionAt = (packet: Buffer, from: number, end: number, wanted: number): number => {
  let at = from;
  for (let seen = 0; seen < MOST_OPTIONS && at + 8 <= Math.min(end, packet.length); seen += 1) {
    const length = (packet[at + 1] as number) * 8;
    if (length === 0) return -1;
    if (packet[at] === wanted && length === 8) return at + 2;
    at += length;
  }
  return -1;
};

/** @param senderMacAt where the frame says who sent it; -1: it does not */
export const takeNeighbourDiscovery = (
  packet: Buffer,
  datagram: Datagram,
  senderMacAt: number,
  when: Moment,
  announcements: Announcements,
): void => {
  const { at, end, hops } = datagram;
  const type = packet[at];
  if (hops !== HOPS || at + 24 > packet.length || (type !== SOLICITATION && type !== ADVERTISEMENT)) return;
  const target = ipv6At(packet, at + 8);
  const option = optionAt(packet, at + 24, end, type === ADVERTISEMENT ? TARGET_ADDRESS : SOURCE_ADDRESS);
  const macPlace = option === -1 ? senderMacAt : option;
  const mac = macPlace === -1 ? null : macAt(packet, macPlace);
  const sender = senderOf(packet, datagram);
  if (type === SOLICITATION) {
    // Without a sender it asks whether anybody has an address (RFC 4862 §5.4).
    if (sender === NOBODY) return;
    if (mac !== null && option !== -1)
      announcements.told(sender, mac, 'beside', when, `solicitation of ${sender}, which is at ${mac}`);
    announcements.asked(target, when, `neighbour solicitation of ${sender} for ${target}`);
    return;
  }
  if (mac === null) return;
  const isAnswer = ((packet[at + 4] as number) & SOLICITED) !== 0;
  const words = isAnswer
    ? `neighbour advertisement to ${receiverOf(packet, datagram)}: ${target} is at ${mac}`
    : `unsolicited neighbour advertisement: ${target} is at ${mac}`;
  announcements.told(target, mac, isAnswer ? 'answer' : 'unasked', when, words);
};

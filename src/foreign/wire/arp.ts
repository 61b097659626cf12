import { ipv4At } from '../capture/datagram.js';
import type { Announcements } from './announcements.js';
import type { Moment } from './findings.js';
import { macAt } from './mac.js';

/** Of Ethernet and IPv4: hardware, protocol, and the lengths of their addresses (RFC 826). */
const ETHERNET_IPV4 = Buffer.from('0001080006 04'.replaceAll(' ', ''), 'hex');
const LENGTH = 28;
const REQUEST = 1;
const REPLY = 2;
const NOBODY = '0.0.0.0';

/** An ARP packet that begins `at`. */
export const takeArp = (packet: Buffer, at: number, when: Moment, announcements: Announcements): void => {
  if (at + LENGTH > packet.length || !packet.subarray(at, at + 6).equals(ETHERNET_IPV4)) return;
  const operation = packet.readUInt16BE(at + 6);
  if (operation !== REQUEST && operation !== REPLY) return;
  const [mac, sender, target] = [macAt(packet, at + 8), ipv4At(packet, at + 14), ipv4At(packet, at + 24)];
  // A probe whether anybody has an address: its sender has none yet (RFC 5227 §2.1.1).
  if (sender === NOBODY) return;
  const word = operation === REQUEST ? 'request' : 'reply';
  if (sender === target) {
    announcements.told(sender, mac, 'unasked', when, `gratuitous ARP ${word}: ${sender} is at ${mac}`);
    return;
  }
  if (operation === REPLY) {
    const words = `ARP reply to ${target}: ${sender} is at ${mac}`;
    announcements.told(sender, mac, 'answer', when, words);
    return;
  }
  announcements.told(sender, mac, 'beside', when, `ARP request of ${sender}, which is at ${mac}`);
  announcements.asked(target, when, `ARP request of ${sender} for ${target}`);
};

import { ipv4At, ipv6At, receiverOf, senderOf, type Datagram } from '../capture/datagram.js';
import type { Findings, Found, Moment } from './findings.js';

const REDIRECT = 5;
const REDIRECT_6 = 137;
const MOST_DESTINATIONS = 1024;
/** Of the IP header that an ICMP error quotes. */
const QUOTED_RECEIVER = 16;

/** ICMP redirects (RFC 792, RFC 4861 §4.5): the first of each router, destination and gateway. */
export class Redirects {
  readonly #findings: Findings;
  readonly #told = new Map<string, Found>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  see(packet: Buffer, datagram: Datagram, when: Moment): void {
    const read = datagram.version === 4 ? redirectOf(packet, datagram) : redirect6Of(packet, datagram);
    if (read === null) return;
    const { destination, gateway } = read;
    const sender = senderOf(packet, datagram);
    const key = `${sender} ${destination} ${gateway}`;
    const told = this.#told.get(key);
    if (told !== undefined) {
      told.more += 1;
      told.until_ms = when.lo_ms;
      return;
    }
    if (this.#told.size >= MOST_DESTINATIONS) return;
    const words = `redirect of ${sender} to ${receiverOf(packet, datagram)}: ${destination} is by way of ${gateway}`;
    this.#told.set(
      key,
      this.#findings.add('redirect', { subject: destination, value: gateway }, when, words),
    );
  }
}

interface Redirect {
  readonly destination: string;
  readonly gateway: string;
}

const redirectOf = (packet: Buffer, { at }: Datagram): Redirect | null =>
  packet[at] !== REDIRECT || at + 28 > packet.length
    ? null
    : { gateway: ipv4At(packet, at + 4), destination: ipv4At(packet, at + 8 + QUOTED_RECEIVER) };

const redirect6Of = (packet: Buffer, { at, hops }: Datagram): Redirect | null =>
  packet[at] !== REDIRECT_6 || at + 40 > packet.length || hops !== 255
    ? null
    : { gateway: ipv6At(packet, at + 8), destination: ipv6At(packet, at + 24) };

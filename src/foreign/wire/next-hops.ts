import { receiverOf, type Datagram } from '../capture/datagram.js';
import type { Frame } from '../capture/frame.js';
import type { Findings, Moment } from './findings.js';
import { isGroupMac, macNumber, macOf } from './mac.js';

/** More senders to one address are not followed. */
const MOST_SENDERS = 64;

interface Hop {
  mac: number;
  last: Moment;
}

/** To which link-layer address the packets to an address go: what their senders have in their neighbour caches. */
export class NextHops {
  readonly #findings: Findings;
  readonly #senders = new Map<string, Map<number, Hop>>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  see(packet: Buffer, { senderAt, receiverAt }: Frame, datagram: Datagram, at: Moment): void {
    if (senderAt === -1 || receiverAt === -1 || isGroupMac(packet, receiverAt)) return;
    const address = receiverOf(packet, datagram);
    const senders = this.#sendersTo(address);
    const [sender, mac] = [macNumber(packet, senderAt), macNumber(packet, receiverAt)];
    const hop = senders.get(sender);
    if (hop === undefined) {
      if (senders.size >= MOST_SENDERS) return;
      senders.set(sender, { mac, last: at });
      this.#tell(address, mac, at, `first packet of ${macOf(sender)} to ${address}`);
      return;
    }
    if (hop.mac !== mac) {
      this.#tell(address, hop.mac, hop.last, `last packet of ${macOf(sender)} to ${address}`);
      this.#tell(address, mac, at, `first packet of ${macOf(sender)} to ${address}`);
      hop.mac = mac;
    }
    hop.last = at;
  }

  #tell(subject: string, mac: number, at: Moment, words: string): void {
    const value = macOf(mac);
    this.#findings.add('resolved', { subject, value }, at, `${words} by way of ${value}`);
  }

  #sendersTo(address: string): Map<number, Hop> {
    const known = this.#senders.get(address);
    if (known !== undefined) return known;
    const made = new Map<number, Hop>();
    this.#senders.set(address, made);
    return made;
  }
}

import { isIPv4, isIPv6 } from 'node:net';
import { ipv6At, type Datagram } from '../capture/datagram.js';

/** The addresses that a run is about. Every packet is asked, so that IPv4, which most are, is compared as numbers. */
export class Watched {
  readonly #v4 = new Set<number>();
  readonly #v6 = new Set<string>();
  readonly #words = new Set<string>();

  /** What is no address, such as a host's name, is passed over. */
  constructor(addresses: readonly string[]) {
    for (const address of addresses) {
      if (isIPv4(address)) {
        this.#v4.add(Buffer.from(address.split('.').map(Number)).readUInt32BE());
        this.#words.add(address);
      }
      if (isIPv6(address)) {
        const plain = new URL(`http://[${address.replace(/%.*/, '')}]/`).hostname.slice(1, -1);
        this.#v6.add(plain);
        this.#words.add(plain);
      }
    }
  }

  has(address: string): boolean {
    return this.#words.has(address);
  }

  sent(packet: Buffer, { version, from }: Datagram): boolean {
    return version === 4
      ? this.#v4.has(packet.readUInt32BE(from + 12))
      : this.#v6.size > 0 && this.#v6.has(ipv6At(packet, from + 8));
  }

  receives(packet: Buffer, { version, from }: Datagram): boolean {
    return version === 4
      ? this.#v4.has(packet.readUInt32BE(from + 16))
      : this.#v6.size > 0 && this.#v6.has(ipv6At(packet, from + 24));
  }
}

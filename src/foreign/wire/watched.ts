import { isIPv4, isIPv6 } from 'node:net';
import { ipv6At, type Datagram } from '../capture/datagram.js';

/** The addresses that a run is about. Every packet is asked, so that it is compared by numbers first. */
export class Watched {
  readonly #v4 = new Set<number>();
  /** The last 32 bits. */
  readonly #v6 = new Set<number>();
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
        this.#words.add(plain);
        this.#v6.add(tailOf(plain));
      }
    }
  }

  has(address: string): boolean {
    return this.#words.has(address);
  }

  sent(packet: Buffer, { version, from }: Datagram): boolean {
    return version === 4 ? this.#v4.has(packet.readUInt32BE(from + 12)) : this.#has6(packet, from + 8);
  }

  receives(packet: Buffer, { version, from }: Datagram): boolean {
    return version === 4 ? this.#v4.has(packet.readUInt32BE(from + 16)) : this.#has6(packet, from + 24);
  }

  #has6(packet: Buffer, at: number): boolean {
    return this.#v6.has(packet.readUInt32BE(at + 12)) && this.#words.has(ipv6At(packet, at));
  }
}

/** Of an address as RFC 5952 writes it: what `::` leaves out before its last groups is zero. */
const tailOf = (plain: string): number => {
  const groups = plain.slice(plain.indexOf('::') === -1 ? 0 : plain.indexOf('::') + 2).split(':');
  const [high = '0', low = '0'] = ['0', ...groups].slice(-2);
  return Number.parseInt(high || '0', 16) * 65_536 + Number.parseInt(low || '0', 16);
};

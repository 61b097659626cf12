import { usage } from '../../model/error.js';
import { NS_PER_MS, NS_PER_S } from '../../model/time.js';
import { isoOf, possible } from '../log-time.js';
import type { FinishedLog, ReadSettings } from '../reader.js';
import { plural } from '../targets.js';
import { CaptureFile } from './capture-file.js';
import { Exchanges } from './exchanges.js';
import { isKnownLink } from './frame.js';
import { takePacket } from './packet.js';

/** The probes in a capture of tcpdump or Wireshark. */
export class CaptureReader {
  readonly #source: string;
  readonly #exchanges: Exchanges;
  readonly #file: CaptureFile;
  #origin_s = NaN;
  #originPart_ns = 0;
  #dropped = 0;
  #impossible = 0;
  readonly #foreignLinks = new Set<number>();

  constructor(source: string, settings: ReadSettings) {
    this.#source = source;
    this.#exchanges = new Exchanges({ source, settings, utc: (at_ns) => this.#utc(at_ns) });
    this.#file = new CaptureFile({
      packet: (packet, link, second, part_ns) => this.#take(packet, link, second, part_ns),
      dropped: (count) => {
        this.#dropped = Math.max(this.#dropped, count);
      },
    });
  }

  push(chunk: Buffer): void {
    this.#file.push(chunk);
  }

  /** @throws KnownError where the capture tells of no probe, or is not to be trusted. */
  finish(): FinishedLog {
    this.#file.end();
    const { packets, damage, untimed } = this.#file;
    if (this.#dropped > 0)
      throw usage(
        `${this.#source}: the capture itself dropped ${plural(this.#dropped, 'packet')}: what is missing may not have been lost`,
        'capture again with a filter (tcpdump … icmp) or a larger buffer (-B)',
      );
    const targets = this.#exchanges.finish();
    if (targets.length === 0) throw this.#nothing(packets, damage);
    return {
      targets,
      assumptions: [],
      notes: [
        ...this.#exchanges.remarks,
        ...(damage === null ? [] : [`the capture ends early: ${damage}; what was there is analysed`]),
        ...(untimed === 0 ? [] : [`${plural(untimed, 'packet')} without a time: left out`]),
        ...(this.#impossible === 0
          ? []
          : [`${plural(this.#impossible, 'packet')} with a time that no clock shows: left out`]),
      ],
      time: () => null,
    };
  }

  #nothing(packets: number, damage: string | null): Error {
    const links = [...this.#foreignLinks];
    const why =
      links.length > 0
        ? `, of links that are not read (type ${links.join(', ')})`
        : damage === null
          ? ''
          : `: ${damage}`;
    return usage(
      `${this.#source}: no ping and no TCP connection in its ${plural(packets, 'packet')}${why}`,
      'give a capture of ICMP echo or of TCP SYN, with at least 96 octets of each packet (-s 96)',
    );
  }

  #take(packet: Buffer, link: number, second: number, part_ns: number): void {
    if (!isKnownLink(link)) {
      if (this.#foreignLinks.size < 8) this.#foreignLinks.add(link);
      return;
    }
    if (!possible(second)) {
      this.#impossible += 1;
      return;
    }
    if (Number.isNaN(this.#origin_s)) {
      this.#origin_s = second;
      this.#originPart_ns = part_ns;
    }
    const at_ns = (second - this.#origin_s) * NS_PER_S + (part_ns - this.#originPart_ns);
    takePacket(packet, link, at_ns, this.#exchanges);
  }

  #utc(at_ns: number): string | null {
    return isoOf(this.#origin_s * 1000 + (this.#originPart_ns + at_ns) / NS_PER_MS);
  }
}

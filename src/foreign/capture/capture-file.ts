import { NS_PER_S } from '../../model/time.js';

/** What a capture file holds: one packet, and what is said of those that are missing. */
export interface CaptureEvents {
  /** `part_ns`: nanoseconds within the second; `resolution_ns`: what its stamp resolves. */
  packet(packet: Buffer, link: number, second: number, part_ns: number, resolution_ns: number): void;
  /** Packets that the capture itself threw away. */
  dropped(count: number): void;
}

const MAGIC = { micro: 0xa1b2c3d4, nano: 0xa1b23c4d } as const;
const BLOCK = { section: 0x0a0d0d0a, description: 1, simple: 3, statistics: 5, packet: 6 } as const;
const BYTE_ORDER = 0x1a2b3c4d;
/** No packet and no block of one is larger. */
const LARGEST = 1 << 20;
const MOST_INTERFACES = 1024;

/** Does a file begin like pcap or pcapng? */
export const isCapture = (head: Buffer): boolean => {
  if (head.length < 12) return false;
  const [big, little] = [head.readUInt32BE(0), head.readUInt32LE(0)];
  return big === BLOCK.section || Object.values(MAGIC).some((magic) => magic === big || magic === little);
};

interface Interface {
  readonly link: number;
  /** Units of its time stamps to the second. */
  readonly perSecond: bigint;
  readonly offset: bigint;
}

/** Reads pcap and pcapng, in flat memory. Lengths are not trusted: a block that cannot be ends the reading. */
export class CaptureFile {
  /** Why reading ended before the end; null: it did not. */
  damage: string | null = null;
  packets = 0;
  /** Blocks without a time. */
  untimed = 0;
  readonly #events: CaptureEvents;
  #rest: Buffer = Buffer.alloc(0);
  #format: 'pcap' | 'pcapng' | null = null;
  #little = true;
  #nano = false;
  #link = -1;
  #interfaces: Interface[] = [];

  constructor(events: CaptureEvents) {
    this.#events = events;
  }

  push(chunk: Buffer): void {
    if (this.damage !== null) return;
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (this.damage === null) {
      const length = this.#take(at);
      if (length === 0) break;
      at += length;
    }
    // Copied: a view would hold the whole chunk.
    this.#rest = Buffer.from(this.#rest.subarray(at));
  }

  end(): void {
    if (this.damage === null && this.#rest.length > 0)
      this.damage = 'it is cut off in the middle of a packet';
  }

  /** How many octets were taken; 0: there are not enough. */
  #take(at: number): number {
    const left = this.#rest.length - at;
    if (this.#format === null) return left < 24 ? 0 : this.#begin(at);
    return this.#format === 'pcap' ? this.#record(at, left) : this.#block(at, left);
  }

  #begin(at: number): number {
    if (this.#rest.readUInt32BE(at) === BLOCK.section) {
      this.#format = 'pcapng';
      return this.#block(at, this.#rest.length - at);
    }
    this.#format = 'pcap';
    const big = this.#rest.readUInt32BE(at);
    this.#little = big !== MAGIC.micro && big !== MAGIC.nano;
    this.#nano = this.#u32(at) === MAGIC.nano;
    // The upper bits tell of checksums at the end of frames.
    this.#link = this.#u32(at + 20) & 0xffff;
    return 24;
  }

  #record(at: number, left: number): number {
    if (left < 16) return 0;
    const length = this.#u32(at + 8);
    if (length > LARGEST) return this.#damaged(`a packet of ${length} octets cannot be`);
    if (left < 16 + length) return 0;
    const part = this.#u32(at + 4);
    if (part >= (this.#nano ? 1e9 : 1e6)) return this.#damaged('a time that cannot be');
    this.#hand(
      this.#rest.subarray(at + 16, at + 16 + length),
      this.#link,
      this.#u32(at),
      this.#nano ? part : part * 1000,
      this.#nano ? 1 : 1000,
    );
    return 16 + length;
  }

  #block(at: number, left: number): number {
    if (left < 12) return 0;
    const type = this.#rest.readUInt32BE(at) === BLOCK.section ? BLOCK.section : this.#u32(at);
    if (type === BLOCK.section) {
      this.#little = this.#rest.readUInt32LE(at + 8) === BYTE_ORDER;
      if (!this.#little && this.#rest.readUInt32BE(at + 8) !== BYTE_ORDER)
        return this.#damaged('a section in no byte order');
      this.#interfaces = [];
    }
    const length = this.#u32(at + 4);
    if (length < 12 || length % 4 !== 0 || length > LARGEST)
      return this.#damaged(`a block of ${length} octets cannot be`);
    if (left < length) return 0;
    const body = this.#rest.subarray(at + 8, at + length - 4);
    if (type === BLOCK.description) this.#describe(body);
    else if (type === BLOCK.packet) this.#enhanced(body);
    else if (type === BLOCK.simple) this.untimed += 1;
    else if (type === BLOCK.statistics) this.#statistics(body);
    return length;
  }

  #describe(body: Buffer): void {
    if (body.length < 8 || this.#interfaces.length >= MOST_INTERFACES) {
      this.#damaged('an interface that cannot be');
      return;
    }
    let perSecond = 1_000_000n;
    let offset = 0n;
    for (const [code, value] of this.#options(body, 8)) {
      const exponent = (value[0] ?? 6) & 127;
      if (code === 9 && value.length === 1 && exponent <= 40)
        perSecond = (value[0] as number) & 128 ? 2n ** BigInt(exponent) : 10n ** BigInt(exponent);
      if (code === 14 && value.length === 8)
        offset = this.#little ? value.readBigInt64LE() : value.readBigInt64BE();
    }
    this.#interfaces.push({
      link: this.#little ? body.readUInt16LE(0) : body.readUInt16BE(0),
      perSecond,
      offset,
    });
  }

  #enhanced(body: Buffer): void {
    const order = this.#little;
    const read = (at: number): number => (order ? body.readUInt32LE(at) : body.readUInt32BE(at));
    const length = body.length < 20 ? Infinity : read(12);
    const source = body.length < 20 ? undefined : this.#interfaces[read(0)];
    if (source === undefined || 20 + length > body.length) {
      this.#damaged('a packet that does not fit its block');
      return;
    }
    const units = (BigInt(read(4)) << 32n) | BigInt(read(8));
    const second = units / source.perSecond + source.offset;
    const part = ((units % source.perSecond) * BigInt(NS_PER_S)) / source.perSecond;
    this.#hand(
      body.subarray(20, 20 + length),
      source.link,
      Number(second),
      Number(part),
      NS_PER_S / Number(source.perSecond),
    );
  }

  #statistics(body: Buffer): void {
    for (const [code, value] of this.#options(body, 12))
      if ((code === 5 || code === 7) && value.length === 8)
        this.#events.dropped(Number(this.#little ? value.readBigUInt64LE() : value.readBigUInt64BE()));
  }

  *#options(body: Buffer, from: number): Generator<readonly [code: number, value: Buffer]> {
    const read = (at: number): number => (this.#little ? body.readUInt16LE(at) : body.readUInt16BE(at));
    let at = from;
    while (at + 4 <= body.length) {
      const [code, length] = [read(at), read(at + 2)];
      if (code === 0 || at + 4 + length > body.length) return;
      yield [code, body.subarray(at + 4, at + 4 + length)];
      at += 4 + Math.ceil(length / 4) * 4;
    }
  }

  #hand(packet: Buffer, link: number, second: number, part_ns: number, resolution_ns: number): void {
    this.packets += 1;
    this.#events.packet(packet, link, second, part_ns, resolution_ns);
  }

  #damaged(why: string): 0 {
    this.damage = why;
    return 0;
  }

  #u32(at: number): number {
    return this.#little ? this.#rest.readUInt32LE(at) : this.#rest.readUInt32BE(at);
  }
}

import { ByteCursor } from './byte-cursor.js';
import type { StampReader } from './stamp.js';

const BYTES_FROM = Buffer.from(' bytes from ');
const SEQ = Buffer.from('seq=');
const TTL = Buffer.from(' ttl=');
const HLIM = Buffer.from(' hlim=');
const TIME = Buffer.from(' time=');
const MS = Buffer.from(' ms');
const DUP = Buffer.from(' (DUP!)');

/**
 * The line that a log of `ping` has millions of: `64 bytes from 10.4.4.4: icmp_seq=7 ttl=62 time=0.345 ms`, with or
 * without `(DUP!)`, with `seq=` (BusyBox) or `icmp_seq=`, after `[1700000000.123456] ` or nothing. Everything else is
 * left to the slower readers.
 */
export class PingReply {
  seq = 0;
  /** -1: not said. */
  ttl = -1;
  /** NaN: not said (payload below 16 octets). */
  rtt_ns = NaN;
  duplicate = false;
  private readonly cursor = new ByteCursor();

  /** Of the line read last; NaN: it had no stamp. */
  get at_ns(): number {
    return this.cursor.at_ns;
  }

  /** False: the line is something else. */
  read(bytes: Buffer, from: number, to: number, stamps: StampReader): boolean {
    const { cursor } = this;
    if (!cursor.begin(bytes, from, to, stamps)) return false;
    cursor.integer();
    if (cursor.digits === 0 || !cursor.skip(BYTES_FROM) || !cursor.skipPast(SEQ)) return false;
    this.seq = cursor.integer();
    if (cursor.digits === 0) return false;
    this.ttl = cursor.skip(TTL) || cursor.skip(HLIM) ? cursor.integer() : -1;
    this.rtt_ns = NaN;
    if (cursor.skip(TIME)) {
      this.rtt_ns = cursor.milliseconds();
      // A line that was cut off in the middle of its time would tell a wrong one.
      if (!cursor.skip(MS)) return false;
    }
    this.duplicate = cursor.skip(DUP);
    return cursor.atEnd;
  }
}

import type { StampReader } from './stamp.js';

const SPACE = 32;
const DOT = 46;
const ZERO = 48;
const OPEN = 91;
const CLOSE = 93;

const BYTES_FROM = Buffer.from(' bytes from ');
const SEQ = Buffer.from('seq=');
const TTL = Buffer.from(' ttl=');
const HLIM = Buffer.from(' hlim=');
const TIME = Buffer.from(' time=');
const MS = Buffer.from(' ms');
const DUP = Buffer.from(' (DUP!)');

/**
 * The line that a log of `ping` has millions of, read from its bytes: `64 bytes from 10.4.4.4: icmp_seq=7 ttl=62
 * time=0.345 ms`, with or without `(DUP!)`, with `seq=` (BusyBox) or `icmp_seq=`, after `[1700000000.123456] ` or
 * nothing. Everything else is left to the slower readers. One object, reused: nothing is allocated per line.
 */
export class PingReply {
  seq = 0;
  /** -1: not said. */
  ttl = -1;
  /** NaN: not said (payload below 16 octets). */
  rtt_ns = NaN;
  duplicate = false;
  /** Of the line read last; NaN: it had no stamp. */
  at_ns = NaN;
  private bytes: Buffer = Buffer.alloc(0);
  private at = 0;
  private end = 0;
  private digits = 0;

  /** False: the line is something else. Stamps go to `stamps`. */
  read(bytes: Buffer, from: number, to: number, stamps: StampReader): boolean {
    this.bytes = bytes;
    this.at = from;
    this.end = to;
    this.at_ns = NaN;
    if (bytes[from] === OPEN && !this.stamp(stamps)) return false;
    return this.reply();
  }

  private stamp(stamps: StampReader): boolean {
    this.at += 1;
    const second = this.integer();
    if (this.digits < 9 || this.bytes[this.at] !== DOT) return false;
    this.at += 1;
    const fraction = this.integer();
    const { digits } = this;
    if (digits === 0 || digits > 9 || this.bytes[this.at] !== CLOSE || this.bytes[this.at + 1] !== SPACE)
      return false;
    this.at += 2;
    stamps.see(second, fraction * 10 ** (9 - digits), digits);
    this.at_ns = stamps.at_ns;
    return true;
  }

  private reply(): boolean {
    this.integer();
    if (this.digits === 0 || !this.skip(BYTES_FROM)) return false;
    const seqAt = this.find(SEQ);
    if (seqAt === -1) return false;
    this.at = seqAt + SEQ.length;
    this.seq = this.integer();
    if (this.digits === 0) return false;
    this.ttl = -1;
    if (this.skip(TTL) || this.skip(HLIM)) this.ttl = this.integer();
    this.rtt_ns = NaN;
    if (this.skip(TIME)) {
      this.rtt_ns = this.milliseconds();
      // A line that was cut off in the middle of its time would tell a wrong one.
      if (!this.skip(MS)) return false;
    }
    this.duplicate = this.skip(DUP);
    return this.at === this.end;
  }

  private milliseconds(): number {
    const whole = this.integer();
    if (this.bytes[this.at] !== DOT) return whole * 1e6;
    this.at += 1;
    const fraction = this.integer();
    return whole * 1e6 + fraction * 10 ** (6 - this.digits);
  }

  private integer(): number {
    const { bytes, end } = this;
    let { at } = this;
    let value = 0;
    const from = at;
    for (; at < end; at += 1) {
      const digit = (bytes[at] as number) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    this.digits = at - from;
    this.at = at;
    return value;
  }

  private skip(word: Buffer): boolean {
    const { bytes, at } = this;
    if (at + word.length > this.end) return false;
    for (let index = 0; index < word.length; index += 1) if (bytes[at + index] !== word[index]) return false;
    this.at = at + word.length;
    return true;
  }

  /** Where the word begins, or -1. By hand: a native search costs more than the line is long. */
  private find(word: Buffer): number {
    const { bytes } = this;
    const last = this.end - word.length;
    for (let at = this.at; at <= last; at += 1) {
      let index = 0;
      while (index < word.length && bytes[at + index] === word[index]) index += 1;
      if (index === word.length) return at;
    }
    return -1;
  }
}

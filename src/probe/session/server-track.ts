import { fromMs, ns, toMs, type Nanoseconds } from '../../model/time.js';
import { decodeServerFrame, encodeOrder } from '../../wire/echo-protocol.js';
import type { EchoedBy } from './heartbeat.js';
import { excerpt, type Fault, type Track, type WriteRow } from './session-track.js';

/** A server's heartbeat this much later than due is overdue. */
const OVERDUE = fromMs(50);
/** Its clock may go faster than ours, and what was held on the way comes in a bunch: beyond that it is a flood. */
const FASTER = 1.1;
const BUNCH = 32;

export interface SpokenBy extends EchoedBy {
  readonly token: string;
  readonly heartbeat_ns: Nanoseconds;
  readonly idle: boolean;
}

/**
 * Heartbeats that the far end sends by itself, so that after a failover it speaks first. They carry the server's own
 * clock: the fastest of them is taken to have needed no time at all, so that a row tells of the delay beyond that.
 */
export class ServerTrack implements Track {
  readonly #of: SpokenBy;
  readonly #row: WriteRow;
  #rest: Buffer = Buffer.alloc(0);
  #seq = 0;
  #bytes = 0;
  #fault: Fault | null = null;
  /** Our clock less the server's, by the fastest heartbeat. */
  #offset = Infinity;
  /** By the server's clock, in µs. */
  #stamp = 0;
  #begun: Nanoseconds | null = null;
  /** When the next one is to be sent; null while none is to come. */
  #next: Nanoseconds | null = null;
  #speaking: boolean;

  constructor(of: SpokenBy, row: WriteRow) {
    this.#of = of;
    this.#row = row;
    this.#speaking = !of.idle;
  }

  opening(): Buffer {
    const { session, connection, octets, token, heartbeat_ns, idle } = this.#of;
    const heartbeat_ms = Math.max(1, Math.round(toMs(heartbeat_ns)));
    const name = `${session}#${connection}`;
    return Buffer.from(
      encodeOrder({ order: 'server-first', token, session: name, heartbeat_ms, octets, idle }),
    );
  }

  beat(now: Nanoseconds): null {
    this.#begun ??= now;
    // The first one is to come at once.
    if (this.#seq === 0) this.#next ??= now;
    return null;
  }

  receive(data: Buffer, now: Nanoseconds): void {
    this.#bytes += data.length;
    if (this.#fault !== null) return;
    this.#rest = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    for (let end = this.#rest.indexOf(10); end !== -1; end = this.#rest.indexOf(10)) {
      const line = this.#rest.subarray(0, end);
      this.#rest = this.#rest.subarray(end + 1);
      if (!this.#heartbeat(line, now)) return;
    }
    if (this.#rest.length > this.#of.octets + 64) this.#fail(this.#rest);
  }

  quiet(): void {
    if (!this.#of.idle) return;
    this.#speaking = false;
    this.#next = null;
  }

  speak(now: Nanoseconds): void {
    if (!this.#of.idle) return;
    this.#speaking = true;
    this.#next = now;
  }

  get waitingSince(): Nanoseconds | null {
    return this.#next === null ? null : ns(this.#next + OVERDUE);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get answered(): number {
    return this.#seq;
  }

  get fault(): Fault | null {
    return this.#fault;
  }

  close(now: Nanoseconds): void {
    if (this.#next === null) return;
    for (let due = this.#next; due <= now; due = ns(due + this.#of.heartbeat_ns))
      this.#row(this.#seq++, due, null);
  }

  #heartbeat(line: Buffer, now: Nanoseconds): boolean {
    const frame = decodeServerFrame(line.toString('latin1'));
    const { session, connection, heartbeat_ns } = this.#of;
    this.#begun ??= now;
    const most = BUNCH + (FASTER * (now - this.#begun)) / heartbeat_ns;
    if (
      frame === null ||
      frame.session !== `${session}#${connection}` ||
      frame.seq !== this.#seq ||
      // A clock that goes back would make a row for every heartbeat in between.
      frame.stamp_us < this.#stamp ||
      frame.seq > most
    ) {
      this.#fail(line);
      return false;
    }
    this.#stamp = frame.stamp_us;
    const stamp_ns = frame.stamp_us * 1e3;
    this.#offset = Math.min(this.#offset, now - stamp_ns);
    const sent = ns(stamp_ns + this.#offset);
    this.#row(this.#seq++, sent, now);
    this.#next = this.#speaking ? ns(sent + heartbeat_ns) : null;
    return true;
  }

  #fail(said: Buffer): void {
    const quoted = `"${excerpt(said)}"`;
    this.#fault =
      this.#seq === 0
        ? {
            ending: 'other-protocol',
            detail: `it does not speak first as seqgap's echo server does: it says ${quoted}`,
          }
        : { ending: 'garbled', detail: `garbled: heartbeat ${this.#seq} was to come, not ${quoted}` };
  }
}

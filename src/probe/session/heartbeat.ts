import type { Nanoseconds } from '../../model/time.js';
import { excerpt, type Fault, type Track, type WriteRow } from './session-track.js';

/** One numbered message of a session, padded to a fixed length so that its echo can be checked octet by octet. */
export const heartbeatFrame = (session: string, connection: number, seq: number, octets: number): Buffer =>
  Buffer.from(`seqgap ${session}#${connection} ${seq} `.padEnd(octets - 1, '.') + '\n');

interface Outstanding {
  readonly seq: number;
  readonly sent: Nanoseconds;
  readonly frame: Buffer;
}

export interface EchoedBy {
  readonly session: string;
  readonly connection: number;
  /** Octets of each heartbeat. */
  readonly octets: number;
}

/**
 * The heartbeats of one connection to something that echoes: what was sent, and whether every octet came back once
 * and in order. A row is written for each echo, and at the end for each that never came.
 */
export class HeartbeatTrack implements Track {
  readonly #of: EchoedBy;
  readonly #row: WriteRow;
  readonly #outstanding: Outstanding[] = [];
  #offset = 0;
  #seq = 0;
  #bytes = 0;
  #answered = 0;
  #fault: Fault | null = null;

  constructor(of: EchoedBy, row: WriteRow) {
    this.#of = of;
    this.#row = row;
  }

  opening(): null {
    return null;
  }

  /** Whether or not the last one was echoed: heartbeats measure in an open loop. */
  beat(now: Nanoseconds): Buffer {
    const { session, connection, octets } = this.#of;
    const seq = this.#seq++;
    const frame = heartbeatFrame(session, connection, seq, octets);
    this.#outstanding.push({ seq, sent: now, frame });
    return frame;
  }

  receive(data: Buffer, now: Nanoseconds): void {
    this.#bytes += data.length;
    if (this.#fault !== null) return;
    let at = 0;
    while (at < data.length) {
      const expected = this.#outstanding[0];
      const frame = expected?.frame;
      const piece = Math.min(data.length - at, (frame?.length ?? 0) - this.#offset);
      if (
        expected === undefined ||
        data.compare(expected.frame, this.#offset, this.#offset + piece, at, at + piece) !== 0
      ) {
        this.#fault = this.#faultOf(data.subarray(at));
        return;
      }
      at += piece;
      this.#offset += piece;
      if (this.#offset === expected.frame.length) {
        this.#outstanding.shift();
        this.#offset = 0;
        this.#answered += 1;
        this.#row(expected.seq, expected.sent, now);
      }
    }
  }

  quiet(): void {}

  speak(): void {}

  get waitingSince(): Nanoseconds | null {
    return this.#outstanding[0]?.sent ?? null;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get answered(): number {
    return this.#answered;
  }

  get fault(): Fault | null {
    return this.#fault;
  }

  close(): void {
    for (const { seq, sent } of this.#outstanding) this.#row(seq, sent, null);
    this.#outstanding.length = 0;
  }

  /** Who never echoed anything is no echo server; who did has lost, repeated or altered octets. */
  #faultOf(said: Buffer): Fault {
    const quoted = `"${excerpt(said)}"`;
    return this.#answered === 0 && this.#offset === 0
      ? { ending: 'other-protocol', detail: `no echo but another protocol: it says ${quoted}` }
      : { ending: 'garbled', detail: `garbled: octets came back that were not to come: ${quoted}` };
  }
}

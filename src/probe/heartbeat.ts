import { encodeHeartbeat } from '../model/probe.js';
import { ns, type Nanoseconds } from '../model/time.js';

/** One numbered message of a session, padded to a fixed length so that its echo can be checked octet by octet. */
const FRAME_OCTETS = 64;

export const heartbeatFrame = (session: string, connection: number, seq: number): Buffer =>
  Buffer.from(`seqgap ${session}#${connection} ${seq} `.padEnd(FRAME_OCTETS - 1, '.') + '\n');

interface Outstanding {
  readonly seq: number;
  readonly sent: Nanoseconds;
  readonly frame: Buffer;
}

/**
 * The heartbeats of one connection: what was sent, and whether every octet came back once and in order. A row is
 * written for each echo, and at the end for each that never came.
 */
export class HeartbeatTrack {
  readonly #session: string;
  readonly #connection: number;
  readonly #origin: Nanoseconds;
  readonly #write: (line: string) => void;
  readonly #outstanding: Outstanding[] = [];
  #offset = 0;
  #seq = 0;
  #bytes = 0;
  #inOrder = true;

  constructor(session: string, connection: number, origin: Nanoseconds, write: (line: string) => void) {
    this.#session = session;
    this.#connection = connection;
    this.#origin = origin;
    this.#write = write;
  }

  /** @returns the octets to send. */
  next(now: Nanoseconds): Buffer {
    const seq = this.#seq++;
    const frame = heartbeatFrame(this.#session, this.#connection, seq);
    this.#outstanding.push({ seq, sent: now, frame });
    return frame;
  }

  /** Takes octets as they arrive, in pieces of any size. */
  receive(data: Buffer, now: Nanoseconds): void {
    this.#bytes += data.length;
    let at = 0;
    while (at < data.length) {
      const expected = this.#outstanding[0];
      if (expected === undefined) {
        this.#inOrder = false;
        return;
      }
      const piece = Math.min(data.length - at, expected.frame.length - this.#offset);
      if (data.compare(expected.frame, this.#offset, this.#offset + piece, at, at + piece) !== 0)
        this.#inOrder = false;
      at += piece;
      this.#offset += piece;
      if (this.#offset === expected.frame.length) {
        this.#outstanding.shift();
        this.#offset = 0;
        this.#row(expected, now);
      }
    }
  }

  /** Since when the oldest heartbeat waits for its echo; null if none does. */
  get waitingSince(): Nanoseconds | null {
    return this.#outstanding[0]?.sent ?? null;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Did every octet so far come back once and in order? */
  get inOrder(): boolean {
    return this.#inOrder;
  }

  /** Writes the heartbeats that were never echoed. */
  close(): void {
    for (const heartbeat of this.#outstanding) this.#row(heartbeat, null);
    this.#outstanding.length = 0;
  }

  #row(heartbeat: Outstanding, echoed: Nanoseconds | null): void {
    this.#write(
      encodeHeartbeat({
        session: this.#session,
        connection: this.#connection,
        seq: heartbeat.seq,
        sent_ns: ns(Math.round(heartbeat.sent - this.#origin)),
        echoed_ns: echoed === null ? null : ns(Math.round(echoed - this.#origin)),
      }),
    );
  }
}

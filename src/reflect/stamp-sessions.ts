import type { Clock, Nanoseconds } from '../model/time.js';
import { encodeStampReply, LEAST_REQUEST, ssidOf } from '../probe/stamp-packet.js';
import { StampClock } from '../probe/stamp-time.js';

/** Where a probe came from. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

interface Session {
  answered: number;
}

/** A session is a 5-tuple and an SSID (RFC 8972 §3). The oldest is forgotten beyond this many. */
const MOST_SESSIONS = 10_000;

/** Answers probes, and counts its answers per session: its own sequence number (RFC 8762 §4.3.1, stateful mode). */
export class StampSessions {
  readonly #clock: Clock;
  readonly #stamps: StampClock;
  readonly #stateless: boolean;
  /** In the order of first probes. */
  readonly #sessions = new Map<string, Session>();
  reflected = 0;
  /** Datagrams that are no probes. */
  ignored = 0;

  constructor(clock: Clock, stateless = false) {
    this.#clock = clock;
    this.#stamps = new StampClock(clock);
    this.#stateless = stateless;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  /** @returns the answer; null to a datagram that is no probe. */
  answer(request: Buffer, peer: Peer, received: Nanoseconds): Buffer | null {
    if (request.length < LEAST_REQUEST) {
      this.ignored += 1;
      return null;
    }
    this.#stamps.follow(received);
    const session = this.#session(`${peer.address} ${peer.port} ${ssidOf(request) ?? ''}`);
    const seq = this.#stateless ? null : session.answered;
    session.answered += 1;
    this.reflected += 1;
    return encodeStampReply(request, {
      seq,
      received: this.#stamps.at(received),
      sent: () => this.#stamps.at(this.#clock.monotonic()),
    });
  }

  #session(key: string): Session {
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size >= MOST_SESSIONS && oldest !== undefined) this.#sessions.delete(oldest);
    const session = { answered: 0 };
    this.#sessions.set(key, session);
    return session;
  }
}

import type { Clock, Nanoseconds } from '../model/time.js';
import { answerTimes, encodeStampReply, LEAST_REQUEST, ssidOf } from '../probe/stamp-packet.js';
import { StampClock, type TimeOfDay } from '../probe/stamp-time.js';

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

/** An answer to an answer of ours bears a time of ours that is at most so old. Random padding does so once in 10^7. */
const RECENT_S = 60;

const isAnswer = (packet: Buffer, now: TimeOfDay): boolean =>
  answerTimes(packet).some(({ s }) => Math.abs(s - now.s) <= RECENT_S);

/** Answers probes, and counts its answers per session: its own sequence number (RFC 8762 §4.3.1, stateful mode). */
export class StampSessions {
  readonly #clock: Clock;
  readonly #stamps: StampClock;
  readonly #stateless: boolean;
  /** In the order of first probes. */
  readonly #sessions = new Map<string, Session>();
  reflected = 0;
  /** Datagrams that are no probes, or would make a loop. */
  ignored = 0;

  constructor(clock: Clock, stateless = false) {
    this.#clock = clock;
    this.#stamps = new StampClock(clock);
    this.#stateless = stateless;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  /**
   * One datagram with a false source would make two reflectors answer each other for ever (CVE-2024-2169), so that what
   * is itself an answer gets none: it bears a time of our clock, or of one that is in step with it.
   *
   * @returns the answer; null to a datagram that is no probe.
   */
  answer(request: Buffer, peer: Peer, received: Nanoseconds): Buffer | null {
    this.#stamps.follow(received);
    const now = this.#stamps.at(received);
    if (request.length < LEAST_REQUEST || isAnswer(request, now)) return this.ignore();
    const session = this.#session(`${peer.address} ${peer.port} ${ssidOf(request) ?? ''}`);
    const seq = this.#stateless ? null : session.answered;
    session.answered += 1;
    this.reflected += 1;
    return encodeStampReply(request, {
      seq,
      received: now,
      sent: () => this.#stamps.at(this.#clock.monotonic()),
    });
  }

  /** Counts a datagram that is not to be answered. */
  ignore(): null {
    this.ignored += 1;
    return null;
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

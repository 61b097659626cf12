import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import type { Clock, Nanoseconds } from '../model/time.js';
import { answerTimes, encodeStampReply, LEAST_REQUEST, ssidOf } from '../wire/stamp-packet.js';
import { StampClock, type TimeOfDay } from '../wire/stamp-time.js';

const RECEIVE_BUFFER = 4 * 2 ** 20;
/** RFC 8762 §4.1. */
const WELL_KNOWN_PORT = 862;

export interface StampReflector {
  readonly port: number;
  readonly sessions: StampSessions;
  close(): Promise<void>;
}

export interface StampReflectorOptions {
  /** `::` serves both families. */
  readonly host: string;
  /** 0: any. RFC 8762 §4.1 has 862. */
  readonly port: number;
  /** Repeat the sender's sequence number in place of an own one. */
  readonly stateless?: boolean;
  readonly clock: Clock;
}

/** A STAMP reflector (RFC 8762 §4.3, unauthenticated). Rejects if the port cannot be had. */
export const startStampReflector = async (options: StampReflectorOptions): Promise<StampReflector> => {
  const { host, port, stateless, clock } = options;
  const socket = createSocket({
    type: isIPv4(host) ? 'udp4' : 'udp6',
    recvBufferSize: RECEIVE_BUFFER,
    lookup: (address, _options, done) => done(null, address, isIPv4(address) ? 4 : 6),
  });
  const sessions = new StampSessions(clock, stateless);
  socket.on('message', (packet: Buffer, peer) => {
    const received = clock.monotonic();
    // Where reflectors listen no sender is: what comes from there has a false source, or is an answer (CVE-2024-2169).
    const reflector = peer.port === WELL_KNOWN_PORT || peer.port === socket.address().port;
    const answer = reflector ? sessions.ignore() : sessions.answer(packet, peer, received);
    // An answer that cannot be sent is lost like any other.
    if (answer !== null) socket.send(answer, peer.port, peer.address, () => {});
  });
  try {
    const bound = once(socket, 'listening');
    socket.bind(port, host);
    await bound;
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.on('error', () => {});
  return {
    port: socket.address().port,
    sessions,
    close: async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
};

/** Where a probe came from. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

interface Session {
  answered: number;
}

/**
 * A session is a 5-tuple and an SSID (RFC 8972 §3). Beyond so many, of one address and in all, the one that has been silent for
 * longest is forgotten: whoever probes all the time keeps his, whatever comes from false sources.
 */
const MOST_SESSIONS = 10_000;
const MOST_PER_PEER = 2_000;

/** An answer to an answer of ours bears a time of ours that is at most so old. Random padding does so once in 10^7. */
const RECENT_S = 60;

const isAnswer = (packet: Buffer, now: TimeOfDay): boolean =>
  answerTimes(packet).some(({ s }) => Math.abs(s - now.s) <= RECENT_S);

/** Answers probes, and counts its answers per session: its own sequence number (RFC 8762 §4.3.1, stateful mode). */
export class StampSessions {
  readonly #clock: Clock;
  readonly #stamps: StampClock;
  readonly #stateless: boolean;
  /** By address and then by port and SSID, both in the order of the newest probe. */
  readonly #peers = new Map<string, Map<string, Session>>();
  #count = 0;
  reflected = 0;
  /** Datagrams that are no probes, or would make a loop. */
  ignored = 0;

  constructor(clock: Clock, stateless = false) {
    this.#clock = clock;
    this.#stamps = new StampClock(clock);
    this.#stateless = stateless;
  }

  get sessions(): number {
    return this.#count;
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
    const session = this.#session(peer.address, `${peer.port} ${ssidOf(request) ?? ''}`);
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

  #session(address: string, key: string): Session {
    const own = this.#peers.get(address) ?? new Map<string, Session>();
    const session = own.get(key) ?? { answered: 0 };
    if (!own.delete(key)) this.#count += 1;
    own.set(key, session);
    this.#peers.delete(address);
    this.#peers.set(address, own);
    if (own.size > MOST_PER_PEER) this.#forget(address, own);
    const [first] = this.#peers;
    if (this.#count > MOST_SESSIONS && first !== undefined) this.#forget(...first);
    return session;
  }

  #forget(address: string, own: Map<string, Session>): void {
    const [oldest] = own.keys();
    if (oldest === undefined || !own.delete(oldest)) return;
    this.#count -= 1;
    if (own.size === 0) this.#peers.delete(address);
  }
}

import type { RawSocket, Session } from 'net-ping';
import { monotonicNow } from '../../clock.js';
import { messageOf } from '../../model/error.js';
import type { Nanoseconds } from '../../model/time.js';
import { type Arrival, decodeArrival, encodeEcho } from '../../wire/echo-packet.js';
import type { LookAnswer, Looker } from '../path-look.js';
import type { Ledger } from '../send/ledger.js';
import { localFailure, refusedBy } from '../send/local-failure.js';

const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
/** Its first word is the memory of what waits to be read, its last one counts drops (sk_meminfo, Linux 4.12). */
const SO_MEMINFO = 55;
const MEMINFO_OCTETS = 36;
const DROPS_AT = 32;
const SOL_RAW = 255;
const IPPROTO_ICMPV6 = 58;
/** Linux's numbers for what a packet's hop limit is set by. */
const IPPROTO_IP = 0;
const IP_TTL = 2;
const IPPROTO_IPV6 = 41;
const IPV6_UNICAST_HOPS = 16;
const HOP_LIMIT = 64;
/** Payload of a packet that looks at the path. */
const LOOK_OCTETS = 24;
const RECEIVE_BUFFER = 4 * 2 ** 20;
/** One pass over the socket takes at most this many messages, so that sends are not kept waiting. */
const BATCH = 64;
/** Echo reply and the errors that can quote an echo (RFC 792, RFC 4443). */
const WANTED_4 = [0, 3, 11, 12];
const WANTED_6 = [129, 1, 2, 3, 4];

/** Linux's ICMP_FILTER and ICMP6_FILTER (RFC 3542 §3.2): a set bit blocks a type. */
const icmpFilter = (family: 4 | 6): Buffer => {
  const filter = Buffer.alloc(family === 4 ? 4 : 32, 0xff);
  const words = new Uint32Array(filter.buffer, filter.byteOffset, filter.length / 4);
  for (const type of family === 4 ? WANTED_4 : WANTED_6)
    words[type >> 5] = (words[type >> 5] as number) & ~(1 << (type & 31));
  return filter;
};

/**
 * raw-socket sends only when it finds its descriptor writable *and not readable*, one packet and one epoll_ctl pair
 * per turn: with two senders at 1,000/s on the host its queue reached 2.6 s (measured). So it is told that its poll
 * for writing is on, and `send` below flushes by itself. Options are an economy: the kernel need not wake us for
 * requests and neighbour discovery; where one is not to be had (another system), nothing is lost.
 */
const tune = (socket: RawSocket, family: 4 | 6): void => {
  socket.sendPaused = false;
  const filter = icmpFilter(family);
  for (const set of [
    () => socket.setOption(family === 4 ? SOL_RAW : IPPROTO_ICMPV6, 1, filter, filter.length),
    () => socket.setOption(SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER),
  ]) {
    try {
      if (process.platform === 'linux') set();
    } catch {
      // SO_RCVBUFFORCE wants CAP_NET_ADMIN.
    }
  }
};

/** Who gets what comes for an identifier: a stream, or somebody who looks at the path. */
type Listener =
  | { readonly ledger: Ledger }
  | { readonly take: (arrival: Arrival, source: string, received: Nanoseconds) => void };

/** The identifier that net-ping gives its own echoes; ours use others, so that it leaves our replies alone. */
const NET_PING_ID = 1;

/**
 * One raw socket per family and process, opened by net-ping, shared by all ICMP streams. Matching is done here:
 * net-ping drops late and duplicate replies silently, stamps with 1 ms and wraps at 65,535.
 */
export class IcmpSocket {
  readonly #family: 4 | 6;
  readonly #session: Session;
  readonly #token = Math.floor(Math.random() * 2 ** 32);
  readonly #listeners = new Map<number, Listener>();
  #nextId: number;
  #reading = false;
  readonly #memory = Buffer.alloc(MEMINFO_OCTETS);

  private constructor(family: 4 | 6, session: Session) {
    this.#family = family;
    this.#session = session;
    this.#nextId = 256 + (process.pid % 32_768);
    tune(session.socket, family);
    session.socket.on('message', (buffer: Buffer, source: string) => this.#read(buffer, source));
    // A send that fails is reported by its callback; what the socket says beside that is about no probe of ours.
    session.on('error', () => {});
  }

  /** @throws Error when net-ping is not installed (optional) or raw sockets are not permitted (EPERM). */
  static async open(family: 4 | 6): Promise<IcmpSocket> {
    const { createSession, NetworkProtocol } = await import('net-ping').catch(
      (error: NodeJS.ErrnoException) => {
        throw error.code === 'ERR_MODULE_NOT_FOUND' ? new Error('net-ping is not installed') : error;
      },
    );
    const session = createSession({
      networkProtocol: family === 6 ? NetworkProtocol.IPv6 : NetworkProtocol.IPv4,
      sessionId: NET_PING_ID,
      // Retries would turn loss into a slow success.
      retries: 0,
      ttl: HOP_LIMIT,
    });
    return new IcmpSocket(family, session);
  }

  /** Registers a stream's ledger. @returns the ICMP identifier of its probes. */
  listen(ledger: Ledger): number {
    return this.#add({ ledger });
  }

  #add(listener: Listener): number {
    const id = this.#nextId;
    this.#nextId = id >= 65_535 ? 256 : id + 1;
    this.#listeners.set(id, listener);
    return id;
  }

  /** Echo requests under an identifier of their own, which no probe has: their answers are no stream's. */
  look(address: string): Looker {
    const answers: LookAnswer[] = [];
    const id = this.#add({
      take: (arrival, source, received) => {
        const arrived = arrival.kind === 'reply';
        const limit = arrived ? arrival.seq : arrival.seq16;
        if (answers.every((known) => known.limit !== limit))
          answers.push({ limit, from: source, received, arrived });
      },
    });
    return {
      answers,
      send: (limit) => {
        const packet = encodeEcho({
          family: this.#family,
          id,
          token: this.#token,
          seq: limit,
          size: LOOK_OCTETS,
        });
        const { socket } = this.#session;
        const set = (hops: number): void =>
          this.#family === 4
            ? socket.setOption(IPPROTO_IP, IP_TTL, hops)
            : socket.setOption(IPPROTO_IPV6, IPV6_UNICAST_HOPS, hops);
        // Only around the send call itself: every other packet of the socket is a probe.
        socket.send(
          packet,
          0,
          packet.length,
          address,
          () => set(limit),
          () => set(HOP_LIMIT),
        );
        const left = monotonicNow();
        socket.onSendReady();
        return left;
      },
      close: () => this.forget(id),
    };
  }

  forget(id: number): void {
    this.#listeners.delete(id);
  }

  /** Sends one probe of the ledger. A local failure is an outcome of that probe, never an exception. */
  send(id: number, ledger: Ledger, intended: Nanoseconds, address: string, size: number): void {
    const seq = ledger.nextSeq;
    const packet = encodeEcho({ family: this.#family, id, token: this.#token, seq, size });
    ledger.sending(intended, monotonicNow());
    const { socket } = this.#session;
    socket.send(
      packet,
      0,
      packet.length,
      address,
      () => ledger.leaving(seq, monotonicNow()),
      (error) => {
        if (error === null) ledger.accepted(seq, monotonicNow());
        else ledger.answer(seq, { ...localFailure(messageOf(error)), received: monotonicNow() });
      },
    );
    socket.onSendReady();
  }

  close(): void {
    this.#session.close();
  }

  /**
   * raw-socket reads one message per turn of the event loop, and the thread sleeps between turns: here all that are
   * there are read in one. (Reading until there is none ends in an exception, a quarter of the CPU at 1,000 probes/s.)
   */
  #read(first: Buffer, source: string): void {
    this.#receive(first, source);
    if (this.#reading) return;
    this.#reading = true;
    // `onRecvReady` comes back here with the next message.
    for (let i = 0; i < BATCH && this.#queued(); i++) this.#session.socket.onRecvReady();
    this.#reading = false;
  }

  #queued(): boolean {
    return this.#askMemory() && this.#memory.readUInt32LE(0) !== 0;
  }

  /** Of all that comes to this socket: the answers to every ICMP stream of its family, and to other programs' echoes. */
  drops(): number | null {
    return this.#askMemory() ? this.#memory.readUInt32LE(DROPS_AT) : null;
  }

  #askMemory(): boolean {
    try {
      const { socket } = this.#session;
      return socket.getOption(SOL_SOCKET, SO_MEMINFO, this.#memory, MEMINFO_OCTETS) === MEMINFO_OCTETS;
    } catch {
      return false;
    }
  }

  #receive(buffer: Buffer, source: string): void {
    const received = monotonicNow();
    const arrival = decodeArrival(buffer, this.#family);
    if (arrival === null) return;
    const listener = this.#listeners.get(arrival.id);
    if (listener === undefined) return;
    if ('take' in listener) {
      if (arrival.token === null || arrival.token === this.#token) listener.take(arrival, source, received);
      return;
    }
    const { ledger } = listener;
    if (arrival.kind === 'reply') {
      if (arrival.token === this.#token)
        ledger.answer(arrival.seq, { outcome: 'answered', received, ttl: arrival.ttl });
      return;
    }
    // Another program's echo under the same identifier.
    if (arrival.token !== null && arrival.token !== this.#token) return;
    // Errors quote 16 bits of the sequence number: the newest probe that has them.
    const behind = (ledger.nextSeq - 1 - arrival.seq16) % 65_536;
    const seq = ledger.nextSeq - 1 - ((behind + 65_536) % 65_536);
    ledger.answer(seq, { ...refusedBy(source, arrival.cause), received });
  }
}

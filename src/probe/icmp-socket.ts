import { messageOf } from '../model/error.js';
import type { Nanoseconds } from '../model/time.js';
import type { Session } from 'net-ping';
import { monotonicNow } from '../clock.js';
import { decodeArrival, encodeEcho } from './echo-packet.js';
import type { Ledger } from './ledger.js';
import { isLocalAddress } from './local-address.js';
import { localFailure } from './local-failure.js';

interface Listener {
  readonly ledger: Ledger;
}

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

  private constructor(family: 4 | 6, session: Session) {
    this.#family = family;
    this.#session = session;
    this.#nextId = 256 + (process.pid % 32_768);
    session.socket.on('message', (buffer: Buffer, source: string) => this.#receive(buffer, source));
    // A send that fails is reported by its callback; what the socket says beside that is about no probe of ours.
    session.on('error', () => {});
  }

  /** @throws Error when net-ping is not installed (optional) or raw sockets are not permitted (EPERM). */
  static async open(family: 4 | 6): Promise<IcmpSocket> {
    const { createSession, NetworkProtocol } = await import('net-ping');
    const session = createSession({
      networkProtocol: family === 6 ? NetworkProtocol.IPv6 : NetworkProtocol.IPv4,
      sessionId: NET_PING_ID,
      // Retries would turn loss into a slow success.
      retries: 0,
      ttl: 64,
    });
    return new IcmpSocket(family, session);
  }

  /** Registers a stream's ledger. @returns the ICMP identifier of its probes. */
  listen(ledger: Ledger): number {
    const id = this.#nextId;
    this.#nextId = id >= 65_535 ? 256 : id + 1;
    this.#listeners.set(id, { ledger });
    return id;
  }

  forget(id: number): void {
    this.#listeners.delete(id);
  }

  /** Sends one probe of the ledger. A local failure is an outcome of that probe, never an exception. */
  send(id: number, ledger: Ledger, intended: Nanoseconds, address: string, size: number): void {
    const seq = ledger.nextSeq;
    const packet = encodeEcho({ family: this.#family, id, token: this.#token, seq, size });
    ledger.sending(intended, monotonicNow());
    this.#session.socket.send(
      packet,
      0,
      packet.length,
      address,
      // raw-socket sends when its descriptor is writable: stamp that instant, not the call's.
      () => ledger.leaving(seq, monotonicNow()),
      (error) => {
        if (error === null) ledger.accepted(seq, monotonicNow());
        else ledger.answer(seq, { ...localFailure(messageOf(error)), received: monotonicNow() });
      },
    );
  }

  close(): void {
    this.#session.close();
  }

  #receive(buffer: Buffer, source: string): void {
    const received = monotonicNow();
    const arrival = decodeArrival(buffer, this.#family);
    if (arrival === null) return;
    const listener = this.#listeners.get(arrival.id);
    if (listener === undefined) return;
    const { ledger } = listener;
    if (arrival.kind === 'reply') {
      if (arrival.token === this.#token)
        ledger.answer(arrival.seq, { outcome: 'answered', received, ttl: arrival.ttl });
      return;
    }
    // Errors quote 16 bits of the sequence number: the newest probe that has them.
    const behind = (ledger.nextSeq - 1 - arrival.seq16) % 65_536;
    const seq = ledger.nextSeq - 1 - ((behind + 65_536) % 65_536);
    const outcome = isLocalAddress(source) ? 'unresolved' : 'unreachable';
    ledger.answer(seq, { outcome, received, cause: arrival.cause });
  }
}

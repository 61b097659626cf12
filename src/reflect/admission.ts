import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';

/** What a far end grants, to one peer (address) and in all. */
export interface Grants {
  readonly connections: number;
  readonly peerConnections: number;
  /** Octets a second that the far end sends by itself: heartbeats of its own, and streams. */
  readonly rate: number;
  readonly peerRate: number;
}

/** Room for a prober with 10,000 sessions, and some others. */
export const GRANTS: Grants = {
  connections: 12_000,
  peerConnections: 10_000,
  rate: 50_000_000,
  peerRate: 20_000_000,
};

/** Octets that may wait for peers that do not read: in an outage of a minute it is far less. */
const MOST_WAITING = { connection: 1 << 20, peer: 24 << 20, all: 48 << 20 } as const;

interface Peer {
  connections: number;
  rate: number;
  waiting: number;
}

/** Keeps a far end within its grants, over all of its services. */
export class Admission {
  /** Connections that were turned away. */
  refused = 0;
  readonly #grants: Grants;
  readonly #peers = new Map<string, Peer>();
  #connections = 0;
  #rate = 0;
  #waiting = 0;

  constructor(grants: Grants = GRANTS) {
    this.#grants = grants;
  }

  /** Counts a connection until it closes; false: it was one too many, and is gone. */
  admit(socket: Socket): boolean {
    const { connections, peerConnections } = this.#grants;
    const address = socket.remoteAddress ?? '';
    const peer = this.#peers.get(address) ?? { connections: 0, rate: 0, waiting: 0 };
    if (this.#connections >= connections || peer.connections >= peerConnections) {
      this.refused += 1;
      socket.resetAndDestroy();
      return false;
    }
    this.#peers.set(address, peer);
    this.#connections += 1;
    peer.connections += 1;
    socket.once('close', () => {
      this.#connections -= 1;
      peer.connections -= 1;
      if (peer.connections === 0) this.#peers.delete(address);
    });
    return true;
  }

  /** May the far end speak so much by itself on an admitted connection? Counts it until that closes. */
  grantRate(socket: Socket, octets: number, every_ms: number): boolean {
    const peer = this.#peers.get(socket.remoteAddress ?? '');
    const rate = (octets * 1000) / every_ms;
    const { rate: most, peerRate } = this.#grants;
    if (peer === undefined || this.#rate + rate > most || peer.rate + rate > peerRate) return false;
    this.#rate += rate;
    peer.rate += rate;
    socket.once('close', () => {
      this.#rate -= rate;
      peer.rate -= rate;
    });
    return true;
  }

  /**
   * Sends, where the peer reads what it gets; false: nothing was sent, too much waits already.
   *
   * @param sink of the socket: itself, or a response on it
   */
  say(socket: Socket, sink: Writable, data: Buffer): boolean {
    const { length } = data;
    const peer = this.#peers.get(socket.remoteAddress ?? '');
    if (
      peer === undefined ||
      sink.writableLength + length > MOST_WAITING.connection ||
      peer.waiting + length > MOST_WAITING.peer ||
      this.#waiting + length > MOST_WAITING.all
    )
      return false;
    this.#waiting += length;
    peer.waiting += length;
    // Called with an error too, where the connection ends before.
    sink.write(data, () => {
      this.#waiting -= length;
      peer.waiting -= length;
    });
    return true;
  }
}

import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { monotonicNow } from '../clock.js';
import { Admission } from './admission.js';
import {
  decodeOrder,
  LONGEST_ORDER,
  ORDER_PREFIX,
  serverFrame,
  type ServerFirst,
} from '../wire/echo-protocol.js';

export interface EchoServer {
  readonly port: number;
  /** Connections so far. */
  readonly accepted: () => number;
  /** Ends every connection. */
  close(): Promise<void>;
}

export interface EchoServerOptions {
  /** `::` serves both families. */
  readonly host: string;
  /** 0: any. */
  readonly port: number;
  /** Shared with other services; left out: grants of its own. */
  readonly admission?: Admission;
}

/** A session to which the server speaks by itself. */
class Speaker {
  readonly token: string;
  readonly #order: ServerFirst;
  readonly #socket: Socket;
  readonly #admission: Admission;
  #seq = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(order: ServerFirst, socket: Socket, admission: Admission) {
    this.#admission = admission;
    this.token = order.token;
    this.#order = order;
    this.#socket = socket;
    this.#say();
    if (!order.idle) this.wake();
  }

  wake(): void {
    if (this.#timer !== null) return;
    if (this.#order.idle) this.#say();
    this.#timer = setInterval(() => this.#say(), this.#order.heartbeat_ms);
  }

  quiet(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** One that is not sent has no number: to a peer that reads again they come late, and none is missing. */
  #say(): void {
    const { session, octets } = this.#order;
    const frame = serverFrame(session, this.#seq, Math.round(monotonicNow() / 1e3), octets);
    if (this.#admission.say(this.#socket, this.#socket, frame)) this.#seq += 1;
  }
}

/** Decides by its first octets what a connection is: orders begin with a word of their own, the rest is echoed. */
const serveConnection = (socket: Socket, speakers: Set<Speaker>, admission: Admission): void => {
  let head: Buffer = Buffer.alloc(0);
  const echo = (): void => {
    socket.off('data', listen);
    // `pipe` would cost twice as much for each heartbeat.
    const back = (data: Buffer): void => {
      if (data.length === 0) return;
      // What was taken is to come back whole, or not at all.
      if (!admission.say(socket, socket, data)) return void socket.destroy();
      if (!socket.writableNeedDrain) return;
      socket.pause();
      socket.once('drain', () => socket.resume());
    };
    socket.on('data', back);
    back(head);
  };
  const obey = (line: string): void => {
    const order = decodeOrder(line);
    if (order === null) return echo();
    socket.off('data', listen);
    if (order.order === 'server-first') {
      if (!admission.grantRate(socket, order.octets, order.heartbeat_ms))
        return void socket.end(
          `${ORDER_PREFIX}refused ${order.octets} octets each ${order.heartbeat_ms} ms\n`,
        );
      const speaker = new Speaker(order, socket, admission);
      speakers.add(speaker);
      socket.on('close', () => {
        speaker.quiet();
        speakers.delete(speaker);
      });
      socket.resume();
      return;
    }
    const own = [...speakers].filter(({ token }) => token === order.token);
    for (const speaker of own) speaker[order.order]();
    socket.end(`${ORDER_PREFIX}${order.order === 'wake' ? 'awake' : 'quieted'} ${own.length}\n`);
  };
  const listen = (data: Buffer): void => {
    head = head.length === 0 ? data : Buffer.concat([head, data]);
    const start = head.toString('latin1', 0, LONGEST_ORDER);
    const end = start.indexOf('\n');
    const mayBeOrder = ORDER_PREFIX.startsWith(start.slice(0, ORDER_PREFIX.length));
    if (!mayBeOrder || (end === -1 && start.length === LONGEST_ORDER)) echo();
    else if (end !== -1) obey(start.slice(0, end));
  };
  socket.on('data', listen);
};

/**
 * The far end of TCP sessions: echoes what it is sent (RFC 862), and for those that ask for it sends the heartbeats
 * itself, so that the server speaks first after a failover. One process: a fork per connection would cost too much.
 * Rejects if the port cannot be had.
 */
export const startEchoServer = async ({
  host,
  port,
  admission = new Admission(),
}: EchoServerOptions): Promise<EchoServer> => {
  const sockets = new Set<Socket>();
  const speakers = new Set<Speaker>();
  let accepted = 0;
  const server: Server = createServer({ noDelay: true }, (socket) => {
    if (!admission.admit(socket)) return;
    accepted += 1;
    sockets.add(socket);
    // A client that resets is its own business.
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    serveConnection(socket, speakers, admission);
  });
  server.listen({ host, port, backlog: 4096 });
  await once(server, 'listening');
  // No file descriptor for one more: it is not accepted, and tries again.
  server.on('error', () => (admission.refused += 1));
  return {
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
};

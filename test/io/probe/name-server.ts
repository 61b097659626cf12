import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** What the server says to every query. */
export interface Record {
  readonly addresses: readonly string[];
  readonly ttl_s: number;
  /** 0: NOERROR, 2: SERVFAIL, 3: NXDOMAIN. */
  readonly rcode?: number;
  /** It says nothing. */
  readonly silent?: boolean;
}

/** A DNS server on loopback that answers A queries, by RFC 1035 §4.1, with names as pointers to the question. */
export class NameServer {
  readonly #socket: Socket = createSocket('udp4');
  record: Record;
  asked = 0;

  private constructor(record: Record) {
    this.record = record;
  }

  static async start(record: Record): Promise<NameServer> {
    const server = new NameServer(record);
    server.#socket.on('message', (query, from) => {
      server.asked += 1;
      const { addresses, ttl_s, rcode = 0, silent = false } = server.record;
      if (silent) return;
      const header = Buffer.from(query.subarray(0, 12));
      header.writeUInt16BE(0x8180 | rcode, 2);
      header.writeUInt16BE(addresses.length, 6);
      const answers = addresses.map((address) => {
        const answer = Buffer.alloc(16);
        answer.writeUInt16BE(0xc00c, 0);
        answer.writeUInt16BE(1, 2);
        answer.writeUInt16BE(1, 4);
        answer.writeUInt32BE(ttl_s, 6);
        answer.writeUInt16BE(4, 10);
        Buffer.from(address.split('.').map(Number)).copy(answer, 12);
        return answer;
      });
      server.#socket.send(Buffer.concat([header, query.subarray(12), ...answers]), from.port, from.address);
    });
    server.#socket.bind(0, '127.0.0.1');
    await once(server.#socket, 'listening');
    return server;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  close(): void {
    this.#socket.close();
  }
}

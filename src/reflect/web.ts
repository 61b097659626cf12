import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Admission } from './admission.js';
import { ECHO_HEADER, numberedLine, STREAM_KIND } from '../wire/web-protocol.js';

export interface WebServer {
  readonly port: number;
  close(): Promise<void>;
}

const SLOWEST_MS = 10_000;
/** For the head of a request once its first octet, or the connection, is there; and for the whole of it. */
const HEAD_MS = 30_000;
const REQUEST_MS = 60_000;

/** `/stream?every=100`: numbered lines, one every so many milliseconds, until the client goes. */
const stream = (query: URLSearchParams, response: ServerResponse, admission: Admission): void => {
  const { socket } = response;
  if (socket === null) return;
  const every = Math.min(Math.max(1, Number(query.get('every') ?? 100) || 100), SLOWEST_MS);
  const line = (number: number): Buffer => Buffer.from(numberedLine(number));
  if (!admission.grantRate(socket, line(0).length, every)) return refuse(response, 429);
  response.writeHead(200, { 'content-type': 'text/plain', [ECHO_HEADER]: STREAM_KIND });
  let number = 0;
  const say = (): void => {
    if (admission.say(socket, response, line(number))) number += 1;
  };
  say();
  const timer = setInterval(say, every);
  response.on('close', () => clearInterval(timer));
};

const refuse = (response: ServerResponse, status: number): void => {
  response.writeHead(status, { 'content-length': 0, connection: 'close' });
  response.end();
};

const answer = (request: IncomingMessage, response: ServerResponse, admission: Admission): void => {
  const path = request.url ?? '/';
  // `//` is the beginning of a host, and of none.
  if (!URL.canParse(path, 'http://host')) return refuse(response, 400);
  const { pathname, searchParams } = new URL(path, 'http://host');
  if (pathname === '/stream') return stream(searchParams, response, admission);
  // Says back what the client says of itself, so that an answer can be told from another one's.
  const asked = request.headers[ECHO_HEADER];
  const text = `${typeof asked === 'string' ? asked : 'seqgap'}\n`;
  response.writeHead(200, {
    'content-type': 'text/plain',
    'content-length': Buffer.byteLength(text),
    ...(typeof asked === 'string' ? { [ECHO_HEADER]: asked } : {}),
  });
  response.end(text);
};

/** The far end of HTTP sessions: short answers on connections that are kept, and `/stream`. Rejects without the port. */
export const startWebServer = async ({
  host,
  port,
  admission = new Admission(),
}: {
  /** `::` serves both families. */
  readonly host: string;
  /** 0: any. */
  readonly port: number;
  /** Shared with other services; left out: grants of its own. */
  readonly admission?: Admission;
}): Promise<WebServer> => {
  const server = createServer(
    {
      noDelay: true,
      headersTimeout: HEAD_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: HEAD_MS / 4,
    },
    (request, response) => answer(request, response, admission),
  );
  server.on('connection', (socket) => admission.admit(socket));
  // Between requests whoever ends a connection is to be the client or the failover.
  server.keepAliveTimeout = 0;
  server.listen({ host, port, backlog: 4096 });
  await once(server, 'listening');
  // No file descriptor for one more: it is not accepted, and tries again.
  server.on('error', () => (admission.refused += 1));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ECHO_HEADER, numberedLine, STREAM_KIND } from './web-protocol.js';

export interface WebServer {
  readonly port: number;
  close(): Promise<void>;
}

const SLOWEST_MS = 10_000;

/** `/stream?every=100`: numbered lines, one every so many milliseconds, until the client goes. */
const stream = (query: URLSearchParams, response: ServerResponse): void => {
  const every = Math.min(Math.max(1, Number(query.get('every') ?? 100) || 100), SLOWEST_MS);
  response.writeHead(200, { 'content-type': 'text/plain', [ECHO_HEADER]: STREAM_KIND });
  let number = 0;
  const say = (): void => void response.write(numberedLine(number++));
  say();
  const timer = setInterval(say, every);
  response.on('close', () => clearInterval(timer));
};

const answer = (request: IncomingMessage, response: ServerResponse): void => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://host');
  if (pathname === '/stream') return stream(searchParams, response);
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
}: {
  /** `::` serves both families. */
  readonly host: string;
  /** 0: any. */
  readonly port: number;
}): Promise<WebServer> => {
  const server = createServer({ noDelay: true, requestTimeout: 0 }, answer);
  // Whoever ends a connection is to be the client or the failover.
  server.keepAliveTimeout = 0;
  server.headersTimeout = 0;
  server.listen({ host, port, backlog: 4096 });
  await once(server, 'listening');
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

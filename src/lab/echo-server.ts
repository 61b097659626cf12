import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/**
 * The server's TCP services, both families: echo on port 7 (RFC 862) and a listener on port 80 that accepts and
 * waits for the client to close. One process, because 50 sessions and 100 connections a second would cost
 * a fork each with socat.
 */
const serve = async (port: number, handle: (socket: Socket) => void): Promise<void> => {
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    // A client that resets is its own business.
    socket.on('error', () => socket.destroy());
    handle(socket);
  });
  server.listen({ port, host: '::', backlog: 1024 });
  await once(server, 'listening');
};

await serve(7, (socket) => socket.pipe(socket));
await serve(80, (socket) => socket.resume());
process.stdout.write('listening\n');

import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AgentRun, session, vantage } from './agent-run.js';

describe('TCP sessions', () => {
  let run: AgentRun;
  let server: Server;
  let port: number;
  let sockets: Socket[];
  /** What the server does with what it is sent. */
  let answer: (data: Buffer, socket: Socket) => void;

  beforeEach(async () => {
    sockets = [];
    answer = (data, socket) => socket.write(data);
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => {}).on('data', (data) => answer(data, socket));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    run = await AgentRun.start(vantage());
  });

  afterEach(() => {
    run.client.kill();
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  const news = (kind: 'open' | 'error' | 'end') => run.said('session').filter((each) => each.kind === kind);
  const echoed = (connection: number): number =>
    run.heartbeats.filter((row) => row.connection === connection && row.echoed_ns !== null).length;

  test('survive: every octet back once and in order, and one end for each connection', async () => {
    run.begin([], [session({ port, count: 3 })]);
    await run.until(() => [1, 2, 3].every((connection) => echoed(connection) >= 10));
    await run.drain();
    expect(news('error')).toEqual([]);
    expect(new Set(news('open').map(({ connection }) => connection))).toEqual(new Set([1, 2, 3]));
    expect(news('open')).toHaveLength(3);
    for (const end of news('end')) {
      expect(end).toMatchObject({ in_order: true });
      expect(end.kind === 'end' && end.bytes).toBe(64 * echoed(end.connection));
    }
    for (const connection of [1, 2, 3]) {
      const rows = run.heartbeats.filter((row) => row.connection === connection);
      expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index));
    }
    expect(new Set(run.heartbeats.map(({ session: name }) => name))).toEqual(new Set(['echo']));
  });

  test('reset by the server', async () => {
    run.begin([], [session({ port })]);
    await run.until(() => echoed(1) >= 3);
    sockets[0]?.resetAndDestroy();
    await run.until(() => news('error').length > 0);
    expect(news('error')).toMatchObject([
      { session: 'echo', connection: 1, ending: 'reset', detail: 'ECONNRESET' },
    ]);
  });

  test('closed by the server', async () => {
    run.begin([], [session({ port })]);
    await run.until(() => echoed(1) >= 3);
    // An answer to what comes meanwhile would be a write after the end: Node destroys the socket then, which is a reset.
    answer = () => {};
    sockets[0]?.end();
    await run.until(() => news('error').length > 0);
    expect(news('error')).toMatchObject([{ ending: 'app-closed' }]);
    await run.until(() => run.said('live').at(-1)?.sessions[0]?.ended === 1);
  });

  test('a corrupted echo ends it, and it is not in order', async () => {
    answer = (data, socket) => socket.write(Buffer.from(data).fill('!', 10, 11));
    run.begin([], [session({ port })]);
    await run.until(() => news('error').length > 0);
    await run.drain();
    expect(news('end')).toMatchObject([{ in_order: false }]);
  });

  test('a server that falls silent: stalled in the live view, its heartbeats without an echo in the end', async () => {
    run.begin([], [session({ port })]);
    await run.until(() => echoed(1) >= 3);
    answer = () => {};
    await run.until(() => run.said('live').at(-1)?.sessions[0]?.stalled === 1);
    await run.drain(100);
    expect(run.heartbeats.filter(({ echoed_ns }) => echoed_ns === null).length).toBeGreaterThan(0);
    expect(news('error')).toEqual([]);
    expect(news('end')).toMatchObject([{ in_order: true }]);
  });

  test('a server that is not there: refused-open, and the streams start all the same', async () => {
    server.close();
    run.begin([], [session({ port, count: 2 })]);
    await run.until(() => news('error').length === 2);
    expect(news('error')).toMatchObject([
      { ending: 'refused-open', detail: 'ECONNREFUSED' },
      { ending: 'refused-open', detail: 'ECONNREFUSED' },
    ]);
    await run.drain();
    expect(run.heartbeats).toEqual([]);
  });

  test('a reset while the last echoes are waited for is told', async () => {
    run.begin([], [session({ port })]);
    await run.until(() => echoed(1) >= 3);
    answer = () => {};
    await run.until(() => run.said('live').at(-1)?.sessions[0]?.stalled === 1);
    const drained = run.drain();
    sockets[0]?.resetAndDestroy();
    await drained;
    expect(news('error')).toMatchObject([{ ending: 'reset' }]);
  });
});

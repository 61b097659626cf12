import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { SessionOf, SessionPlan } from '../../../src/model/plan.js';
import { fromMs, ns, type Nanoseconds } from '../../../src/model/time.js';
import { startEchoServer, type EchoServer } from '../../../src/reflect/echo.js';
import { startWebServer, type WebServer } from '../../../src/reflect/web.js';
import { AgentRun, session, vantage } from './agent-run.js';

let run: AgentRun;
let origin: Nanoseconds;
beforeEach(async () => {
  run = await AgentRun.start(vantage());
});
afterEach(() => run.client.kill());

const begin = (...plans: readonly SessionPlan[]): void => {
  origin = systemClock.monotonic();
  run.client.begin(origin, [], plans);
};
const news = (kind: 'open' | 'error' | 'end') => run.said('session').filter((each) => each.kind === kind);
const echoed = (name: string, connection = 1): number =>
  run.heartbeats.filter(
    (row) => row.session === name && row.connection === connection && row.echoed_ns !== null,
  ).length;
/** The instant in so many milliseconds, on the trial's clock. */
const inMs = (ms: number): Nanoseconds => ns(systemClock.monotonic() - origin + ms * 1e6);

describe('to the echo server of seqgap', () => {
  let server: EchoServer;
  beforeEach(async () => {
    server = await startEchoServer({ host: '127.0.0.1', port: 0 });
  });
  afterEach(() => server.close());

  test('the server speaks first: numbered heartbeats, their delay beyond the fastest', async () => {
    begin(session({ port: server.port, speaksFirst: 'server', count: 2 }));
    await run.until(() => echoed('echo', 1) >= 10 && echoed('echo', 2) >= 10);
    await run.drain();
    expect(news('error')).toEqual([]);
    expect(news('end')).toMatchObject([{ in_order: true }, { in_order: true }]);
    const rows = run.heartbeats.filter(({ connection, echoed_ns }) => connection === 1 && echoed_ns !== null);
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index));
    for (const { sent_ns, echoed_ns } of rows) expect(echoed_ns).toBeGreaterThanOrEqual(sent_ns);
  });

  test('idle sessions exchange once and are silent until they are told to speak, whoever speaks first', async () => {
    const idle = { port: server.port, idle: true } as const;
    begin(session({ name: 'mine', ...idle }), session({ name: 'theirs', ...idle, speaksFirst: 'server' }));
    await run.until(() => echoed('mine') === 1 && echoed('theirs') === 1);
    run.client.tell({ do: 'expect', at_ns: inMs(1) });
    // Ten more live states, and not one more heartbeat.
    const pictures = run.said('live').length + 10;
    await run.until(() => run.said('live').length >= pictures);
    expect([echoed('mine'), echoed('theirs')]).toEqual([1, 1]);
    run.client.tell({ do: 'speak' });
    await run.until(() => echoed('mine') >= 4 && echoed('theirs') >= 4);
    await run.drain();
    expect(news('error')).toEqual([]);
  });

  test('ages are opened so long before the trigger, and during when traffic stops', async () => {
    const ages = [fromMs(600), fromMs(200), 'during'] as const;
    begin(session({ port: server.port, count: 2, ages }));
    await run.until(() => run.said('live').length > 0);
    expect(news('open')).toEqual([]);
    const trigger = inMs(1000);
    run.client.tell({ do: 'expect', at_ns: trigger });
    await run.until(() => news('open').length === 4);
    const opened = new Map(news('open').map((each) => [each.connection, each.at_ns]));
    expect([...opened.keys()].toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
    for (const [connection, at_ns] of opened)
      expect(at_ns).toBeGreaterThanOrEqual(trigger - fromMs(connection <= 2 ? 600 : 200));
    run.client.tell({ do: 'outage' });
    await run.until(() => news('open').length === 6 && echoed('echo', 6) > 0);
  });

  test('the retransmission timeout is the kernel’s own', async () => {
    begin(session({ port: server.port, count: 2 }));
    await run.until(() => echoed('echo', 1) >= 3);
    run.client.tell({ do: 'expect', at_ns: inMs(1500) });
    const until = inMs(1500);
    await run.until(() => (run.said('live').at(-1)?.at_ns ?? 0) > until);
    await run.drain();
    // Linux never has less than 200 ms (tcp_rto_min_us).
    for (const end of news('end')) expect(end.kind === 'end' ? end.rto_ms : null).toBeGreaterThanOrEqual(200);
  });

  test('payloads of any size come back whole', async () => {
    begin(session({ port: server.port, payload: 30_000 }));
    await run.until(() => echoed('echo') >= 5);
    await run.drain();
    expect(news('end')).toMatchObject([{ in_order: true, bytes: 30_000 * run.heartbeats.length }]);
  });

  test('new sessions: each a connection of its own with a full exchange', async () => {
    begin(session({ name: 'fresh', port: server.port, openEvery_ns: fromMs(50) }));
    await run.until(() => run.heartbeats.length >= 5);
    const rows = run.heartbeats.slice(0, 5);
    expect(rows.map(({ connection, seq }) => [connection, seq])).toEqual([1, 2, 3, 4, 5].map((n) => [n, 0]));
    expect(rows.every(({ echoed_ns }) => echoed_ns !== null)).toBe(true);
    expect(server.accepted()).toBeGreaterThanOrEqual(5);
    expect(news('error')).toEqual([]);
  });
});

describe('HTTP', () => {
  let server: WebServer;
  beforeEach(async () => {
    server = await startWebServer({ host: '127.0.0.1', port: 0 });
  });
  afterEach(() => server.close());

  const web = (more: Partial<SessionOf<'http'>> = {}): SessionPlan =>
    session({ name: 'web', type: 'http', port: server.port, ...more });

  test('requests on one connection, each answered by its own body', async () => {
    begin(web());
    await run.until(() => echoed('web') >= 10);
    await run.drain();
    expect(news('error')).toEqual([]);
    expect(news('open')).toHaveLength(1);
    expect(news('end')).toMatchObject([{ in_order: true }]);
  });

  test('one download that goes on, line by line', async () => {
    begin(web({ mode: 'download', path: '/stream?every=10' }));
    await run.until(() => echoed('web') >= 10);
    await run.drain();
    expect(news('error')).toEqual([]);
    expect(news('end')).toMatchObject([{ in_order: true }]);
  });

  test('a proxy that answers for the dead server', async () => {
    const proxy = createHttpServer((_request, response) => void response.writeHead(503).end('sorry'));
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    begin(web({ port: (proxy.address() as AddressInfo).port }));
    await run.until(() => news('error').length > 0);
    expect(news('error')).toMatchObject([
      { ending: 'no-data', detail: 'a proxy answers for the server: HTTP 503' },
    ]);
    proxy.closeAllConnections();
    proxy.close();
  });
});

describe('bad far ends have a word each', () => {
  let server: Server;
  let sockets: Socket[];
  let port: number;
  const serve = async (handle: (socket: Socket) => void): Promise<void> => {
    sockets = [];
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      handle(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  test.each<[string, (socket: Socket) => void, Partial<SessionPlan>, string, RegExp]>([
    ['closes at once', (s) => s.end(), {}, 'app-closed', /^closed at once, before anything came back/],
    ['resets at once', (s) => s.resetAndDestroy(), {}, 'reset', /^reset at once, before anything came back/],
    [
      'greets as SSH',
      (s) => s.write('SSH-2.0-x\r\n'),
      {},
      'other-protocol',
      /another protocol: it says "SSH-2.0-x"/,
    ],
    [
      'answers as HTTP',
      (s) => s.once('data', () => s.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
      {},
      'other-protocol',
      /it says "HTTP\/1.1 400 Bad Request"/,
    ],
    [
      'garbles',
      (s) => {
        let heartbeats = 0;
        s.on('data', (data) => s.write(heartbeats++ < 3 ? data : Buffer.from(data).fill('!', 3, 4)));
      },
      {},
      'garbled',
      /^garbled: octets came back/,
    ],
    [
      'is plain echo, where it is to speak first',
      (s) => s.pipe(s),
      { speaksFirst: 'server' },
      'other-protocol',
      /does not speak first/,
    ],
    [
      'is no web server',
      (s) => s.pipe(s),
      { type: 'http' },
      'other-protocol',
      /^no HTTP: no HTTP response: it says "GET \/ HTTP\/1.1"/,
    ],
  ])('%s', async (_name, handle, more, ending, detail) => {
    await serve(handle);
    begin(session({ port, ...more }));
    await run.until(() => news('error').length > 0);
    expect(news('error')).toMatchObject([{ connection: 1, ending }]);
    expect(news('error')[0]).toHaveProperty('detail', expect.stringMatching(detail));
  });

  test('a proxy that makes the handshake for a dead server: new sessions have no data', async () => {
    await serve(() => {});
    begin(session({ name: 'fresh', port, openEvery_ns: fromMs(100), wait_ns: fromMs(200) }));
    await run.until(() => news('error').length > 0 && run.heartbeats.length > 0);
    expect(news('error')[0]).toMatchObject({
      ending: 'no-data',
      detail: 'no data: it opened, but nothing came back within 0.2 s',
    });
    expect(run.heartbeats[0]).toMatchObject({ session: 'fresh', connection: 1, seq: 0, echoed_ns: null });
  });
});

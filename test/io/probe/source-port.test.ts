import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fromMs } from '../../../src/model/time.js';
import { systemClock } from '../../../src/clock.js';
import { startEchoServer } from '../../../src/reflect/echo.js';
import { startStampReflector } from '../../../src/reflect/stamp.js';
import { AgentRun, session, stream, vantage } from './agent-run.js';

let run: AgentRun;
beforeEach(async () => {
  run = await AgentRun.start(vantage());
});
const closing: (() => unknown)[] = [];
afterEach(async () => {
  run.client.kill();
  for (const close of closing.splice(0)) await close();
});

/** A block that is likely to be free, another one for each process. */
const FIRST = 20_000 + 20 * (process.pid % 500);

test('new connections come from the ports of their range, in turn', async () => {
  const seen: number[] = [];
  const server = createServer((request, response) => {
    seen.push(request.socket.remotePort ?? 0);
    response.end('hello');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const pace = { port, every_ns: fromMs(50), wait_ns: fromMs(150) };
  const http = { path: '/', resolve: 'once', resolver: null } as const;
  run.begin([
    stream({ name: 'web', type: 'http', ...pace, http, sourcePorts: { first: FIRST, last: FIRST + 3 } }),
    stream({ name: 'syn', type: 'tcp', ...pace, sourcePorts: { first: FIRST + 4, last: FIRST + 7 } }),
  ]);
  await run.until(() => seen.length >= 8 && run.of('syn').length >= 8);
  expect(seen.slice(0, 8)).toEqual([0, 1, 2, 3, 0, 1, 2, 3].map((each) => FIRST + each));
  // Taken again as soon as it is their turn: an RST leaves nothing behind.
  expect(run.count('web', 'local-blocked') + run.count('syn', 'local-blocked')).toBe(0);
});

test('each flow of UDP has its own, as said; without, the kernel’s is announced', async () => {
  const reflector = await startStampReflector({ host: '127.0.0.1', port: 0, clock: systemClock });
  closing.push(() => reflector.close());
  const stamp = { ssid: 256, timestamps: 'ntp', end: null } as const;
  const udp = {
    type: 'stamp',
    port: reflector.port,
    size: 44,
    flows: 2,
    every_ns: fromMs(50),
    stamp,
  } as const;
  run.begin([
    stream({ name: 'udp', ...udp, sourcePorts: { first: FIRST + 10, last: FIRST + 11 } }),
    stream({ name: 'any', ...udp, stamp: { ...stamp, ssid: 512 } }),
  ]);
  await run.until(() => run.said('resolved').length === 2 && run.of('udp').length >= 4);
  const announced = new Map(run.said('resolved').map((each) => [each.stream, each.source_ports]));
  expect(announced.get('udp')).toEqual([FIRST + 10, FIRST + 11]);
  expect(announced.get('any')).toEqual([expect.any(Number), expect.any(Number)]);
  expect(run.of('udp').some(({ outcome }) => outcome === 'answered')).toBe(true);
});

test('sessions announce theirs', async () => {
  const server = await startEchoServer({ host: '127.0.0.1', port: 0 });
  closing.push(() => server.close());
  run.client.begin(systemClock.monotonic(), [], [session({ port: server.port, count: 2 })]);
  const opened = () => run.said('session').filter((each) => each.kind === 'open');
  await run.until(() => opened().length === 2);
  const ports = opened().map(({ source_port }) => source_port);
  expect(new Set(ports).size).toBe(2);
  for (const port of ports) expect(port).toBeGreaterThan(1023);
});

test('sessions are from their sources, in turn', async () => {
  const server = await startEchoServer({ host: '127.0.0.1', port: 0 });
  const seen: string[] = [];
  const web = createServer((_, response) => void response.end('hello'))
    .on('connection', ({ remoteAddress }) => seen.push(remoteAddress ?? ''))
    .listen(0, '127.0.0.1');
  await once(web, 'listening');
  closing.push(
    () => server.close(),
    () => web.close(),
    () => web.closeAllConnections(),
  );
  const { port } = web.address() as AddressInfo;
  const sources = ['127.0.0.2', '127.0.0.3'];
  run.client.begin(
    systemClock.monotonic(),
    [],
    [
      session({ port: server.port, count: 3, sources }),
      session({ name: 'web', type: 'http', port, count: 3, sources }),
    ],
  );
  await run.until(() => seen.length >= 3 && run.heartbeats.length > 10);
  expect(seen.toSorted()).toEqual(['127.0.0.2', '127.0.0.2', '127.0.0.3']);
  expect(run.said('live').at(-1)?.sessions[0]).toMatchObject({ planned: 3, ended: 0 });
});

test('a source that is no address of the vantage ends it before a connection is made', async () => {
  const server = await startEchoServer({ host: '127.0.0.1', port: 0 });
  closing.push(() => server.close());
  run.client.begin(
    systemClock.monotonic(),
    [],
    [session({ port: server.port, count: 2, sources: ['127.0.0.2', '192.0.2.77'] })],
  );
  await run.until(() => run.failures.length > 0);
  expect(run.failures[0]?.message).toContain('session echo cannot be from 192.0.2.77: ');
  expect(run.failures[0]?.message).toContain('EADDRNOTAVAIL');
  expect(server.accepted()).toBe(0);
});

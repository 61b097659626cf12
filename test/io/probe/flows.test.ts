import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromMs } from '../../../src/model/time.js';
import { AgentRun, stream, vantage } from './agent-run.js';
import { isRoot, openNamespace } from './namespace.js';

const skipped = isRoot ? '' : ' (SKIPPED: needs root)';
let run: AgentRun;
let server: Server;

const flowsOf = (name: string): number[] =>
  [...new Set(run.of(name).map(({ flow }) => flow))].toSorted((a, b) => a - b);
const answered = (name: string, flow: number): number =>
  run.of(name).filter((row) => row.flow === flow && (row.outcome === 'answered' || row.outcome === 'refused'))
    .length;

beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => socket.destroy()).resume();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const flows = { flows: 3, every_ns: fromMs(50), wait_ns: fromMs(50) };
  run = await AgentRun.start(vantage());
  run.begin([
    stream({ name: 'web', type: 'tcp', port, ...flows }),
    ...(isRoot ? [stream({ name: 'ping', flows: 3, every_ns: fromMs(20) })] : []),
  ]);
  const enough = (name: string): boolean => [0, 1, 2].every((flow) => answered(name, flow) >= 5);
  await run.until(() => run.failures.length > 0 || (enough('web') && (!isRoot || enough('ping'))));
  await run.drain();
});

afterAll(() => {
  run.client.kill();
  server.close();
});

describe('flows', () => {
  test('of new connections', () => {
    expect(flowsOf('web')).toEqual([0, 1, 2]);
    expect(run.count('web', 'local-blocked')).toBe(0);
  });

  test.skipIf(!isRoot)(`of new connections keep a source port each${skipped}`, async () => {
    const namespace = await openNamespace();
    // Nobody answers behind this cable: what was begun can be seen until the wait is over.
    await namespace.run(
      'ip link add d0 type veth peer name d1; ip addr add 192.0.2.1/24 dev d0; ip link set d0 up; ip link set d1 up; ' +
        'ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev d0 nud permanent',
    );
    const trying = await AgentRun.start(vantage(namespace.prefix));
    try {
      const every = { every_ns: fromMs(50), wait_ns: fromMs(50) };
      trying.begin([stream({ name: 'web', type: 'tcp', host: '192.0.2.2', port: 80, flows: 3, ...every })]);
      const ports = new Set<number>();
      for (let goal = 15; goal <= 60; goal += 15) {
        await trying.until(() => trying.of('web').length >= goal || trying.failures.length > 0);
        const seen = await namespace.run('ss -Htn state syn-sent');
        for (const [, port] of seen.matchAll(/192\.0\.2\.1:(\d+)/g)) ports.add(Number(port));
      }
      expect(ports.size).toBe(3);
      for (const port of ports) expect(port).toBeGreaterThanOrEqual(61_000);
      expect(trying.count('web', 'local-blocked')).toBe(0);
    } finally {
      trying.client.kill();
      namespace.close();
    }
  });

  test.skipIf(!isRoot)(`of ICMP have an identifier each${skipped}`, () => {
    expect(flowsOf('ping')).toEqual([0, 1, 2]);
    for (const flow of [0, 1, 2]) {
      const seqs = run.of('ping').filter((row) => row.flow === flow);
      expect(seqs.map(({ seq }) => seq)).toEqual(seqs.map((_, index) => index));
    }
  });

  test('are one stream to the runner: one picture, one set of figures', () => {
    const live = run
      .said('live')
      .at(-1)
      ?.streams.find(({ name }) => name === 'web');
    const all = run.of('web').length;
    expect(live?.sent).toBeGreaterThan(all / 2);
    const [end] = run.said('end');
    const self = end?.self.filter((each) => each.stream === 'web');
    expect(self).toHaveLength(1);
    expect((self?.[0]?.figures.sent ?? 0) + (self?.[0]?.figures.unsent ?? 0)).toBe(all);
  });
});

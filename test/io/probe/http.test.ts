import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { StreamOf, StreamPlan } from '../../../src/model/plan.js';
import { fromMs } from '../../../src/model/time.js';
import { AgentRun, stream, vantage } from './agent-run.js';
import { NameServer } from './name-server.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const listen = async (server: TcpServer, host: string, port = 0): Promise<number> => {
  server.listen({ host, port });
  await once(server, 'listening');
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
};

const web = (status: () => number): Server =>
  createServer((request, response) => {
    response.statusCode = request.headers.host?.startsWith('service.lab.test') === true ? status() : 400;
    response.end('hello');
  });

const started = async (): Promise<AgentRun> => {
  const run = await AgentRun.start(vantage());
  closing.push(() => run.client.kill());
  return run;
};

const names = async (address: string, ttl_s: number): Promise<NameServer> => {
  const server = await NameServer.start({ addresses: [address], ttl_s });
  closing.push(() => server.close());
  return server;
};

const probe = (
  name: string,
  port: number,
  resolver: NameServer,
  resolve: StreamOf<'http'>['http']['resolve'],
  given: Partial<StreamOf<'http'>> = {},
): StreamPlan =>
  stream({
    name,
    type: 'http',
    host: 'service.lab.test',
    port,
    // Each probe is a connection to a server in this very process, which must keep up on a busy host.
    every_ns: fromMs(50),
    wait_ns: fromMs(10_000),
    http: { path: '/', resolve, resolver: { address: '127.0.0.1', port: resolver.port } },
    ...given,
  });

const shown = (agent: AgentRun, name: string): string[] =>
  agent
    .said('changed')
    .filter(({ stream: of }) => of === name)
    .map(({ value }) => value);

describe('HTTP probes', () => {
  test('each probe asks again and follows the record; an answer is kept for its TTL, or for good', async () => {
    const server = web(() => 200);
    const port = await listen(server, '127.0.0.1');
    await listen(
      web(() => 200),
      '127.0.0.2',
      port,
    );
    const short = await names('127.0.0.1', 0);
    const long = await names('127.0.0.1', 3600);
    const agent = await started();
    agent.begin([
      probe('fresh', port, long, 'each'),
      probe('kept', port, long, 'cached'),
      probe('brief', port, short, 'cached'),
      probe('fixed', port, short, 'once'),
    ]);
    await agent.until(() =>
      ['fresh', 'kept', 'brief', 'fixed'].every((name) => agent.count(name, 'answered') >= 5),
    );
    short.record = { addresses: ['127.0.0.2'], ttl_s: 0 };
    long.record = { addresses: ['127.0.0.2'], ttl_s: 3600 };
    await agent.until(() => shown(agent, 'fresh').length === 2 && shown(agent, 'brief').length === 2);
    const seen = agent.count('kept', 'answered');
    await agent.until(() => agent.count('kept', 'answered') >= seen + 10);
    await agent.drain();
    expect(shown(agent, 'fresh')).toEqual(['127.0.0.1', '127.0.0.2']);
    expect(shown(agent, 'brief')).toEqual(['127.0.0.1', '127.0.0.2']);
    expect(shown(agent, 'kept')).toEqual(['127.0.0.1']);
    expect(shown(agent, 'fixed')).toEqual(['127.0.0.1']);
    for (const name of ['fresh', 'kept', 'brief', 'fixed'])
      for (const { outcome, sent_ns, received_ns } of agent.of(name))
        if (outcome === 'answered') expect(received_ns as number).toBeGreaterThan(sent_ns as number);
    expect(agent.failures).toEqual([]);
  });

  test('5xx is a loss with a cause, 4xx an answer of the application', async () => {
    let status = 404;
    const port = await listen(
      web(() => status),
      '127.0.0.1',
    );
    const agent = await started();
    agent.begin([probe('web', port, await names('127.0.0.1', 60), 'each')]);
    await agent.until(() => agent.count('web', 'answered') >= 3);
    status = 503;
    await agent.until(() => agent.count('web', 'unreachable') >= 3);
    expect(agent.of('web').find(({ outcome }) => outcome === 'unreachable')).toMatchObject({
      cause: 'http-503',
    });
  });

  test('a lost probe says which step it did not get beyond', async () => {
    const mute = createTcpServer((socket) => socket.on('error', () => {}));
    const port = await listen(mute, '127.0.0.1');
    const resolver = await names('127.0.0.1', 0);
    const agent = await started();
    agent.begin([probe('web', port, resolver, 'each', { wait_ns: fromMs(100) })]);
    const lostBy = (wanted: string): boolean =>
      agent.of('web').some(({ outcome, cause }) => outcome === 'lost' && cause === wanted);
    await agent.until(() => lostBy('no-response'));
    resolver.record = { ...resolver.record, silent: true };
    await agent.until(() => lostBy('no-dns-answer'));
    resolver.record = { addresses: [], ttl_s: 0, rcode: 2 };
    await agent.until(() => agent.of('web').some(({ cause }) => cause === 'dns-SERVFAIL'));
    mute.close();
    resolver.record = { addresses: ['127.0.0.1'], ttl_s: 0 };
    await agent.until(() => agent.of('web').some(({ cause }) => cause === 'ECONNREFUSED'));
    expect(agent.of('web').find(({ cause }) => cause === 'ECONNREFUSED')).toMatchObject({
      outcome: 'unreachable',
    });
  });

  test('a name that the resolver does not know at the start is an error with a remedy', async () => {
    const resolver = await names('127.0.0.1', 0);
    resolver.record = { addresses: [], ttl_s: 0, rcode: 3 };
    const agent = await started();
    agent.begin([probe('web', 80, resolver, 'each')]);
    await agent.until(() => agent.failures.length > 0);
    expect(agent.failures[0]).toMatchObject({
      message: expect.stringContaining('service.lab.test cannot be resolved: 127.0.0.1 says NXDOMAIN'),
      remedy: 'correct the name, `family:` or `resolver:`',
    });
  });
});

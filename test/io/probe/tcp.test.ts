import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { execa } from 'execa';
import { afterEach, describe, expect, test } from 'vitest';
import { fromMs } from '../../../src/model/time.js';
import { AgentRun, stream, vantage } from './agent-run.js';

let run: AgentRun | null = null;
let server: Server | null = null;
afterEach(() => {
  run?.client.kill();
  server?.close();
  run = null;
  server = null;
});

const listen = async (backlog?: number): Promise<number> => {
  server = createServer((socket) => socket.on('error', () => {}));
  server.listen({ host: '127.0.0.1', port: 0, ...(backlog === undefined ? {} : { backlog }) });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

const started = async (): Promise<AgentRun> => {
  run = await AgentRun.start(vantage());
  return run;
};

const web = (port: number, every_ms = 10): ReturnType<typeof stream> =>
  stream({ name: 'web', type: 'tcp', port, every_ns: fromMs(every_ms) });

describe('TCP probes', () => {
  test('an accepted connection is answered, and leaves no TIME_WAIT behind', async () => {
    const port = await listen();
    const agent = await started();
    agent.begin([web(port)]);
    await agent.until(() => agent.count('web', 'answered') >= 30);
    await agent.drain();
    expect(agent.count('web', 'answered') + agent.count('web', 'unsent')).toBe(agent.of('web').length);
    for (const { outcome, sent_ns, accepted_ns, received_ns } of agent.of('web')) {
      if (outcome === 'unsent') continue;
      expect(accepted_ns as number).toBeGreaterThanOrEqual(sent_ns as number);
      expect(received_ns as number).toBeGreaterThan(sent_ns as number);
    }
    expect(agent.said('resolved')).toMatchObject([{ engine: 'connect', family: 4 }]);
    const { stdout } = await execa('ss', [
      '-Htan',
      'state',
      'time-wait',
      `( dport = :${port} or sport = :${port} )`,
    ]);
    expect(stdout).toBe('');
  });

  test('an RST is refused: the path is up', async () => {
    const port = await listen();
    server?.close();
    const agent = await started();
    agent.begin([web(port)]);
    await agent.until(() => agent.count('web', 'refused') >= 10);
    await agent.drain();
    expect(agent.of('web').find(({ outcome }) => outcome === 'refused')).toMatchObject({
      cause: 'ECONNREFUSED',
    });
    expect(agent.said('live').at(-1)?.streams[0]?.bad).toBe(0);
  });

  test('a port on a name that resolves to both families is probed on one address', async () => {
    const port = await listen();
    const agent = await started();
    agent.begin([{ ...web(port), host: 'localhost', family: 4 }]);
    await agent.until(() => agent.count('web', 'answered') >= 5);
    expect(agent.said('resolved')).toMatchObject([{ address: '127.0.0.1', family: 4 }]);
  });
});

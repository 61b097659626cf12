import { afterEach, describe, expect, test } from 'vitest';
import { fromMs } from '../../../src/model/time.js';
import { AgentRun, stream, vantage } from './agent-run.js';
import { NameServer } from './name-server.js';

let run: AgentRun | null = null;
let server: NameServer | null = null;
afterEach(() => {
  run?.client.kill();
  server?.close();
  run = null;
  server = null;
});

const begin = async (addresses: readonly string[], wait_ms = 5000): Promise<[AgentRun, NameServer]> => {
  server = await NameServer.start({ addresses, ttl_s: 5 });
  run = await AgentRun.start(vantage());
  run.begin([
    stream({
      name: 'answer',
      type: 'dns',
      port: server.port,
      wait_ns: fromMs(wait_ms),
      dns: { query: 'service.lab.test', record: 'A' },
    }),
  ]);
  await run.until(() => (run as AgentRun).count('answer', 'answered') >= 10);
  return [run, server];
};

describe('DNS probes', () => {
  test('each answer with an address is one row, and the first one tells the address and its TTL', async () => {
    const [agent] = await begin(['192.0.2.12', '192.0.2.11']);
    await agent.drain();
    expect(agent.count('answer', 'answered') + agent.count('answer', 'unsent')).toBe(
      agent.of('answer').length,
    );
    for (const { outcome, sent_ns, accepted_ns, received_ns } of agent.of('answer')) {
      if (outcome === 'unsent') continue;
      expect(accepted_ns as number).toBeGreaterThanOrEqual(sent_ns as number);
      expect(received_ns as number).toBeGreaterThan(sent_ns as number);
    }
    expect(agent.said('changed')).toMatchObject([
      { stream: 'answer', subject: 'service.lab.test', value: '192.0.2.11+192.0.2.12', was: null, ttl_s: 5 },
    ]);
    expect(agent.said('resolved')).toMatchObject([{ engine: 'udp', address: '127.0.0.1', family: 4 }]);
  });

  test('the first new answer is told once, between the last old one and itself', async () => {
    const [agent, names] = await begin(['192.0.2.11']);
    names.record = { addresses: ['192.0.2.12'], ttl_s: 7 };
    await agent.until(() => agent.said('changed').length === 2);
    const seen = agent.of('answer').length;
    await agent.until(() => agent.of('answer').length >= seen + 10);
    await agent.drain();
    const [, change] = agent.said('changed');
    expect(agent.said('changed')).toHaveLength(2);
    expect(change).toMatchObject({ was: '192.0.2.11', value: '192.0.2.12', ttl_s: 7 });
    const rows = agent.of('answer').filter(({ outcome }) => outcome === 'answered');
    const first = rows.find(({ received_ns }) => received_ns === change?.at_ns);
    const last = rows.find(({ sent_ns }) => sent_ns === change?.since_ns);
    expect((first?.seq as number) - (last?.seq as number)).toBeGreaterThan(0);
  });

  test('an error of the resolver is a loss with its word as cause, and so is a name without an address', async () => {
    const [agent, names] = await begin(['192.0.2.11']);
    for (const [rcode, cause] of [
      [2, 'SERVFAIL'],
      [3, 'NXDOMAIN'],
      [0, 'no-address'],
    ] as const) {
      names.record = { addresses: [], ttl_s: 0, rcode };
      await agent.until(() => agent.of('answer').some((row) => row.cause === cause));
      expect(agent.of('answer').find((row) => row.cause === cause)).toMatchObject({ outcome: 'unreachable' });
    }
  });

  test('a resolver that is silent loses the queries; one that is not there is unreachable', async () => {
    const [agent, names] = await begin(['192.0.2.11'], 50);
    names.record = { ...names.record, silent: true };
    await agent.until(() => agent.count('answer', 'lost') >= 3);
    names.close();
    server = null;
    await agent.until(() => agent.of('answer').some(({ cause }) => cause === 'ECONNREFUSED'));
    expect(agent.of('answer').find(({ cause }) => cause === 'ECONNREFUSED')).toMatchObject({
      outcome: 'unreachable',
    });
  });
});

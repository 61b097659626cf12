import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AgentRun, stream, vantage } from './agent-run.js';
import { isRoot, openNamespace, type Namespace } from './namespace.js';

/* Agents that stand still while more comes than their sockets hold. */

let run: AgentRun | null = null;
afterEach(() => run?.client.kill());

const dropped = (name: string): number =>
  (run?.said('drops') ?? [])
    .filter((each) => each.stream === name)
    .reduce((sum, { drops }) => sum + drops, 0);

const figureOf = (name: string): number | null | undefined =>
  run?.said('end')[0]?.self.find((each) => each.stream === name)?.figures.socket_drops;

describe('UDP', () => {
  test('what the kernel threw away is told once, and stands beside the lateness', async () => {
    const reflector = createSocket('udp4');
    reflector.bind(0, '127.0.0.1');
    await once(reflector, 'listening');
    const seen = once(reflector, 'message') as Promise<[Buffer, RemoteInfo]>;
    const { port } = reflector.address();
    run = await AgentRun.start(vantage());
    const stamp = { ssid: 1, timestamps: 'ntp', end: null } as const;
    run.begin([
      stream({ name: 'udp', type: 'stamp', port, stamp }),
      stream({ name: 'web', type: 'tcp', port }),
    ]);
    const [, peer] = await seen;
    run.client.signal('SIGSTOP');
    // 4 MB of buffer, of which a full packet takes twice its own size at least.
    for (let i = 0; i < 400; i++) reflector.send(Buffer.alloc(60_000), peer.port, peer.address);
    await new Promise<void>((resolve) => reflector.send('last', peer.port, peer.address, () => resolve()));
    run.client.signal('SIGCONT');
    await run.until(() => dropped('udp') > 0);
    await run.drain();
    expect(figureOf('udp')).toBe(dropped('udp'));
    // A connection has no such buffer of its own.
    expect(figureOf('web')).toBeNull();
    const [first] = run.said('drops');
    expect(first?.at_ns).toBeGreaterThan(first?.since_ns ?? Infinity);
    reflector.close();
  });
});

/** Of the echoes that are sent there now, as the first of them has it. */
const identifierIn = async (space: Namespace): Promise<string> => {
  const dump = await space.run(
    "timeout 5 tcpdump -c 1 -l -n -i lo 'icmp[icmptype] == icmp-echo' 2>/dev/null",
  );
  return /id (\d+)/.exec(dump)?.[1] ?? '';
};

describe.runIf(isRoot)('ICMP (needs root)', () => {
  let space: Namespace;
  beforeAll(async () => {
    space = await openNamespace();
    await space.run('ip link set lo up');
  });
  afterAll(() => space.close());

  /** A flood of answers while the agent stands still. */
  const flood = async (agent: AgentRun, ...identifier: readonly string[]): Promise<void> => {
    agent.client.signal('SIGSTOP');
    const [program = '', ...prefix] = space.prefix;
    const args = ['ping', ...identifier, '-q', '-f', '-c', '15000', '-s', '1000', '127.0.0.1'];
    await execa(program, [...prefix, ...args]);
    agent.client.signal('SIGCONT');
  };

  test.each(['native', 'net-ping'] as const)(
    'the raw socket of %s counts what it could not hold',
    async (engine) => {
      run = await AgentRun.start(vantage(space.prefix));
      run.begin([stream({ engine }), stream({ engine, name: 'other' })]);
      await run.until(() => run?.count('other', 'answered') !== 0);
      await flood(run, ...(engine === 'native' ? ['-e', await identifierIn(space)] : []));
      await run.until(() => dropped('ping') > 0 && dropped('other') > 0);
      await run.drain();
      // One socket for both.
      expect(figureOf('ping')).toBe(dropped('ping'));
      expect(figureOf('other')).toBe(figureOf('ping'));
    },
  );

  test('what answers other programs has no room in the socket of the native engine', async () => {
    run = await AgentRun.start(vantage(space.prefix));
    run.begin([stream({ engine: 'native' })]);
    await run.until(() => run?.count('ping', 'answered') !== 0);
    await flood(run);
    const before = run.count('ping', 'answered');
    await run.until(() => (run?.count('ping', 'answered') ?? 0) > before);
    await run.drain();
    expect(figureOf('ping')).toBe(0);
  });
});

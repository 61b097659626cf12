import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { decodeProbe, type ProbeRow } from '../../../src/model/probe.js';
import { fromMs, ns } from '../../../src/model/time.js';
import { Ledger } from '../../../src/probe/send/ledger.js';
import type { RunningStream, StreamContext } from '../../../src/probe/send/stream.js';
import type { StreamOf, StreamPlan } from '../../../src/model/plan.js';
import { NativeEngine } from '../../../src/probe/stream/native-engine.js';
import { startNativeIcmp } from '../../../src/probe/stream/native-flow.js';
import { asNobody } from '../nobody.js';
import { AgentRun, stream, vantage } from './agent-run.js';
import { isRoot, openNamespace, openPair, type Namespace, type Pair } from './namespace.js';

/* What the native engine does that net-ping does not, and what could go wrong in it only. */

const WAIT = fromMs(3000);
const PROGRAM = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));
const STAMP = {
  type: 'stamp',
  port: 862,
  size: 44,
  engine: 'native',
  stamp: { ssid: 256, timestamps: 'ptp', end: null },
} as const;

/** Goes on sending to loopback until `ready` has passed. @returns the rows, and the engine's own words */
const sendTo = async (
  plan: Partial<StreamOf<'icmp'>>,
  ready: (rows: readonly ProbeRow[]) => Promise<void>,
): Promise<{ rows: ProbeRow[]; unstamped: number; clock_ns: number }> => {
  const rows: ProbeRow[] = [];
  const engine = NativeEngine.open();
  const ledger = new Ledger('ping', WAIT, ns(0), (line) => rows.push(decodeProbe(line)));
  const context = {
    plan: stream({ engine: 'native', ...plan }),
    flow: 0,
    destination: { address: '127.0.0.1', family: 4 },
    ledger,
    start: ns(systemClock.monotonic() + fromMs(20)),
    phase: 0,
  } as unknown as StreamContext<StreamOf<'icmp'>>;
  const [running] = startNativeIcmp([context], engine).running as [RunningStream];
  const reading = setInterval(() => ledger.advance(running.read?.() ?? ns(0)), 20);
  try {
    await ready(rows);
    running.stop();
    while (ledger.waiting > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  } finally {
    clearInterval(reading);
    running.close();
    ledger.close();
  }
  const { unstamped, clock_ns } = engine.state;
  engine.close();
  return { rows, unstamped, clock_ns };
};

const until = async (test: () => boolean): Promise<void> => {
  while (!test()) await new Promise((resolve) => setTimeout(resolve, 20));
};

const standStill = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
};

const words = (rows: readonly ProbeRow[]): string[] =>
  [...new Set(rows.map(({ outcome }) => outcome))].toSorted();

const inOrder = (rows: readonly ProbeRow[]): boolean => rows.every(({ seq }, index) => seq === index);

describe.skipIf(!isRoot)('the native engine on loopback (needs root)', () => {
  test('sends on while the event loop stands still, and the kernel stamps what comes', async () => {
    let stood = { from: 0, to: 0 };
    const { rows, unstamped, clock_ns } = await sendTo({ every_ns: fromMs(10) }, async (seen) => {
      await until(() => seen.length > 10);
      stood = { ...stood, from: systemClock.monotonic() };
      standStill(500);
      stood = { ...stood, to: systemClock.monotonic() };
      await until(() => (seen.at(-1)?.intended_ns ?? 0) > stood.to);
    });
    expect(inOrder(rows)).toBe(true);
    const meanwhile = rows.filter(({ sent_ns, received_ns }) =>
      [sent_ns, received_ns].every((at) => at !== null && at > stood.from && at < stood.to),
    );
    expect(meanwhile.length).toBeGreaterThan(20);
    // By the kernel, not when they were read.
    expect(unstamped).toBe(0);
    expect(clock_ns).toBeLessThan(100_000);
  });

  test('numbers on where the 16 bits of the header begin again', async () => {
    const isBeyond = ({ seq, outcome }: ProbeRow): boolean => seq > 65_536 && outcome === 'answered';
    const { rows } = await sendTo({ every_ns: ns(40_000) }, (seen) =>
      until(() => seen.slice(65_536).filter(isBeyond).length > 1000),
    );
    expect(inOrder(rows)).toBe(true);
    expect(words(rows.filter(({ outcome }) => outcome !== 'unsent'))).toEqual(['answered']);
    const beyond = rows.filter(isBeyond);
    for (const { sent_ns, received_ns } of beyond)
      expect(received_ns as number).toBeGreaterThanOrEqual(sent_ns as number);
  });

  test('where nobody reads its rows it pauses: slots are unsent, and nothing is lost', async () => {
    const { rows } = await sendTo({ every_ns: ns(100_000) }, async (seen) => {
      await until(() => seen.length > 10);
      standStill(4500);
      const length = seen.length;
      await until(() => seen.length > length + 1000 && seen.at(-1)?.outcome === 'answered');
    });
    expect(inOrder(rows)).toBe(true);
    expect(words(rows)).toEqual(['answered', 'unsent']);
    const [first] = rows;
    for (const { seq, intended_ns } of rows)
      expect(intended_ns).toBe((first?.intended_ns ?? 0) + seq * 100_000);
  });

  test('is refused a size that no packet has, and an address that is none', () => {
    const engine = NativeEngine.open();
    const add = (address: string, size: number): unknown =>
      engine.add({ address, family: 4 }, { every_ns: 0, first_ns: 0, size }, null, {} as never);
    expect(() => add('127.0.0.1', 70_000)).toThrow('message too long');
    expect(() => add('localhost', 56)).toThrow('invalid argument');
    engine.close();
    expect(engine.read()).toBeGreaterThanOrEqual(0);
  });
});

describe.skipIf(!isRoot)('the native engine across a link (needs root)', () => {
  let pair: Pair | null = null;
  let alone: Namespace | null = null;
  let reflector: ChildProcess | null = null;
  let run: AgentRun | null = null;
  afterEach(() => {
    run?.client.kill();
    reflector?.kill();
    pair?.close();
    alone?.close();
    [pair, alone, run, reflector] = [null, null, null, null];
  });

  const linked = async (rights: readonly string[] = []): Promise<{ agent: AgentRun; between: Pair }> => {
    pair = await openPair();
    await pair.near.run('sysctl -qw net.ipv4.ping_group_range="0 2147483647"');
    run = await AgentRun.start(vantage([...pair.near.prefix, ...rights]));
    return { agent: run, between: pair };
  };

  const reject = (far: Namespace, rule: string): Promise<string> =>
    far.run(`
      sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
      nft add table inet t
      nft add chain inet t c '{ type filter hook input priority 0; }'
      nft add rule inet t c ${rule}`);

  test.each([['192.0.2.2'], ['2001:db8::2']])(
    'an ordinary user has a ping socket to %s: answers with their TTL, and the cause of ICMP errors',
    async (host) => {
      const { agent, between } = await linked(asNobody('--no-new-privs'));
      agent.begin([stream({ host, engine: 'native' })]);
      await agent.until(() => agent.count('ping', 'answered') >= 20);
      await reject(
        between.far,
        'icmp type echo-request reject with icmpx admin-prohibited; nft add rule inet t c icmpv6 type echo-request reject with icmpx admin-prohibited',
      );
      await agent.until(() => agent.count('ping', 'unreachable') >= 20);
      await between.far.run('nft delete table inet t');
      const before = agent.count('ping', 'answered');
      await agent.until(() => agent.count('ping', 'answered') >= before + 20);
      await agent.drain();
      const rows = agent.of('ping');
      expect(inOrder(rows)).toBe(true);
      expect(words(rows.filter(({ outcome }) => outcome !== 'unsent'))).toEqual(['answered', 'unreachable']);
      for (const { outcome, ttl, cause } of rows)
        if (outcome === 'answered') expect(ttl).toBe(64);
        else if (outcome === 'unreachable') expect(cause).toBe('admin-prohibited');
      expect(agent.said('resolved')).toMatchObject([
        { engine: 'native', stamps: { sent: 'kernel', received: 'kernel' } },
      ]);
      expect(agent.said('note')).toEqual([]);
    },
  );

  test.each(['icmp', 'stamp'] as const)(
    'an ordinary user sees by %s the neighbour that does not answer: unresolved',
    async (type) => {
      const { agent } = await linked(asNobody('--no-new-privs'));
      const silent = { host: '192.0.2.77', wait_ns: fromMs(10_000) };
      agent.begin([
        type === 'icmp'
          ? stream({ ...silent, engine: 'native' })
          : { ...stampTo(''), ...silent, name: 'ping' },
      ]);
      await agent.until(() => agent.count('ping', 'unresolved') >= 10);
      expect(agent.count('ping', 'lost') + agent.count('ping', 'local-blocked')).toBe(0);
    },
  );

  test('an interface that goes away is no loss, and the stream is there again with it', async () => {
    const { agent, between } = await linked();
    agent.begin([stream({ host: '192.0.2.2', engine: 'native', wait_ns: fromMs(500) })]);
    await agent.until(() => agent.count('ping', 'answered') >= 20);
    await between.near.run('ip link delete veth0');
    await agent.until(() => agent.count('ping', 'unreachable') >= 20);
    await between.near.run(`ip link add veth0 type veth peer name veth0 netns ${between.far.pid}
      ip address add 192.0.2.1/24 dev veth0; ip link set veth0 up`);
    await between.far.run('ip address add 192.0.2.2/24 dev veth0; ip link set veth0 up');
    const before = agent.count('ping', 'answered');
    await agent.until(() => agent.count('ping', 'answered') >= before + 20);
    await agent.drain();
    const rows = agent.of('ping');
    expect(inOrder(rows)).toBe(true);
    expect(rows.find(({ outcome }) => outcome === 'unreachable')).toMatchObject({
      cause: 'ENETUNREACH',
      accepted_ns: null,
    });
    expect(agent.failures).toEqual([]);
  });

  /** A STAMP reflector at the far end, on port 862 of both families. */
  const reflectorAt = async (far: Namespace): Promise<void> => {
    const [program = '', ...prefix] = far.prefix;
    const args = [...prefix, process.execPath, PROGRAM, 'reflect', '--bind', '::'];
    reflector = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(reflector.stdout as NodeJS.ReadableStream, 'data');
  };

  const stampTo = (host: string): StreamPlan => stream({ ...STAMP, name: 'udp', host, wait_ns: fromMs(500) });

  test.each([['192.0.2.2'], ['2001:db8::2']])(
    'STAMP to %s: each ICMP error at its own probe with its cause, and another source address costs nothing',
    async (host) => {
      const { agent, between } = await linked(asNobody('--no-new-privs'));
      await reflectorAt(between.far);
      agent.begin([stampTo(host)]);
      await agent.until(() => agent.count('udp', 'answered') >= 20);
      await reject(between.far, 'udp dport 862 reject with icmpx admin-prohibited');
      await agent.until(() => agent.count('udp', 'unreachable') >= 20);
      await between.far.run('nft delete table inet t');
      await between.near
        .run(`ip address add 192.0.2.9/24 dev veth0; ip address add 2001:db8::9/64 dev veth0 nodad
        ip address delete 192.0.2.1/24 dev veth0; ip address replace 192.0.2.9/24 dev veth0
        ip address delete 2001:db8::1/64 dev veth0`);
      const before = agent.count('udp', 'answered');
      await agent.until(() => agent.count('udp', 'answered') >= before + 20);
      await agent.drain();
      const rows = agent.of('udp').filter(({ outcome }) => outcome !== 'unsent');
      // Where the address was changed there may have been no route: nothing was sent.
      const refused = rows.filter(
        ({ outcome, accepted_ns }) => outcome === 'unreachable' && accepted_ns !== null,
      );
      expect(new Set(refused.map(({ cause }) => cause))).toEqual(new Set(['admin-prohibited']));
      // None was given to a neighbour: the newest that waits was not guessed.
      const meanwhile = agent
        .of('udp')
        .slice(refused[0]?.seq, (refused.at(-1)?.seq ?? 0) + 1)
        .filter(({ outcome }) => outcome !== 'unsent');
      expect(words(meanwhile)).toEqual(['unreachable']);
      for (const { outcome, ttl, reflected } of rows)
        if (outcome === 'answered') expect([ttl, reflected?.seq]).toEqual([64, expect.any(Number)]);
      expect(agent.said('resolved')).toMatchObject([
        { engine: 'native', stamps: { sent: 'kernel', received: 'kernel' } },
      ]);
    },
  );

  test('STAMP outlives an interface that goes away', async () => {
    const { agent, between } = await linked();
    await reflectorAt(between.far);
    agent.begin([stampTo('192.0.2.2')]);
    await agent.until(() => agent.count('udp', 'answered') >= 20);
    await between.near.run('ip link delete veth0');
    await agent.until(() => agent.count('udp', 'unreachable') >= 20);
    await between.near.run(`ip link add veth0 type veth peer name veth0 netns ${between.far.pid}
      ip address add 192.0.2.1/24 dev veth0; ip link set veth0 up`);
    await between.far.run('ip address add 192.0.2.2/24 dev veth0; ip link set veth0 up');
    const before = agent.count('udp', 'answered');
    await agent.until(() => agent.count('udp', 'answered') >= before + 20);
    await agent.drain();
    expect(agent.of('udp').find(({ outcome }) => outcome === 'unreachable')).toMatchObject({
      cause: 'ENETUNREACH',
      accepted_ns: null,
    });
    expect(agent.failures).toEqual([]);
  });

  test('a queue of this host that is full is no loss: local-blocked', async () => {
    const { agent, between } = await linked();
    await reflectorAt(between.far);
    agent.begin([stream({ host: '192.0.2.2', engine: 'native', size: 1000 }), stampTo('192.0.2.2')]);
    await agent.until(() => agent.count('ping', 'answered') >= 20 && agent.count('udp', 'answered') >= 20);
    await between.near.run('tc qdisc add dev veth0 root tbf rate 160kbit burst 1600 limit 3000');
    const blocked = (name: string): number => agent.count(name, 'local-blocked');
    await agent.until(() => blocked('ping') >= 20 && blocked('udp') >= 20);
    await between.near.run('tc qdisc delete dev veth0 root');
    const before = agent.count('udp', 'answered');
    await agent.until(() => agent.count('udp', 'answered') >= before + 20);
    await agent.drain();
    const held = agent.rows.filter(({ outcome }) => outcome === 'local-blocked');
    expect(new Set(held.map(({ cause }) => cause))).toEqual(new Set(['no-buffer-space-available']));
    for (const name of ['ping', 'udp'])
      // At most what the queue held when it was taken away.
      expect(agent.count(name, 'lost')).toBeLessThan(3000 / 64);
  });

  test('packets of many fragments, and two streams to one host', async () => {
    const { agent } = await linked();
    const common = { host: '192.0.2.2', engine: 'native' } as const;
    agent.begin([stream({ ...common, size: 9000 }), stream({ ...common, name: 'other', size: 12 })]);
    await agent.until(() => agent.count('ping', 'answered') >= 50 && agent.count('other', 'answered') >= 50);
    await agent.drain();
    for (const name of ['ping', 'other'])
      expect(words(agent.of(name).filter(({ outcome }) => outcome !== 'unsent'))).toEqual(['answered']);
    expect(agent.count('ping', 'duplicate') + agent.count('other', 'duplicate')).toBe(0);
  });

  test('a user who may open no socket is told so where a scenario insists', async () => {
    alone = await openNamespace();
    await alone.run('sysctl -qw net.ipv4.ping_group_range="1 0"');
    run = await AgentRun.start(vantage([...alone.prefix, ...asNobody('--no-new-privs')]));
    const agent = run;
    agent.begin([stream({ engine: 'native' })]);
    await agent.until(() => agent.failures.length > 0);
    expect(agent.failures[0]?.message).toBe(
      'vantage here: stream ping: the native engine cannot be used: operation not permitted',
    );
    expect(agent.failures[0]?.remedy).toContain('doctor');
  });
});

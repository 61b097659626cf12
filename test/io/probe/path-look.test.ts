import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { fromMs } from '../../../src/model/time.js';
import { AgentRun, stream, vantage } from './agent-run.js';
import { isRoot, openNamespace, type Namespace } from './namespace.js';

/* A client, two routers side by side, and a server behind both. */

const SERVER = '198.51.100.9';
const SERVER6 = '2001:db8:2::9';

let spaces: Namespace[] = [];
let run: AgentRun | null = null;

const onRouter = (own: number): string => `
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
ip address add 192.0.2.${own}/24 dev in; ip address add 2001:db8:1::${own}/64 dev in nodad
ip address add 198.51.100.${own}/24 dev out; ip address add 2001:db8:2::${own}/64 dev out nodad
ip link set in up; ip link set out up
`;

/** The client's end is a bridge, and so is the server's: one network on each side of the routers. */
const build = async (client: Namespace, one: Namespace, two: Namespace, server: Namespace): Promise<void> => {
  const bridge = (address: string, address6: string): string => `
ip link add bridge type bridge; ip link set bridge up
for port in one two; do ip link set $port master bridge; ip link set $port up; done
ip address add ${address}/24 dev bridge; ip address add ${address6}/64 dev bridge nodad
`;
  // A router whose own link-local address is still looked for a double asks for no neighbour.
  for (const space of [client, one, two, server])
    await space.run('sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0');
  await client.run(
    `ip link add one type veth peer name in netns ${one.pid}; ip link add two type veth peer name in netns ${two.pid}` +
      bridge('192.0.2.4', '2001:db8:1::4'),
  );
  await server.run(
    `ip link add one type veth peer name out netns ${one.pid}; ip link add two type veth peer name out netns ${two.pid}` +
      bridge(SERVER, SERVER6),
  );
  await one.run(onRouter(1));
  await two.run(onRouter(2));
  await server.run('ip route add default via 198.51.100.1; ip -6 route add default via 2001:db8:2::1');
  // Each router has found the server before anything is looked at: on a busy host that takes longer than a look waits.
  for (const router of [2, 1]) {
    await client.run(
      `ip route replace default via 192.0.2.${router}; ip -6 route replace default via 2001:db8:1::${router}`,
    );
    await client.run(`ping -qc 1 -w 10 ${SERVER}; ping -6 -qc 1 -w 10 ${SERVER6}`);
  }
};

describe.runIf(isRoot)('a look at the path (needs root)', () => {
  beforeAll(async () => {
    spaces = await Promise.all(Array.from({ length: 4 }, () => openNamespace()));
    await build(...(spaces as [Namespace, Namespace, Namespace, Namespace]));
  });
  afterAll(() => {
    for (const space of spaces) space.close();
  });
  afterEach(() => run?.client.kill());

  test.each([
    ['IPv4', SERVER, 4, '192.0.2', 'ip route replace default via 192.0.2'],
    ['IPv6', SERVER6, 6, '2001:db8:1:', 'ip -6 route replace default via 2001:db8:1:'],
  ] as const)(
    '%s: the next hop, every hop, and the one that changes',
    async (_, host, family, net, route) => {
      const [client] = spaces as [Namespace];
      const hop = (router: number): string => `${net}${family === 4 ? '.' : ':'}${router}`;
      run = await AgentRun.start(vantage(client.prefix));
      run.begin([
        stream({ host }),
        stream({ name: 'web', type: 'tcp', host, port: 80 }),
        stream({ name: 'control', host: family === 4 ? '192.0.2.2' : '2001:db8:1::2', control: true }),
      ]);
      await run.until(
        () => (run?.count('ping', 'answered') ?? 0) > 5 && (run?.count('web', 'refused') ?? 0) > 0,
      );
      const [before, ...others] = await run.client.look();
      expect(others).toEqual([]);
      expect(before).toEqual({
        address: host,
        family,
        streams: ['ping', 'web'],
        routed: true,
        gateway: hop(1),
        device: 'bridge',
        source: `${net}${family === 4 ? '.' : ':'}4`,
        hops: [
          { address: hop(1), rtt_ms: expect.any(Number) },
          { address: host, rtt_ms: expect.any(Number) },
        ],
        reached: true,
      });
      const sent = run.of('ping').length;
      await client.run(`${route}${family === 4 ? '.' : ':'}2`);
      const [after] = await run.client.look();
      await client.run(`${route}${family === 4 ? '.' : ':'}1`);
      expect(after?.hops?.map(({ address }) => address)).toEqual([hop(2), host]);
      // Its packets are nobody's probes: every row of the stream is of a slot, answered, with the hop limit of the way back.
      await run.until(() => (run?.of('ping').length ?? 0) > sent + 20);
      await run.drain();
      expect(run.rows.filter(({ outcome }) => outcome === 'duplicate' || outcome === 'stray')).toEqual([]);
      const outcomes = new Set(run.of('ping').map(({ outcome }) => outcome));
      expect([...outcomes]).toEqual(['answered']);
      const figures = run.said('end')[0]?.self.find((each) => each.stream === 'ping')?.figures;
      expect(figures).toMatchObject({ sent: run.of('ping').length });
    },
  );

  test('without an ICMP stream the hops are looked at all the same; a target that is silent has the hops before it', async () => {
    const [client, , , server] = spaces as [Namespace, Namespace, Namespace, Namespace];
    await server.run(`sysctl -qw net.ipv4.icmp_echo_ignore_all=1`);
    run = await AgentRun.start(vantage(client.prefix));
    run.begin([stream({ name: 'web', type: 'tcp', host: SERVER, port: 80, every_ns: fromMs(50) })]);
    await run.until(() => (run?.count('web', 'refused') ?? 0) > 0);
    const [seen] = await run.client.look();
    await server.run(`sysctl -qw net.ipv4.icmp_echo_ignore_all=0`);
    expect(seen).toMatchObject({ reached: false, hops: [{ address: '192.0.2.1' }] });
    await run.drain();
  });
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fromMs } from '../../../src/model/time.js';
import type { StreamPlan } from '../../../src/model/plan.js';
import { AgentRun, stream, vantage } from './agent-run.js';
import { isRoot, openPair, type Pair } from './namespace.js';

/** What the prober says of a path that breaks, in two namespaces joined by a veth pair. */
describe.skipIf(!isRoot)('a path that breaks (needs root)', () => {
  let pair: Pair;
  let agent: AgentRun;
  beforeEach(async () => {
    pair = await openPair();
    agent = await AgentRun.start(vantage(pair.near.prefix));
  });
  afterEach(() => {
    agent.client.kill();
    pair.close();
  });

  const far = (given: Partial<StreamPlan> = {}): StreamPlan =>
    stream({ host: '192.0.2.2', wait_ns: fromMs(300), ...given });

  const reject = async (rule: string): Promise<void> => {
    await pair.far.run(`
      nft add table inet t
      nft add chain inet t c '{ type filter hook input priority 0; }'
      nft add rule inet t c ${rule}`);
  };

  test.each(['native', 'net-ping'] as const)(
    'silently dropped, by %s: lost, then answered again; the live view sees both ends',
    async (engine) => {
      agent.begin([far({ engine })]);
      const live = () => agent.said('live').at(-1)?.streams[0];
      await agent.until(() => (live()?.good_run ?? 0) >= 10);
      await reject('icmp type echo-request drop');
      await agent.until(() => (live()?.down_since_ns ?? null) !== null);
      const down = live()?.down_since_ns as number;
      await pair.far.run('nft delete table inet t');
      await agent.until(() => (live()?.good_run ?? 0) >= 10);
      const clean = live()?.clean_from_ns as number;
      await agent.drain();
      const rows = agent.of('ping');
      const lost = rows.filter(({ outcome }) => outcome === 'lost');
      expect(lost.length).toBeGreaterThan(10);
      expect(lost[0]?.sent_ns).toBe(down);
      expect(lost.at(-1)?.sent_ns as number).toBeLessThan(clean);
      expect(rows.at(-1)?.outcome).toBe('answered');
    },
  );

  test('the far end loses its link: lost', async () => {
    // A static neighbour, as behind a router that stays: else the failed resolution is what is seen.
    const mac = await pair.far.run(`ip -br link show veth0 | awk '{ print $3 }'`);
    await pair.near.run(`ip neighbour replace 192.0.2.2 lladdr ${mac} dev veth0 nud permanent`);
    agent.begin([far()]);
    await agent.until(() => agent.count('ping', 'answered') >= 10);
    await pair.far.run('ip link set veth0 down');
    await agent.until(() => agent.count('ping', 'lost') >= 10);
    await pair.far.run('ip link set veth0 up');
    const before = agent.count('ping', 'answered');
    await agent.until(() => agent.count('ping', 'answered') >= before + 10);
    await agent.drain();
    const outcomes = new Set(agent.of('ping').map(({ outcome }) => outcome));
    outcomes.delete('unsent');
    expect(outcomes).toEqual(new Set(['answered', 'lost']));
  });

  test.each([
    ['native', '192.0.2.77'],
    ['native', '2001:db8::77'],
    ['net-ping', '192.0.2.77'],
    ['net-ping', '2001:db8::77'],
    ['ping', '192.0.2.77'],
    ['ping', '2001:db8::77'],
  ] as const)('no neighbour by %s at %s: unresolved, not lost', async (engine, host) => {
    agent.begin([far({ engine, host, wait_ns: fromMs(10_000), every_ns: fromMs(100) })]);
    await agent.until(() => agent.count('ping', 'unresolved') >= 3);
    expect(agent.count('ping', 'lost')).toBe(0);
  });

  test.each([
    ['native', '192.0.2.2', 'reject with icmpx admin-prohibited', 'admin-prohibited'],
    ['native', '2001:db8::2', 'reject with icmpx port-unreachable', 'port-unreachable'],
    ['net-ping', '192.0.2.2', 'reject with icmpx admin-prohibited', 'admin-prohibited'],
    ['net-ping', '192.0.2.2', 'reject with icmpx port-unreachable', 'port-unreachable'],
    ['net-ping', '2001:db8::2', 'reject with icmpx admin-prohibited', 'admin-prohibited'],
    ['ping', '192.0.2.2', 'reject with icmpx admin-prohibited', 'admin-prohibited'],
    ['ping', '2001:db8::2', 'reject with icmpx port-unreachable', 'port-unreachable'],
  ] as const)(
    'an ICMP error by %s to %s (%s): unreachable, with its cause',
    async (engine, host, verdict, cause) => {
      await reject(`icmp type echo-request ${verdict}`);
      await pair.far.run(`nft add rule inet t c icmpv6 type echo-request ${verdict}`);
      // Linux sends one such error a second at first (icmp_ratelimit, in ms).
      await pair.far.run('sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0');
      agent.begin([far({ engine, host, every_ns: fromMs(50) })]);
      await agent.until(() => agent.count('ping', 'unreachable') >= 5);
      await agent.drain();
      const row = agent.of('ping').find(({ outcome }) => outcome === 'unreachable');
      expect(row?.cause).toBe(cause);
      expect(row?.received_ns as number).toBeGreaterThanOrEqual(row?.sent_ns as number);
      expect(agent.count('ping', 'unresolved')).toBe(0);
    },
  );

  test.each(['native', 'net-ping'] as const)(
    'no route on this host, by %s: unreachable at once',
    async (engine) => {
      agent.begin([far({ engine, host: '198.51.100.1' })]);
      await agent.until(() => agent.count('ping', 'unreachable') >= 5);
      expect(agent.of('ping').find(({ outcome }) => outcome === 'unreachable')).toMatchObject({
        cause: 'ENETUNREACH',
      });
    },
  );

  test('TCP into a silent drop: lost, and no SYN is sent again for a probe that was given up', async () => {
    await reject('tcp dport 81 counter drop');
    agent.begin([far({ name: 'web', type: 'tcp', port: 81, every_ns: fromMs(20) })]);
    await agent.until(() => agent.count('web', 'lost') >= 100);
    await agent.drain(0);
    const counted = await pair.far.run('nft list table inet t');
    const sent = agent.said('end')[0]?.self[0]?.figures.sent as number;
    expect(Number(/counter packets (\d+)/.exec(counted)?.[1])).toBe(sent);
    expect(agent.count('web', 'stray')).toBe(0);
  });

  test('TCP refused by an ICMP error: unreachable', async () => {
    await reject('tcp dport 81 reject with icmpx host-unreachable');
    await pair.far.run('sysctl -qw net.ipv4.icmp_ratelimit=0');
    agent.begin([far({ name: 'web', type: 'tcp', port: 81 })]);
    await agent.until(() => agent.count('web', 'unreachable') >= 5);
    expect(agent.of('web').find(({ outcome }) => outcome === 'unreachable')).toMatchObject({
      cause: 'EHOSTUNREACH',
    });
  });
});

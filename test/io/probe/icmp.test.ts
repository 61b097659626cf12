import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { decodeProbe, type ProbeRow } from '../../../src/model/probe.js';
import { fromMs, ns } from '../../../src/model/time.js';
import { IcmpSocket } from '../../../src/probe/stream/icmp-socket.js';
import { Ledger } from '../../../src/probe/send/ledger.js';
import { AgentRun, stream, vantage } from './agent-run.js';
import { isRoot, openNamespace, type Namespace } from './namespace.js';

let run: AgentRun | null = null;
let namespace: Namespace | null = null;
afterEach(() => {
  run?.client.kill();
  namespace?.close();
  run = null;
  namespace = null;
});

const started = async (prefix: readonly string[] = []): Promise<AgentRun> => {
  run = await AgentRun.start(vantage(prefix));
  return run;
};

/** Those that open a socket of our own. */
const ENGINES = ['native', 'net-ping'] as const;

describe.skipIf(!isRoot)('ICMP on loopback (needs root)', () => {
  test.each([
    ['native', '127.0.0.1', 64],
    ['native', '::1', 64],
    ['net-ping', '127.0.0.1', 64],
    ['net-ping', '::1', null],
    ['ping', '127.0.0.1', 64],
    ['ping', '::1', 64],
  ] as const)('by %s to %s: answered, with every instant in order', async (engine, host, ttl) => {
    const agent = await started();
    agent.begin([stream({ host, engine })]);
    await agent.until(() => agent.count('ping', 'answered') >= 30);
    await agent.drain();
    const rows = agent.of('ping');
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index));
    const answered = rows.filter(({ outcome }) => outcome === 'answered');
    for (const row of answered) {
      expect(row.ttl).toBe(ttl);
      const { intended_ns, sent_ns, accepted_ns, received_ns } = row;
      expect(sent_ns).not.toBeNull();
      expect(sent_ns as number).toBeGreaterThanOrEqual(intended_ns);
      expect(accepted_ns as number).toBeGreaterThanOrEqual(sent_ns as number);
      expect(received_ns as number).toBeGreaterThanOrEqual(sent_ns as number);
    }
    expect(rows.filter(({ outcome }) => outcome !== 'answered' && outcome !== 'unsent')).toEqual([]);
    expect(agent.said('resolved')).toMatchObject([
      { say: 'resolved', stream: 'ping', address: host, family: host === '::1' ? 6 : 4, engine },
    ]);
    expect(agent.failures).toEqual([]);
  });

  test.each(ENGINES)(
    'a thousand a second by %s on one socket beside two other streams: each sees its own replies only',
    async (engine) => {
      const agent = await started();
      agent.begin([
        stream({ engine, name: 'fast', every_ns: fromMs(1) }),
        stream({ engine, name: 'slow', every_ns: fromMs(50) }),
        stream({ engine, name: 'big', size: 1400 }),
      ]);
      await agent.until(() => agent.count('slow', 'answered') >= 20);
      await agent.drain();
      for (const name of ['fast', 'slow', 'big']) {
        const rows = agent.of(name);
        expect(new Set(rows.map(({ outcome }) => outcome).filter((word) => word !== 'unsent'))).toEqual(
          new Set(['answered']),
        );
        // On the open-loop schedule, whatever happened to a probe.
        const [first] = rows;
        const every = { fast: 1e6, slow: 50e6, big: 10e6 }[name] as number;
        for (const { seq, intended_ns } of rows)
          expect(intended_ns - (first?.intended_ns ?? 0)).toBe(seq * every);
      }
      expect(agent.count('fast', 'duplicate') + agent.count('fast', 'stray')).toBe(0);
      const self = agent.said('end')[0]?.self ?? [];
      expect(self.map(({ stream: name }) => name)).toEqual(['fast', 'slow', 'big']);
      for (const { stream: name, figures } of self) {
        expect(figures.sent).toBe(agent.of(name).filter(({ outcome }) => outcome !== 'unsent').length);
        expect(figures.unsent).toBe(agent.count(name, 'unsent'));
      }
    },
  );

  test('a probe leaves when it is sent, however many replies wait to be read; one turn reads them all', async () => {
    const rows: ProbeRow[] = [];
    const ledger = new Ledger('ping', fromMs(1000), ns(0), (line) => rows.push(decodeProbe(line)));
    const socket = await IcmpSocket.open(4);
    const id = socket.listen(ledger);
    for (let i = 0; i < 20; i++) {
      socket.send(id, ledger, systemClock.monotonic(), '127.0.0.1', 56);
    }
    // The replies are there by now (loopback): a turn for whatever is being closed elsewhere, and one for them.
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    socket.close();
    ledger.close();
    expect(rows.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 20 }, () => 'answered'));
    const firstRead = Math.min(...rows.map(({ received_ns }) => received_ns as number));
    for (const { accepted_ns } of rows) expect(accepted_ns as number).toBeLessThan(firstRead);
  });

  test.each(ENGINES)('a second copy of a reply to %s is a row of its own', async (engine) => {
    namespace = await openNamespace();
    await namespace.run(`
      nft add table netdev t
      nft add chain netdev t c '{ type filter hook ingress device lo priority 0; }'
      nft add rule netdev t c icmp type echo-reply meta mark != 7 meta mark set 7 dup to lo`);
    const agent = await started(namespace.prefix);
    agent.begin([stream({ engine })]);
    await agent.until(() => agent.count('ping', 'duplicate') >= 5);
    await agent.drain();
    const answered = agent.of('ping').filter(({ outcome }) => outcome === 'answered');
    expect(answered.length).toBeGreaterThanOrEqual(5);
    expect(agent.count('ping', 'lost')).toBe(0);
  });

  test.each(ENGINES)(
    'a firewall on this host that drops what %s sends: local-blocked, not lost',
    async (engine) => {
      namespace = await openNamespace();
      await namespace.run(`
      nft add table ip t
      nft add chain ip t c '{ type filter hook output priority 0; }'
      nft add rule ip t c icmp type echo-request drop`);
      const agent = await started(namespace.prefix);
      agent.begin([stream({ engine })]);
      await agent.until(() => agent.of('ping').length >= 10);
      await agent.drain();
      const outcomes = new Set(agent.of('ping').map(({ outcome }) => outcome));
      outcomes.delete('unsent');
      expect(outcomes).toEqual(new Set(['local-blocked']));
      expect(agent.of('ping').find(({ outcome }) => outcome === 'local-blocked')).toMatchObject({
        accepted_ns: null,
        cause: 'operation-not-permitted',
      });
    },
  );
});

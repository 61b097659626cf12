import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { ns } from '../../../src/model/time.js';
import { personActor, type Person } from '../../../src/trigger/act/person.js';
import { AgentRun, session, stream, vantage } from '../probe/agent-run.js';
import { isRoot } from '../probe/namespace.js';
import { makeFilePair, privileged, startRun } from '../run/file-pair.js';

/*
 * What docs/limitations.md says of processes and packets, where no other test shows it. The names are those that
 * test/unit/docs/limitations.test.ts looks for.
 */

const needsRoot = isRoot ? '' : ' (SKIPPED: needs root)';

test.skipIf(!isRoot)(
  `replies have a TTL, but for those of TCP, and of IPv6 to net-ping${needsRoot}`,
  async () => {
    const server = createServer((socket) => socket.on('error', () => socket.destroy()).resume());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const run = await AgentRun.start(vantage());
    try {
      run.begin([
        stream({ name: 'v4' }),
        stream({ name: 'v6', host: '::1', engine: 'native' }),
        stream({ name: 'v6-net-ping', host: '::1', engine: 'net-ping' }),
        stream({ name: 'web', type: 'tcp', port: (server.address() as AddressInfo).port }),
      ]);
      const names = ['v4', 'v6', 'v6-net-ping', 'web'];
      await run.until(
        () => run.failures.length > 0 || names.every((name) => run.count(name, 'answered') >= 3),
      );
      const ttls = (name: string) =>
        new Set(
          run
            .of(name)
            .filter(({ outcome }) => outcome === 'answered')
            .map(({ ttl }) => ttl),
        );
      expect(ttls('v4')).toEqual(new Set([64]));
      expect(ttls('v6')).toEqual(new Set([64]));
      expect(ttls('v6-net-ping')).toEqual(new Set([null]));
      expect(ttls('web')).toEqual(new Set([null]));
    } finally {
      run.client.kill();
      server.close();
    }
  },
);

test('HTTP is spoken in the clear, whatever the port', async () => {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy()).on('data', (chunk) => heard.push(chunk.toString('latin1')));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const run = await AgentRun.start(vantage());
  try {
    const http = { path: '/', resolve: 'once', resolver: null } as const;
    const lasting = session({ type: 'http', port, path: '/session' });
    run.begin([stream({ type: 'http', port, http })], [lasting]);
    // A handshake of TLS would begin with octet 22.
    const asked = () => new Set(heard.map((text) => text.split('\r\n')[0]));
    const requests = new Set(['GET / HTTP/1.1', 'GET /session HTTP/1.1']);
    await expect.poll(asked, { timeout: 60_000 }).toEqual(requests);
  } finally {
    run.client.kill();
    server.close();
  }
});

test('a lab is refused to whoever is not root', async () => {
  // Without a mapping nobody is root in a new user namespace.
  const alone = isRoot ? ['unshare', '--user'] : ['env'];
  const program = join(import.meta.dirname, '../../../dist/cli.js');
  const [first, ...more] = [...alone, process.execPath, program, 'lab', 'up'];
  const { stderr, exitCode } = await execa(first, more, { reject: false });
  expect(stderr).toContain('the lab needs root');
  expect(exitCode).not.toBe(0);
});

test('a manual trigger was between the question and Enter', async () => {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const stamps = new Map<string, number>();
  let pulled = 0;
  // The plug is pulled once it was asked for, and Enter pressed then.
  const ask: Person['ask'] = () => {
    pulled = systemClock.monotonic();
    setImmediate(() => input.write('\n'));
    return { change: () => undefined, close: () => undefined };
  };
  const actor = personActor({ input, ask }, { prompt: null, giveUp_ns: ns(60e9) }, systemClock);
  await actor.act(actor.plan(null, 'manual'), { onStamp: (kind, at) => void stamps.set(kind, at) });
  const [issued = Infinity, accepted = -Infinity] = [stamps.get('issued'), stamps.get('accepted')];
  expect(issued).toBeLessThanOrEqual(pulled);
  expect(accepted).toBeGreaterThanOrEqual(pulled);
});

test.skipIf(!privileged)(
  `a pair that takes its role back by itself has no failback to be measured${needsRoot}`,
  async () => {
    const pair = await makeFilePair({ trial: ', failback: measure' });
    try {
      const back =
        'cd "$(dirname "$0")"; echo active >fw-a.role; echo standby >fw-b.role; echo ready >"$1.ready"\n';
      await pair.write('undo.sh', back);
      const { stdout } = await startRun(pair, ['--json']).finished;
      const { trials } = JSON.parse(stdout) as { trials: { phase: string; status: string }[] };
      expect(trials.map(({ phase, status }) => [phase, status])).toEqual([['failover', 'ok']]);
      const events = await pair.read('results/file-pair/latest/trial-01/events.jsonl');
      expect(events).toContain('failback not measured: fw-a is active again by itself');
    } finally {
      await pair.remove();
    }
  },
);

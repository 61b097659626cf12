import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { HttpLogin } from '../../../src/model/login.js';
import type { ReadPlan } from '../../../src/model/observe-plan.js';
import { fromMs } from '../../../src/model/time.js';
import { commandAsker } from '../../../src/observe/command.js';
import { dnsAsker } from '../../../src/observe/dns.js';
import { httpAsker } from '../../../src/observe/http.js';
import { neighbourAsker } from '../../../src/observe/neighbour.js';
import type { Asker, Seen } from '../../../src/observe/source.js';
import { isRoot, openPair } from '../probe/namespace.js';
import { NameServer } from '../probe/name-server.js';

const PLAN = { name: 'state', timeout_ns: fromMs(20_000) };
const never = (): AbortSignal => new AbortController().signal;
const values = async (asker: Asker): Promise<Record<string, string>> =>
  Object.fromEntries((await asker.ask(never())).map(({ subject, value }: Seen) => [subject, value]));

/** An answer that never ends must not keep the observing alive: resolves when `ask` has settled. */
const cutOff = async (asker: Asker, begun: Promise<unknown> | null = null): Promise<unknown> => {
  const over = new AbortController();
  const asked = asker.ask(over.signal).catch((error: unknown) => error);
  await begun;
  over.abort();
  return asked;
};

describe('http', () => {
  const servers: Server[] = [];
  afterAll(() => servers.forEach((server) => server.closeAllConnections()));
  const serving = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    server.unref();
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const login = (url: string, more: Partial<HttpLogin> = {}): HttpLogin => ({
    url: new URL(url).origin,
    user: null,
    password: null,
    apiKey: null,
    ca: null,
    insecure: false,
    timeout_ns: PLAN.timeout_ns,
    ...more,
  });
  const asking = (
    url: string,
    read: ReadPlan,
    { shape = null, ...more }: Partial<HttpLogin> & { readonly shape?: string | null } = {},
  ): Asker => httpAsker(PLAN, { url, http: login(url, more), read, shape }, systemClock);
  const json = (expression: string): ReadPlan => ({ by: 'json', expression });

  test('reads a value from a JSON answer, from the URL as it is written', async () => {
    const asked: unknown[] = [];
    const url = await serving(({ url: path, headers }, response) => {
      asked.push(path, headers.authorization);
      response.end('{"vip":{"owner":"fw-a"}}');
    });
    expect(await values(asking(`${url}/state?of=vip`, json('vip.owner')))).toEqual({ state: 'fw-a' });
    expect(asked).toEqual(['/state?of=vip', undefined]);
  });

  test('a mapping gives a value for each key; what is not there is none where the answer has the shape', async () => {
    const url = await serving((_, response) => response.end('{"a":{"owner":"fw-a"},"b":{"owner":null}}'));
    const read = json('{in: a.owner, out: b.owner}');
    const found = { in: 'fw-a', out: 'none' };
    expect(await values(asking(url, read, { shape: 'a && b' }))).toEqual(found);
    expect(await values(asking(url, read, { shape: '{in: a, out: b}' }))).toEqual(found);
    for (const shape of [null, 'c', '{in: a, out: c}', '!a'])
      await expect(asking(url, read, { shape }).ask(never())).rejects.toThrow(
        'nothing was found for out, and the answer was not understood',
      );
  });

  test('nothing in a list is none only where the list is known for one of the right kind', async () => {
    const url = await serving((_, response) => response.end('{"value":[]}'));
    const read = json('value[?vip].owner');
    expect(await values(asking(url, read, { shape: 'value' }))).toEqual({ state: 'none' });
    await expect(asking(url, read).ask(never())).rejects.toThrow('was not understood: "{\\"value\\":[]}"');
    await expect(asking(url, read, { shape: 'values' }).ask(never())).rejects.toThrow('was not understood');
    expect(await values(asking(url, json("value[0] || 'none'")))).toEqual({ state: 'none' });
  });

  test('reads XML', async () => {
    const url = await serving((_, response) => response.end('<r><state>active</state></r>'));
    expect(await values(asking(url, { by: 'xml', expression: 'r.state' }))).toEqual({ state: 'active' });
  });

  test('logs in by a bearer token, or by user and password', async () => {
    const url = await serving(({ headers }, response) => response.end(headers.authorization));
    const all: ReadPlan = { by: 'text', pattern: '^(.+)$' };
    expect(await values(asking(url, all, { apiKey: 'token-of-the-test' }))).toEqual({
      state: 'Bearer token-of-the-test',
    });
    const basic = `Basic ${Buffer.from('me:pass-of-the-test').toString('base64')}`;
    expect(await values(asking(url, all, { user: 'me', password: 'pass-of-the-test' }))).toEqual({
      state: basic,
    });
  });

  test('says what is wrong with an answer', async () => {
    const garbage = await serving((_, response) => response.end('\u0000\u0001 garbage'));
    await expect(asking(garbage, json('a')).ask(never())).rejects.toThrow(/no JSON/);
    const broken = await serving((_, response) => response.writeHead(503).end());
    await expect(asking(broken, json('a')).ask(never())).rejects.toThrow(/HTTP 503/);
    const cut = await serving((_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{"a":', () => response.destroy());
    });
    await expect(asking(cut, json('a')).ask(never())).rejects.toThrow(/connection cut/);
  });

  test('a server that nobody listens at is refused', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    await expect(asking(`http://127.0.0.1:${port}`, json('a')).ask(never())).rejects.toThrow(/refused/);
  });

  test('takes a long answer whole, and none of one that has no end', async () => {
    const read = { by: 'text', pattern: '^(x+)$' } as const;
    const long = await serving((_, response) => response.end('x'.repeat(3 << 20)));
    expect((await values(asking(long, read)))['state']).toHaveLength(3 << 20);
    const endless = await serving((_, response) => {
      const more = (): boolean => response.write('x'.repeat(1 << 16)) && more();
      response.on('drain', more).on('error', () => undefined);
      more();
    });
    await expect(asking(endless, read).ask(never())).rejects.toThrow('the answer is longer than 20 MiB');
  });

  test('an answer that its pattern cannot be done with is given up', async () => {
    const url = await serving((_, response) => response.end(`${'a'.repeat(40)}!`));
    await expect(asking(url, { by: 'text', pattern: '^(a+)+$' }).ask(never())).rejects.toThrow(
      'takes too long',
    );
  });

  test('an answer with values without end is none', async () => {
    const names = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`n${index}`, index]));
    const url = await serving((_, response) => response.end(JSON.stringify(names)));
    await expect(asking(url, json('@')).ask(never())).rejects.toThrow('has 1001 values, more than 1000');
  });

  test('ends with the observing, though the server hangs', async () => {
    let came: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (came = resolve));
    const url = await serving(() => came());
    expect(await cutOff(asking(url, json('a')), begun)).toBeInstanceOf(Error);
  });
});

describe('command', () => {
  const asking = (script: string, pattern: string, shape: string | null = null): Asker =>
    commandAsker(
      PLAN,
      { command: ['/bin/sh', '-c', script], read: { by: 'text', pattern }, shape },
      { kind: 'local', prefix: [] },
      systemClock,
    );

  test('reads what the pattern finds: its group, or all of it', async () => {
    expect(await values(asking('echo owner is fw-b', 'owner is (\\S+)'))).toEqual({ state: 'fw-b' });
    expect(await values(asking('echo 10.4.1.2 b; echo 10.4.1.1 a', '^\\S+'))).toEqual({
      state: '10.4.1.1, 10.4.1.2',
    });
  });

  test('nothing found is none only where the answer has the shape', async () => {
    const nobody = asking('echo owner is', 'owner is (\\S+)', '^owner is');
    expect(await values(nobody)).toEqual({ state: 'none' });
    for (const shape of [null, '^owner is'])
      await expect(asking('echo usage', 'owner is (\\S+)', shape).ask(never())).rejects.toThrow(
        'nothing was found, and the answer was not understood: "usage"',
      );
  });

  test('each named group is a value of its own, also where nothing is found', async () => {
    const pattern = 'in=(?<in>\\S+) out=(?<out>\\S*)';
    expect(await values(asking('echo in=a out=', pattern, 'out='))).toEqual({ in: 'a', out: 'none' });
    expect(await values(asking('echo in= out=', pattern, '^in='))).toEqual({ in: 'none', out: 'none' });
    const each = '(?<in>in=)|(?<out>out=)';
    expect(await values(asking('echo in= out=', pattern, each))).toEqual({ in: 'none', out: 'none' });
    for (const shape of [null, '^in=', each])
      await expect(asking('true', pattern, shape).ask(never())).rejects.toThrow('nothing was found for in');
    await expect(asking('echo in=', pattern, each).ask(never())).rejects.toThrow('nothing was found for out');
  });

  test('fails with its status and what it said', async () => {
    await expect(asking('echo no such route >&2; exit 3', 'x').ask(never())).rejects.toThrow(
      'exit 3: no such route',
    );
  });

  test('runs at a vantage; ssh gives its words to a shell, which is not to read them', async () => {
    const command = ['echo', '$PLACE', 'a  b'];
    const at = (kind: 'exec' | 'ssh', prefix: string[]): Asker =>
      commandAsker(
        PLAN,
        { command, read: { by: 'text', pattern: '.+' }, shape: null },
        { kind, prefix },
        systemClock,
      );
    const said = { state: '$PLACE a  b' };
    expect(await values(at('exec', ['env', 'PLACE=here']))).toEqual(said);
    expect(await values(at('ssh', ['sh', '-c', 'PLACE=there; eval "$*"', 'ssh']))).toEqual(said);
  });

  test('is killed, with all that it started, when the observing ends', async () => {
    const asker = asking('sleep 1000 & wait', 'x');
    expect(await cutOff(asker, sleep(50))).toMatchObject({ message: 'timed out' });
  });
});

describe('dns', () => {
  const named = async (record: NameServer['record']): Promise<{ server: NameServer; asker: Asker }> => {
    const server = await NameServer.start(record);
    onTestFinished(() => server.close());
    const source = {
      kind: 'dns',
      name: 'fw.example',
      type: 'A',
      resolver: `127.0.0.1:${server.port}`,
    } as const;
    return { server, asker: dnsAsker(PLAN, source) };
  };

  test('shows the addresses in order, and their TTL', async () => {
    const { asker } = await named({ addresses: ['192.0.2.2', '192.0.2.1'], ttl_s: 30 });
    expect(await asker.ask(never())).toEqual([
      { subject: 'fw.example', value: '192.0.2.1, 192.0.2.2', detail: 'TTL 30 s' },
    ]);
  });

  test('asks anew each time, whatever the TTL', async () => {
    const { server, asker } = await named({ addresses: ['192.0.2.1'], ttl_s: 3600 });
    await asker.ask(never());
    server.record = { addresses: ['192.0.2.2'], ttl_s: 3600 };
    expect(await values(asker)).toEqual({ 'fw.example': '192.0.2.2' });
    expect(server.asked).toBe(2);
  });

  test('a name that is not there is a value, and so is one without addresses', async () => {
    const { server, asker } = await named({ addresses: [], ttl_s: 0, rcode: 3 });
    expect(await values(asker)).toEqual({ 'fw.example': 'NXDOMAIN' });
    server.record = { addresses: [], ttl_s: 0 };
    expect(await values(asker)).toEqual({ 'fw.example': 'none' });
  });

  test('a resolver that cannot tell has failed', async () => {
    const { asker } = await named({ addresses: [], ttl_s: 0, rcode: 2 });
    await expect(asker.ask(never())).rejects.toThrow(/A of fw\.example from 127\.0\.0\.1:\d+: SERVFAIL/);
  });

  test('ends with the observing, though the resolver is silent', async () => {
    const { asker } = await named({ addresses: [], ttl_s: 0, silent: true });
    expect(await cutOff(asker)).toMatchObject({ message: expect.stringContaining('given up') as string });
  });
});

test.runIf(isRoot)('neighbour: the link-layer address, one that cannot be resolved, and none', async () => {
  const pair = await openPair();
  onTestFinished(() => pair.close());
  const { near, far } = pair;
  const asking = (address: string): Asker =>
    neighbourAsker(PLAN, address, { prefix: near.prefix }, systemClock);
  const [link] = JSON.parse(await far.run('ip -j link show veth0')) as [{ address: string }];
  expect(await values(asking('192.0.2.2'))).toEqual({ '192.0.2.2': link.address });
  expect(await values(asking('2001:db8::2'))).toEqual({ '2001:db8::2': link.address });
  await near.run('ip neigh replace 192.0.2.3 nud failed dev veth0');
  expect(await values(asking('192.0.2.3'))).toEqual({ '192.0.2.3': 'failed' });
  expect(await values(asking('192.0.2.9'))).toEqual({ '192.0.2.9': 'none' });
  await expect(
    neighbourAsker(PLAN, '192.0.2.2', { prefix: ['false'] }, systemClock).ask(never()),
  ).rejects.toThrow('exit 1');
});

import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createWebServer } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { SessionOf, SessionPlan, StreamOf, TlsPlan } from '../../../src/model/plan.js';
import { fromMs } from '../../../src/model/time.js';
import { AgentRun, session, stream, vantage } from './agent-run.js';

let dir: string;
const file = (name: string): string => join(dir, name);

/** A certificate by the test's own authority, or by itself; with `days` below 0 it has expired. */
const issue = async (
  name: string,
  days: number,
  by: string | null = 'ca',
  host = 'web.lab.test',
): Promise<void> => {
  const openssl = (...args: string[]) => execa('openssl', args, { cwd: dir });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`];
  await openssl('req', ...key, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
  await writeFile(file(`${name}.ext`), `subjectAltName=DNS:${host}\n`);
  const signer = by === null ? ['-signkey', `${name}.key`] : ['-CA', `${by}.crt`, '-CAkey', `${by}.key`];
  const what = [
    '-in',
    `${name}.csr`,
    '-extfile',
    `${name}.ext`,
    '-days',
    String(days),
    '-set_serial',
    `${Math.ceil(Math.random() * 1e9)}`,
  ];
  await openssl('x509', '-req', ...what, ...signer, '-out', `${name}.crt`);
};

const pem = (name: string): Promise<TlsOptions> =>
  Promise.all([readFile(file(`${name}.crt`)), readFile(file(`${name}.key`))]).then(([cert, key]) => ({
    cert,
    key,
  }));

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'seqgap-tls-'));
  await execa(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'ca.key',
      '-out',
      'ca.crt',
      '-subj',
      '/CN=ca',
      '-days',
      '2',
    ],
    { cwd: dir },
  );
  await Promise.all([
    issue('first', 2),
    issue('second', 2),
    issue('other', 2, 'ca', 'other.test'),
    issue('own', 2, null),
    issue('client', 2),
    issue('over', -1),
  ]);
}, 60_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

let run: AgentRun;
beforeEach(async () => {
  run = await AgentRun.start(vantage());
});
const closing: (() => void)[] = [];
afterEach(() => {
  run.client.kill();
  for (const close of closing.splice(0)) close();
});

const listen = async (server: TcpServer): Promise<number> => {
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
};

/** What a server is asked for, connection by connection. */
interface Asked {
  readonly names: (string | false | null)[];
  readonly protocols: (string | false | null)[];
}

const web = async (options: TlsOptions): Promise<{ server: Server; port: number; asked: Asked }> => {
  const asked: Asked = { names: [], protocols: [] };
  const server = createServer({ ALPNProtocols: ['h2', 'http/1.1'], ...options }, (_request, response) =>
    response.end('hello'),
  );
  server.on('secureConnection', (socket) => {
    asked.names.push(socket.servername ?? null);
    asked.protocols.push(socket.alpnProtocol);
  });
  return { server, port: await listen(server), asked };
};

const tls = (given: Partial<TlsPlan> = {}): TlsPlan => ({
  serverName: 'web.lab.test',
  ca: file('ca.crt'),
  client: null,
  resume: false,
  ...given,
});

const probes = (port: number, given: Partial<TlsPlan> = {}): StreamOf<'http'> =>
  stream({
    name: 'web',
    type: 'http',
    port,
    every_ns: fromMs(50),
    wait_ns: fromMs(10_000),
    http: { path: '/', resolve: 'once', resolver: null },
    tls: tls(given),
  }) as StreamOf<'http'>;

const begin = (plan: StreamOf<'http'>): void => run.client.begin(systemClock.monotonic(), [plan], []);
const answered = (): number => run.rows.filter(({ outcome }) => outcome === 'answered').length;
const causes = (): string[] => [...new Set(run.rows.map(({ outcome, cause }) => `${outcome} ${cause}`))];
const shown = (what: string): string[] =>
  run
    .said('changed')
    .filter(({ subject }) => subject === `127.0.0.1 ${what}`)
    .map(({ value }) => value);

describe('probes over TLS', () => {
  test('ask for the name, speak HTTP/1.1, and are answered by who has its certificate', async () => {
    const { port, asked } = await web(await pem('first'));
    begin(probes(port));
    await run.until(() => answered() >= 3);
    expect(causes()).toEqual(['answered null']);
    expect(new Set(asked.names)).toEqual(new Set(['web.lab.test']));
    expect(new Set(asked.protocols)).toEqual(new Set(['http/1.1']));
    expect(shown('certificate')).toEqual([expect.stringMatching(/^CN=first, SHA256 ([0-9A-F]{2}:){31}/)]);
  });

  test('a certificate that changes is news', async () => {
    const { server, port } = await web(await pem('first'));
    begin(probes(port));
    await run.until(() => answered() >= 2);
    server.setSecureContext(await pem('second'));
    await run.until(() => shown('certificate').length === 2);
    expect(shown('certificate').map((value) => value.split(',')[0])).toEqual(['CN=first', 'CN=second']);
  });

  test('a session is resumed where that is wanted, and a server that forgot it is news', async () => {
    const { server, port } = await web(await pem('first'));
    begin(probes(port, { resume: true }));
    await run.until(() => shown('handshake').length >= 2);
    server.setTicketKeys(Buffer.alloc(48, 7));
    await run.until(() => shown('handshake').length >= 4);
    expect(shown('handshake').slice(0, 4)).toEqual(['full', 'resumed', 'full', 'resumed']);
    expect(shown('certificate')).toHaveLength(1);
  });

  test.each([
    ['signed by itself', 'own', {}, 'cert-self-signed'],
    ['that is over', 'over', {}, 'cert-expired'],
    ['for another name', 'other', {}, 'cert-other-name'],
    ['of an unknown authority', 'first', { ca: null }, 'cert-untrusted'],
  ])('a certificate %s is the cause of a loss', async (_what, name, given, cause) => {
    const { port } = await web(await pem(name));
    begin(probes(port, given));
    await run.until(() => run.rows.length >= 3);
    expect(causes()).toEqual([`unreachable ${cause}`]);
  });

  test('so is a server of plain text', async () => {
    const port = await listen(createWebServer((_request, response) => response.end('hello')));
    begin(probes(port));
    await run.until(() => run.rows.length >= 3);
    expect(causes()).toEqual(['unreachable no-tls']);
  });

  test('a client certificate is shown; without it the server’s alert is the cause', async () => {
    const mutual = { ...(await pem('first')), requestCert: true, ca: await readFile(file('ca.crt')) };
    const { port } = await web(mutual);
    begin(probes(port, { client: { cert: file('client.crt'), key: file('client.key') } }));
    await run.until(() => answered() >= 2);
    const bare = await AgentRun.start(vantage());
    closing.push(() => bare.client.kill());
    bare.client.begin(systemClock.monotonic(), [probes(port)], []);
    await bare.until(() => bare.rows.length >= 2);
    expect(bare.rows.map(({ outcome, cause }) => `${outcome} ${cause}`)).toContain(
      'unreachable tls-certificate-required',
    );
  });

  test('files that do not fit end it in words', async () => {
    begin(probes(1, { client: { cert: file('client.crt'), key: file('first.key') } }));
    await run.until(() => run.failures.length === 1);
    expect(run.failures[0]?.message).toContain('stream web: its TLS files do not fit: ');
  });
});

describe('sessions over TLS', () => {
  const kept = (port: number): SessionPlan => {
    const plan: Partial<SessionOf<'http'>> & { readonly port: number } = { type: 'http', port, tls: tls() };
    return session({ ...plan, name: 'web' });
  };
  const news = (kind: 'open' | 'error') => run.said('session').filter((each) => each.kind === kind);

  test('keep one connection', async () => {
    const { port, asked } = await web(await pem('first'));
    run.client.begin(systemClock.monotonic(), [], [kept(port)]);
    await run.until(() => run.heartbeats.filter(({ echoed_ns }) => echoed_ns !== null).length >= 3);
    expect(news('error')).toEqual([]);
    expect(asked.names).toEqual(['web.lab.test']);
  });

  test.each([
    [
      'a server that nobody vouches for',
      'own',
      'the certificate of the server is self-signed, by nobody of `ca`',
    ],
    ['one of plain text', null, 'what answers does not speak TLS'],
  ])('%s is refused in words', async (_what, name, words) => {
    const port =
      name === null
        ? await listen(createWebServer((_request, response) => response.end('hello')))
        : (await web(await pem(name))).port;
    run.client.begin(systemClock.monotonic(), [], [kept(port)]);
    await run.until(() => news('error').length === 1);
    expect(news('error')).toMatchObject([{ ending: 'refused-open', detail: words }]);
  });
});

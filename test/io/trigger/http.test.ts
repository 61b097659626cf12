import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { HttpLogin } from '../../../src/model/login.js';
import { forgetSecrets, redact } from '../../../src/model/secret.js';
import { ns } from '../../../src/model/time.js';
import { HttpTransport } from '../../../src/trigger/transport/http.js';
import type { HttpOptions } from '../../../src/trigger/driver/schema-command.js';
import type { ExecResult, HttpRequest } from '../../../src/trigger/transport/transport.js';
import { makeCertificates, startApi, type Answerer, type Api, type Certificates } from './api.js';
import { freePort } from './sshd.js';

const LONG = ns(60e9);

let certificates: Certificates;
beforeAll(async () => {
  certificates = await makeCertificates();
});
afterAll(() => certificates.remove());

let api: Api | null = null;
afterEach(async () => {
  await api?.stop();
  api = null;
  forgetSecrets();
});

const PLAIN: HttpOptions = { auth: 'none', headers: {}, query: {} };

const open = async (
  answer: Answerer,
  options: Partial<HttpOptions> = {},
  login: Partial<HttpLogin> = {},
): Promise<HttpTransport> => {
  api ??= await startApi(certificates, answer);
  const plan = { ...api.login, ...login };
  const values = { user: plan.user ?? '', password: plan.password ?? '', key: plan.apiKey ?? '' };
  return new HttpTransport(plan, { ...PLAIN, ...options }, values, systemClock);
};

const ask = (
  transport: HttpTransport,
  request: Partial<HttpRequest> = {},
  timeout_ns = LONG,
  stamps: string[] = [],
): Promise<ExecResult> =>
  transport.exec(
    {
      method: 'GET',
      path: '/api/',
      query: {},
      headers: {},
      json: null,
      form: null,
      body: null,
      ok: [],
      ...request,
    },
    { timeout_ns, onStamp: (kind) => stamps.push(kind) },
  );

const say =
  (text: string, status = 200): Answerer =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(text);
  };

describe('a request', () => {
  test('has its path, query, headers and body, and the answer is the body', async () => {
    const transport = await open(say('<response status="success"/>'), {
      headers: { 'X-PAN-KEY': '{{key}}' },
      query: { target: 'all of it' },
    });
    const stamps: string[] = [];
    const result = await ask(transport, { query: { type: 'op', cmd: '<show><a/></show>' } }, LONG, stamps);
    expect(result).toMatchObject({
      stdout: '<response status="success"/>',
      ended: 'exited',
      code: 0,
      sent: true,
    });
    expect(stamps).toEqual(['issued', 'accepted', 'closed']);
    expect(api?.asked[0]).toMatchObject({
      line: 'GET /api/?target=all+of+it&type=op&cmd=%3Cshow%3E%3Ca%2F%3E%3C%2Fshow%3E',
      headers: { 'x-pan-key': 'LUFRPT1=/+key' },
    });
    await ask(transport, { method: 'POST', json: { command: 'run' } });
    await ask(transport, { method: 'POST', form: { a: '1&2' } });
    expect(api?.asked.slice(1).map(({ body, headers }) => [headers['content-type'], body])).toEqual([
      ['application/json', '{"command":"run"}'],
      ['application/x-www-form-urlencoded', 'a=1%262'],
    ]);
  });

  test('carries user and password where the driver says so, and neither is ever shown', async () => {
    const transport = await open(say('ok'), { auth: 'basic' });
    await ask(transport);
    const sent = api?.asked[0]?.headers.authorization ?? '';
    expect(Buffer.from(sent.replace('Basic ', ''), 'base64').toString()).toBe('admin:p&ss w"rd%');
    expect(redact(`${sent} p&ss w"rd% LUFRPT1=/+key`)).toBe('Basic *** *** ***');
  });

  test.each([
    [403, 'exited', 'HTTP 403 Forbidden (check user, password or key of `http:`, and what that user may do)'],
    [404, 'exited', 'HTTP 404 Not Found'],
    [302, 'exited', 'HTTP 302 Found'],
    [503, 'exited', 'HTTP 503 Service Unavailable'],
  ])('that is answered by %i has failed', async (status, ended, words) => {
    const transport = await open(say('no', status));
    expect(await ask(transport)).toMatchObject({ ended, code: null, words, stdout: 'no' });
    expect(await ask(transport, { ok: [status] })).toMatchObject({ ended: 'exited', code: 0 });
  });

  test('that writes and is answered by 5xx may have been carried out', async () => {
    const transport = await open(say('proxy says no', 502));
    expect(await ask(transport, { method: 'POST' })).toMatchObject({
      ended: 'closed',
      sent: true,
      words: 'HTTP 502 Bad Gateway',
    });
    expect(api?.asked).toHaveLength(1);
  });
});

describe('a redirect', () => {
  const to =
    (location: string | ((line: string) => string), status: number): Answerer =>
    ({ line }, response) => {
      if (line.split('?')[0]?.endsWith('/there')) return void response.end('here');
      response
        .writeHead(status, { location: typeof location === 'string' ? location : location(line) })
        .end();
    };
  const lines = (): string[] => api?.asked.map(({ line }) => line) ?? [];

  test.each([
    ['GET', 301],
    ['GET', 302],
    ['GET', 307],
    ['GET', 308],
    ['POST', 307],
    ['POST', 308],
    ['DELETE', 308],
  ])('of a %s by %i is followed on the same host, with all that was sent', async (method, status) => {
    const transport = await open(to('/api/there?b=2', status), { auth: 'basic' });
    const stamps: string[] = [];
    const write = method === 'POST' ? { json: { a: 1 } } : {};
    expect(await ask(transport, { method, ...write }, LONG, stamps)).toMatchObject({
      code: 0,
      stdout: 'here',
    });
    expect(lines()).toEqual([`${method} /api/`, `${method} /api/there?b=2`]);
    const [first, second] = api?.asked ?? [];
    expect(second?.body).toBe(first?.body);
    expect(second?.headers.authorization).toBe(first?.headers.authorization);
    // Of the request that was carried out alone: the first is a round trip earlier.
    expect(stamps).toEqual(['issued', 'accepted', 'closed']);
  });

  test.each([
    ['POST', 301, '/there'],
    ['POST', 302, '/there'],
    ['GET', 303, '/there'],
    ['GET', 308, 'https://127.0.0.2/there'],
    ['GET', 308, 'https://127.0.0.1:1/there'],
    ['GET', 308, 'http://127.0.0.1/there'],
    ['GET', 308, '//example.org/there'],
    ['GET', 308, String.raw`\\example.org/there`],
    ['GET', 308, 'https://'],
    ['GET', 308, 'javascript:there'],
    ['GET', 308, ''],
  ])('of a %s by %i to %s is not', async (method, status, location) => {
    const transport = await open(to(location, status), { auth: 'basic' });
    const { code, words } = await ask(transport, { method });
    expect(code).toBeNull();
    expect(words).toContain(`HTTP ${status}`);
    expect(lines()).toEqual([`${method} /api/`]);
  });

  test('is followed once', async () => {
    const transport = await open(to((line) => `${line.split(' ')[1]}x`, 308));
    expect((await ask(transport)).words).toContain('(to /api/xx, which is not followed)');
    expect(lines()).toEqual(['GET /api/', 'GET /api/x']);
  });

  test('is an answer where the request says so', async () => {
    const transport = await open(to('/there', 302));
    expect(await ask(transport, { ok: [302] })).toMatchObject({ code: 0 });
    expect(lines()).toEqual(['GET /api/']);
  });
});

describe('a request whose outcome is not known is sent once', () => {
  test('when no answer comes in time', async () => {
    const transport = await open(() => undefined);
    const stamps: string[] = [];
    // The time begins with the connection, so it is long enough for one on a busy machine.
    expect(await ask(transport, { method: 'POST' }, ns(3e9), stamps)).toMatchObject({
      ended: 'timeout',
      code: null,
      sent: true,
      words: 'no answer in time to a request that was sent',
    });
    expect(stamps).toEqual(['issued', 'closed']);
    expect(api?.asked).toHaveLength(1);
  });

  test.each<[string, Answerer]>([
    ['before the answer', (_, response) => void response.socket?.destroy()],
    [
      'in the middle of the answer',
      (_, response) => {
        response.writeHead(200, { 'content-length': 1000 });
        response.write('<response', () => response.socket?.destroy());
      },
    ],
  ])('when the connection is cut %s', async (_, answer) => {
    const transport = await open(answer);
    const result = await ask(transport, { method: 'POST' });
    expect(result).toMatchObject({ ended: 'closed', code: null, sent: true });
    expect(result.words).toMatch(/^connection cut after the request was sent/);
    expect(api?.asked).toHaveLength(1);
  });
});

describe('nothing is sent', () => {
  const refused = async (login: Partial<HttpLogin>): Promise<unknown> => {
    const transport = await open(say('secret'), { auth: 'basic' }, login);
    const error = await ask(transport, { method: 'POST' }).catch((thrown: unknown) => thrown);
    expect(api?.asked).toEqual([]);
    return error;
  };

  test('to a server that nobody vouches for', async () =>
    expect(await refused({ ca: null })).toMatchObject({
      name: 'KnownError',
      message: expect.stringMatching(/nobody known vouches for the certificate/),
      remedy: 'give `ca:` with its authority, or `insecure: true` to trust whoever answers',
    }));

  test('to one with a certificate for another name', async () => {
    api = await startApi(certificates, say('secret'), 'other');
    expect(await refused({})).toMatchObject({ message: expect.stringContaining('for another name') });
  });

  test('to one of plain text', async () => {
    const plain = createServer(() => expect.unreachable()).listen(0, '127.0.0.1');
    onTestFinished(() => void plain.close());
    await once(plain, 'listening');
    const { port } = plain.address() as AddressInfo;
    const url = `https://127.0.0.1:${port}`;
    expect(await refused({ url })).toMatchObject({
      message: `${url}: what answers does not speak TLS`,
      remedy: 'give the port of https in `url`, or http:// if it has none',
    });
  });

  test('to one whose certificate has expired', async () => {
    api = await startApi(certificates, say('secret'), 'over');
    expect(await refused({})).toMatchObject({
      message: expect.stringContaining('the certificate has expired'),
      remedy: 'renew it, or `insecure: true` to trust whoever answers',
    });
  });

  test('where nobody listens', async () => {
    const url = `https://127.0.0.1:${await freePort()}`;
    expect(await refused({ url })).toMatchObject({
      message: `${url}: connection refused`,
      remedy: 'check that the API is enabled there, and the port',
    });
  });

  test('without the authorities that are named', async () =>
    expect(await refused({ ca: '/does/not/exist' })).toMatchObject({ remedy: 'check `ca` in the scenario' }));
});

test('insecure: true trusts whoever answers', async () => {
  const transport = await open(say('ok'), {}, { ca: null, insecure: true });
  expect(await ask(transport)).toMatchObject({ code: 0, stdout: 'ok' });
});

describe('a login for a token', () => {
  const request = (path: string): HttpRequest => ({
    method: 'POST',
    path,
    query: {},
    headers: {},
    json: { username: '{{user}}', password: '{{password}}' },
    form: null,
    body: null,
    ok: [],
  });
  /** Hands out token-1, token-2, …; only the newest is good, and each for `uses` requests. */
  const tokens = (uses: number): Answerer => {
    let given = 0;
    let left = 0;
    return ({ line, headers }, response) => {
      if (line === 'POST /login') {
        given++;
        left = uses;
        response.setHeader('set-cookie', `session=cookie-${given}; Secure`);
        return response.end(JSON.stringify({ token: { token: `token-${given}` } }));
      }
      if (headers['x-token'] !== `token-${given}` || left-- <= 0) response.statusCode = 401;
      response.end('answer');
    };
  };
  const LOGIN: Partial<HttpOptions> = {
    headers: { 'X-Token': '{{token}}' },
    login: { run: request('/login'), token: { jmespath: 'token.token' } },
  };

  test('is made once, and again when the token has expired', async () => {
    const transport = await open(tokens(2), LOGIN);
    for (let i = 0; i < 3; i++) expect(await ask(transport)).toMatchObject({ code: 0, stdout: 'answer' });
    expect(api?.asked.map(({ line }) => line)).toEqual([
      'POST /login',
      'GET /api/',
      'GET /api/',
      'GET /api/',
      'POST /login',
      'GET /api/',
    ]);
    expect(api?.asked[0]?.body).toBe(JSON.stringify({ username: 'admin', password: 'p&ss w"rd%' }));
    expect(redact('token-1 token-2')).toBe('*** ***');
  });

  test('may give it in a cookie', async () => {
    const transport = await open(tokens(9), {
      headers: { cookie: '{{token}}' },
      login: { run: request('/login'), token: { header: 'Set-Cookie' } },
    });
    await ask(transport);
    expect(api?.asked[1]?.headers.cookie).toBe('session=cookie-1');
  });

  test('that is refused says so, and nothing else is sent', async () => {
    const transport = await open(say('bad', 401), LOGIN);
    await expect(ask(transport, { method: 'POST' })).rejects.toMatchObject({
      message: expect.stringContaining('the login failed: HTTP 401 Unauthorized'),
      remedy: 'check user and password of `http:`',
    });
    expect(api?.asked.map(({ line }) => line)).toEqual(['POST /login']);
  });

  test('that gives no token says so', async () => {
    const transport = await open(say('<html>welcome</html>'), LOGIN);
    await expect(ask(transport)).rejects.toThrow('the login gave no token');
  });
});

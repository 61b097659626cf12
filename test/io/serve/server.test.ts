import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { makeRun } from '../store/make-run.js';
import { scratch } from '../store/scratch.js';
import { seqgap } from '../store/seqgap.js';
import { get, serve, type Served } from './served.js';

const HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>';
const SECRET = 'a file of somebody else';

let folder: string;
let served: Served;
let whole: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-serve-'));
  const results = join(folder, 'results');
  whole = basename(await makeRun(results, { day: 1 }));
  await makeRun(results, { day: 2, change: { labels: { site: HOSTILE, [HOSTILE]: 'x' } } });
  const damaged = await makeRun(results, { day: 3 });
  await writeFile(join(damaged, 'run.json'), '{ "format": 1, ');
  await writeFile(join(folder, 'outside.json'), SECRET);
  const linked = await makeRun(results, { day: 4 });
  await rm(join(linked, 'run.json'));
  await symlink(join(folder, 'outside.json'), join(linked, 'run.json'));
  const raw = await makeRun(results, { day: 5 });
  await mkdir(join(raw, 'trial-01'));
  await symlink(join(folder, 'outside.json'), join(raw, 'trial-01', 'events.jsonl'));
  const kept = await makeRun(results, { day: 7 });
  await mkdir(join(kept, 'history'));
  await symlink(join(folder, 'outside.json'), join(kept, 'history', 'trial-1-fw-a.log'));
  await makeRun(join(folder, 'elsewhere'), { day: 6 });
  await symlink(join(folder, 'elsewhere', 'fw'), join(results, 'away'));
  served = await serve(results);
});
afterAll(async () => {
  await served.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('what it answers', () => {
  test('the list has every run, the damaged one with its word, and nothing of what links lead to', async () => {
    const { status, headers, text } = await get(served, '/');
    expect(status).toBe(200);
    expect(text).toContain('6 runs.');
    expect(text).toMatch(
      new RegExp(`<a href="/run/fw/${whole}"><time datetime="2026-[^"]+Z">${whole}</time></a>`),
    );
    expect(text).toMatch(/run\.json is not JSON/);
    expect(text).toMatch(/run\.json is a link out of/);
    expect(text).not.toMatch(/20260107T/);
    expect(text).not.toContain(SECRET);
    expect(text).not.toMatch(/<img|<script>alert|at file:/);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'content-type': 'text/html; charset=utf-8',
    });
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'sha256-[^']+'; base-uri 'none'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'$/,
    );
  });

  test('a page that is known is not sent again, and HEAD sends none', async () => {
    const first = await get(served, '/');
    const etag = String(first.headers['etag']);
    const again = await get(served, '/', { headers: { 'if-none-match': etag } });
    expect([again.status, again.text, again.headers['etag']]).toEqual([304, '', etag]);
    const head = await get(served, '/', { method: 'HEAD' });
    expect([head.status, head.text, head.headers['content-length']]).toEqual([
      200,
      '',
      String(Buffer.byteLength(first.text)),
    ]);
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s is refused', async (method) => {
    const { status, headers } = await get(served, '/', { method });
    expect([status, headers['allow']]).toEqual([405, 'GET, HEAD']);
  });

  test.each(['evil.example', 'evil.example:80', '127.0.0.1.evil.example', 'localhost.evil.example'])(
    'to the name %j it says nothing of its runs',
    async (host) => {
      const { status, text } = await get(served, '/', { headers: { host } });
      expect([400, 421]).toContain(status);
      expect(text).not.toContain(whole);
    },
  );

  test.each(['localhost', 'localhost:9000', '127.0.0.1', '[::1]:8642', hostname()])(
    'it goes by the name %s',
    async (host) => expect((await get(served, '/', { headers: { host } })).status).toBe(200),
  );

  test.each([
    '/run/../outside.json',
    '/run/..%2foutside.json',
    '/run/%2e%2e/%2e%2e/elsewhere/fw',
    '/run/away',
    `/run/..%2felsewhere%2ffw%2f20260107T010000Z-9.0`,
    '/run//etc/passwd',
    '/live/%2fetc%2fpasswd',
    '/run/fw',
    '/results/fw',
    '/.seqgap-index.jsonl',
    '/run/',
    `/run/fw/${'x'.repeat(5000)}`,
  ])('there is nothing at %s', async (path) => {
    const { status, text } = await get(served, path);
    expect(status).toBe(404);
    expect(text).not.toMatch(/root:x:|"format"/);
    expect(text).not.toContain(SECRET);
  });

  test.each([
    ['/run/%ff', 400],
    ['//evil.example/', 400],
    ['http://evil.example/', 400],
    ['/?page=0', 422],
    ['/?page=9e9', 422],
    ['/?sort=colour', 422],
    ['/?since=yesterday', 422],
    ['/?label=x', 422],
    [`/?text=${'x'.repeat(2000)}`, 422],
    ['/compare?base=version%3D9.0', 422],
    ['/compare?base=/etc&candidate=/tmp', 422],
    ['/compare?base=version%3D9.0&candidate=version%3D8.9', 422],
    ['/trend?scenario=nobody', 422],
    ['/trend?scenario=fw&metric=colour', 422],
  ])('%s is refused with a word', async (path, expected) => {
    const { status, text } = await get(served, path);
    expect(status).toBe(expected);
    expect(text).toMatch(/<section class="headline"/);
    expect(text).not.toMatch(/this is a bug|at file:|\.ts:\d/i);
  });

  test('a damaged run, and one whose raw history is a link, are pages with their word', async () => {
    const damaged = await get(served, '/run/fw/20260104T010000Z-9.0');
    expect(damaged.status).toBe(422);
    expect(damaged.text).toMatch(/is not JSON/);
    const linked = await get(served, '/run/fw/20260106T010000Z-9.0');
    expect(linked.status).toBe(422);
    expect(linked.text).toMatch(/events\.jsonl is a link out of/);
    expect(linked.text).not.toContain(SECRET);
    const kept = await get(served, '/run/fw/20260108T010000Z-9.0');
    expect(kept.status).toBe(422);
    expect(kept.text).toMatch(/trial-1-fw-a\.log is a link out of/);
  });

  test('what is new is there without a restart, what is gone is not', async () => {
    const results = join(folder, 'results');
    const path = await makeRun(results, { day: 20, scenario: 'new' });
    await expect
      .poll(async () => (await get(served, '/')).text, { timeout: 20_000 })
      .toContain(basename(path));
    expect((await get(served, `/run/new/${basename(path)}`)).status).toBe(200);
    await rm(join(results, 'new'), { recursive: true });
    await expect
      .poll(async () => (await get(served, '/')).text, { timeout: 20_000 })
      .not.toContain(basename(path));
  });

  test('nothing of it was a bug', () => expect(served.said()).toBe(''));
});

describe('seqgap serve', () => {
  test('ends at once by Ctrl-C, with exit code 0, also while somebody is connected', async () => {
    const out = await scratch();
    const own = await serve(out);
    await fetch(own.url);
    expect(await own.stop()).toBe(0);
  });

  test('a port in use, a folder that is not there, and an address that others reach are refused with a remedy', async () => {
    const out = await scratch();
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    expect(await seqgap('serve', out, '--port', String(port))).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/port \d+ is in use\n {2}→ .*--port 0/) as string,
    });
    other.close();
    expect(await seqgap('serve', join(out, 'none'))).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/none is no folder\n {2}→ /) as string,
    });
    expect(await seqgap('serve', out, '--host', '0.0.0.0')).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/reached by others.*\n {2}→ .*--public/) as string,
    });
    expect((await seqgap('serve', out, '--port', '70000')).stderr).toMatch(/is no port/);
    expect((await seqgap('serve', out, '--host', 'nobody.invalid')).stderr).toMatch(/no such name/);
  });

  test('warns where others reach it, and then still goes by no name of others', async () => {
    const out = await scratch();
    await cp(join(folder, 'results', 'fw', whole), join(out, 'fw', whole), { recursive: true });
    const own = await serve(out, '--host', '0.0.0.0', '--public');
    expect(own.said()).toMatch(/^warning: anybody who reaches 0\.0\.0\.0 reads every run/);
    expect((await get(own, '/')).text).toContain(whole);
    expect((await get(own, '/', { headers: { host: 'evil.example' } })).status).toBe(421);
    expect(await own.stop()).toBe(0);
  });
});

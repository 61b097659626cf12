import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isRoot, type Namespace, openNamespace } from '../probe/namespace.js';
import { startAgent, startSshd, type Sshd } from '../trigger/sshd.js';
import { Watching } from './watching.js';

const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

/* Sessions of every kind to real servers, in a network of their own whose packets a real rule drops. */

const TLS_SERVER = `
const { createServer } = require('node:https');
const { readFileSync } = require('node:fs');
const server = createServer({ key: readFileSync('web.key'), cert: readFileSync('web.crt') }, (_, answer) => answer.end('ok'));
server.keepAliveTimeout = 0;
server.listen(443, '127.0.0.1', () => console.log('ready'));
`;

const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);

/** Longer than a session may be silent without a line of its own. */
const OUTAGE_MS = 1500;

describe.skipIf(!isRoot)('sessions of a watch, to real servers (needs root)', () => {
  let place: Namespace;
  let dir: string;
  let sshd: Sshd;
  const servers: ChildProcess[] = [];
  const watches: Watching[] = [];

  /** A program in that network, once it has said its first word. */
  const serve = async (...args: string[]): Promise<void> => {
    const [program = '', ...rest] = [...place.prefix, process.execPath, ...args];
    const child = spawn(program, rest, { cwd: dir, stdio: ['ignore', 'pipe', 'inherit'] });
    servers.push(child);
    await once(child.stdout, 'data');
  };

  /** What ssh's own configuration of this user says. */
  const configure = (...lines: string[]): Promise<void> => writeFile(join(dir, 'config'), lines.join('\n'));
  const known = (): string => `UserKnownHostsFile ${sshd.login().knownHosts ?? ''}`;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'seqgap-sessions-'));
    place = await openNamespace();
    sshd = await startSshd([], { within: place.prefix });
    await writeFile(join(dir, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${join(dir, 'config')} "$@"\n`);
    await chmod(join(dir, 'ssh'), 0o755);
    await configure(`IdentityFile ${sshd.dir}/client`, known());
  });
  afterEach(async () => {
    for (const watch of watches.splice(0)) watch.kill();
    for (const server of servers.splice(0)) server.kill('SIGKILL');
    await sshd.stop();
    place.close();
    await rm(dir, { recursive: true, force: true });
  });

  const ssh = (): string => `ssh://root@127.0.0.1:${sshd.port}`;

  const watch = (args: readonly string[], environment: readonly string[] = []): Watching => {
    const watching = new Watching(
      ['127.0.0.1', '--every', '20ms', ...args],
      [
        ...place.prefix,
        'env',
        '-u',
        'SSH_AUTH_SOCK',
        `PATH=${dir}${delimiter}${process.env['PATH'] ?? ''}`,
        `XDG_STATE_HOME=${dir}`,
        `TMPDIR=${dir}`,
        ...environment,
      ],
    );
    watches.push(watching);
    return watching;
  };

  const drop = (): Promise<string> =>
    place.run(
      `nft 'add table inet outage; add chain inet outage in { type filter hook input priority 0; policy drop; }'`,
    );
  const pass = (): Promise<string> => place.run('nft delete table inet outage');
  const outage = async (): Promise<void> => {
    await drop();
    await sleep(OUTAGE_MS);
    await pass();
  };

  test('SSH, HTTP, TLS and echo live through an outage, each with its stall', async () => {
    const subject = ['-subj', '/CN=web', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    await execa('openssl', ['req', '-x509', ...key, '-keyout', 'web.key', '-out', 'web.crt', ...subject], {
      cwd: dir,
    });
    await serve(CLI, 'reflect', '--stamp', '0', '--http', '80');
    await serve('-e', TLS_SERVER);
    const urls = [ssh(), 'http://127.0.0.1/', 'https://127.0.0.1/', '127.0.0.1:7'];
    const watching = watch(
      ['--out', dir, ...urls.map((url) => `--session=${url}`)],
      [`NODE_EXTRA_CA_CERTS=${join(dir, 'web.crt')}`],
    );
    for (const url of urls) await watching.until(new RegExp(`${literal(url)} +✓ session is open`));
    await watching.until(/127\.0\.0\.1 +✓ answers/);
    // What is usual is known from a few exchanges.
    await sleep(1500);
    await outage();
    for (const url of urls)
      await watching.until(new RegExp(`${literal(url)} +✓ session goes on: it stalled for [1-9]`));
    const { code, stdout } = await watching.stop();
    expect(code).toBe(0);
    for (const url of urls)
      expect(stdout).toMatch(
        new RegExp(`^session ${literal(url)}: survived(?:-late)? the outage, stall [1-9]`, 'm'),
      );
    const rows = await readFile(join(dir, 'watch/latest/sessions.csv'), 'utf8');
    for (const kind of ['ssh', 'http', 'tcp'] as const) expect(rows).toMatch(new RegExp(`#1,${kind},`));
  });

  test('an SSH session that survives one outage and dies in the next is told so, once', async () => {
    const watching = watch(['--session', ssh()]);
    await watching.until(/✓ session is open/);
    await watching.until(/127\.0\.0\.1 +✓ answers/);
    await sleep(1500);
    await outage();
    await watching.until(/session goes on: it stalled for/);
    await watching.until(/127\.0\.0\.1 +✓ down for/);
    await drop();
    // Its FIN does not come through; the path is back before either end has said its last word.
    await sshd.stop();
    await sleep(OUTAGE_MS);
    await pass();
    await watching.until(/✗ session ended/);
    await watching.until(/✓ down for[^]*✓ down for/);
    const { stdout } = await watching.stop();
    expect(stdout).toMatch(/^session ssh:\/\/root@\S+: (?:reset|app-closed) in the 2nd of 2 outages, /m);
    expect(stdout.match(/^session ssh/gm)).toHaveLength(1);
  });

  test('logs in by an agent, too, and by the name that only the configuration of ssh knows', async () => {
    const agent = await startAgent(dir, `${sshd.dir}/client`);
    try {
      await configure('Host fw-alias', 'HostName 127.0.0.1', `Port ${sshd.port}`, known());
      const watching = watch(['--session', 'ssh://root@fw-alias'], [`SSH_AUTH_SOCK=${agent.socket}`]);
      await watching.until(/ssh:\/\/root@fw-alias +✓ session is open/);
      await watching.until(/127\.0\.0\.1 +✓ answers/);
      expect((await watching.stop()).code).toBe(0);
    } finally {
      await agent.stop();
    }
  });

  test('one that cannot log in is not opened, with why and exit code 2', async () => {
    await configure(`IdentityFile ${sshd.dir}/stranger`, known());
    const refused = watch(['--session', ssh()]);
    await refused.until(/✗ session not opened: .*(?:key|login|auth)/i);
    expect((await refused.stop()).code).toBe(2);
    await configure(`IdentityFile ${sshd.dir}/client`, 'UserKnownHostsFile /dev/null');
    const unknown = watch(['--session', ssh()]);
    await unknown.until(/✗ session not opened: .*host key/i);
    expect((await unknown.stop()).code).toBe(2);
  });

  test('where ssh would go over a hop, or only ssh itself can log in, it is refused at once', async () => {
    await configure('Host 127.0.0.1', 'ProxyJump root@bastion');
    expect(await watch(['--session', ssh()]).ended).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/by way of root@bastion[^]*--from 'ssh bastion'/),
    });
    await configure('Host 127.0.0.1', 'ProxyCommand nc %h %p');
    expect(await watch(['--session', ssh()]).ended).toMatchObject({
      code: 64,
      stderr: expect.stringContaining("ProxyCommand is for the system's ssh alone"),
    });
  });

  test('a certificate that nobody vouches for: not opened', async () => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=web'];
    await execa('openssl', ['req', '-x509', ...key, '-keyout', 'web.key', '-out', 'web.crt'], { cwd: dir });
    await serve('-e', TLS_SERVER);
    const watching = watch(['--session', 'https://127.0.0.1/']);
    await watching.until(/✗ session not opened: .*certificate/);
    expect((await watching.stop()).code).toBe(2);
  });
});

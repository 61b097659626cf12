import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { KnownError } from '../../../src/model/error.js';
import type { SshLogin } from '../../../src/model/login.js';
import { redact } from '../../../src/model/secret.js';
import { ns } from '../../../src/model/time.js';
import { systemClock } from '../../../src/clock.js';
import { SshTransport } from '../../../src/trigger/transport/ssh.js';
import { canRunSshd, freePort, PASSPHRASE, PASSWORD, startAgent, startSshd, type Sshd } from './sshd.js';

const SOON = { timeout_ns: ns(10e9) };
const opened: SshTransport[] = [];
const open = (login: SshLogin): SshTransport => {
  const transport = new SshTransport(login, systemClock);
  opened.push(transport);
  return transport;
};
/** The one line that a person sees. */
const complaint = async (login: SshLogin): Promise<{ line: string; exitCode: number }> => {
  const error: unknown = await open(login)
    .exec('true', SOON)
    .catch((thrown: unknown) => thrown);
  if (!(error instanceof KnownError)) throw new Error(`not a known error: ${JSON.stringify(error)}`);
  return { line: `${error.message} -> ${error.remedy ?? ''}`, exitCode: error.exitCode };
};

afterEach(async () => {
  await Promise.all(opened.splice(0).map((transport) => transport.close()));
});

describe.skipIf(!canRunSshd)('SSH to a real sshd (needs root)', () => {
  let sshd: Sshd;
  const file = (name: string): string => join(sshd.dir, name);
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());

  describe('commands', () => {
    test('give output, errors and the exit code', async () => {
      const result = await open(sshd.login()).exec('echo out; echo err >&2; exit 3', SOON);
      expect(result).toEqual({
        stdout: 'out\n',
        stderr: 'err\n',
        code: 3,
        signal: null,
        ended: 'exited',
        sent: true,
      });
    });

    test('as an argument vector are quoted for the far shell', async () => {
      const { stdout } = await open(sshd.login()).exec(['printf', '%s|', "it's", '$HOME', 'a b'], SOON);
      expect(stdout).toBe("it's|$HOME|a b|");
    });

    test('share one connection, and open another after it died', async () => {
      const transport = open(sshd.login());
      const connection = async (): Promise<string> =>
        (await transport.exec('echo $SSH_CONNECTION', SOON)).stdout.split(' ')[1] ?? '';
      const first = await connection();
      expect(await connection()).toBe(first);
      expect((await transport.exec('kill -9 $PPID; sleep 30', SOON)).ended).toBe('closed');
      expect(await connection()).not.toBe(first);
    });

    test('that lose their connection midway are closed, not an exception, and stamped in order', async () => {
      const stamps: [string, number][] = [];
      const result = await open(sshd.login()).exec('echo begun; kill -9 $PPID; sleep 30', {
        ...SOON,
        onStamp: (kind, at) => stamps.push([kind, at]),
      });
      expect(result).toMatchObject({ ended: 'closed', code: null, sent: true });
      expect(stamps.map(([kind]) => kind)).toEqual(['issued', 'accepted', 'closed']);
      expect(stamps.map(([, at]) => at)).toEqual(stamps.map(([, at]) => at).toSorted((a, b) => a - b));
    });

    test('that take too long time out, and the next one finds a fresh connection', async () => {
      const transport = open(sshd.login());
      expect(await transport.exec('echo half; sleep 30', { timeout_ns: ns(0.5e9) })).toMatchObject({
        ended: 'timeout',
        stdout: 'half\n',
        code: null,
      });
      expect((await transport.exec('echo again', SOON)).stdout).toBe('again\n');
    });

    test('killed by a signal say which', async () => {
      const result = await open(sshd.login()).exec('kill -TERM $$', SOON);
      expect(result).toMatchObject({ ended: 'exited', code: null, signal: 'SIGTERM' });
    });
  });

  describe('host keys', () => {
    test('are found hashed, and by whatever type is on file', async () => {
      await copyFile(file('known_rsa'), file('hashed'));
      await execa('ssh-keygen', ['-q', '-H', '-f', file('hashed')], { stderr: 'ignore' });
      expect(await readFile(file('hashed'), 'utf8')).toMatch(/^\|1\|/);
      expect((await open(sshd.login({ knownHosts: file('hashed') })).exec('true', SOON)).code).toBe(0);
    });

    test('that are unknown end the attempt, with the fingerprint and what to do', async () => {
      const { stdout } = await execa('ssh-keygen', ['-l', '-f', file('host_ed25519.pub')]);
      const { line, exitCode } = await complaint(sshd.login({ knownHosts: file('none') }));
      expect(line).toContain('host key unknown');
      expect(line).toContain(stdout.split(' ')[1]);
      expect(line).toContain(`ssh-keyscan -p ${sshd.port} 127.0.0.1 >> `);
      expect(exitCode).toBe(2);
    });

    test('that changed end the attempt in capitals', async () => {
      const [, type, key] = (await readFile(file('stranger.pub'), 'utf8')).match(/(\S+) (\S+)/) ?? [];
      await writeFile(file('changed'), `[127.0.0.1]:${sshd.port} ${type} ${key}\n`);
      const { line, exitCode } = await complaint(sshd.login({ knownHosts: file('changed') }));
      expect(line).toContain('host key CHANGED');
      expect(line).toContain(`ssh-keygen -R '[127.0.0.1]:${sshd.port}'`);
      expect(exitCode).toBe(2);
    });

    test('that are revoked end the attempt', async () => {
      await writeFile(file('revoked'), `@revoked * ${await readFile(file('host_ed25519.pub'), 'utf8')}`);
      const { line } = await complaint(sshd.login({ knownHosts: file('revoked') }));
      expect(line).toContain('@revoked');
    });

    test('are not checked if that was asked for', async () => {
      expect((await open(sshd.login({ knownHosts: null })).exec('true', SOON)).code).toBe(0);
    });
  });

  describe('logins', () => {
    test('by an encrypted key', async () => {
      const login = sshd.login({ key: file('locked'), passphrase: PASSPHRASE });
      expect((await open(login).exec('true', SOON)).code).toBe(0);
    });

    test('by agent', async () => {
      const agent = await startAgent(sshd.dir, file('client'));
      const before = process.env.SSH_AUTH_SOCK;
      process.env.SSH_AUTH_SOCK = agent.socket;
      try {
        expect((await open(sshd.login({ key: null, agent: true })).exec('true', SOON)).code).toBe(0);
      } finally {
        if (before === undefined) delete process.env.SSH_AUTH_SOCK;
        else process.env.SSH_AUTH_SOCK = before;
        await agent.stop();
      }
    });

    test('by password', async () => {
      const login = sshd.login({ key: null, password: PASSWORD });
      expect((await open(login).exec('true', SOON)).code).toBe(0);
    });

    test('by a wrong key say which', async () => {
      const { line, exitCode } = await complaint(sshd.login({ key: file('stranger') }));
      expect(line).toContain(
        `the key ${file('stranger')} was refused for user root; it offers publickey, password`,
      );
      expect(line).toContain('authorized_keys');
      expect(exitCode).toBe(2);
    });

    test('by a wrong password never show it', async () => {
      const password = 'wrong pony';
      const { line } = await complaint(sshd.login({ key: null, password }));
      expect(line).toContain('the password was refused for user root');
      expect(line).not.toContain(password);
      expect(redact(`said ${password}`)).toBe('said ***');
    });

    test.each([
      ['an encrypted key without a passphrase', null, 'is encrypted and no passphrase was given'],
      ['an encrypted key with a wrong one', 'something else', 'the passphrase does not open'],
    ])('by %s', async (_, passphrase, wanted) => {
      const { line } = await complaint(sshd.login({ key: file('locked'), passphrase }));
      expect(line).toContain(wanted);
      expect(line).not.toContain('something else');
    });

    test.each([
      ['missing', 'cannot read SSH key'],
      ['client.pub', 'not a private key'],
      ['sshd_config', 'cannot read SSH key'],
    ])('by a file that is no key: %s', async (name, wanted) => {
      expect((await complaint(sshd.login({ key: file(name) }))).line).toContain(wanted);
    });
  });
});

describe.skipIf(!canRunSshd)('a server that only takes passwords (needs root)', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd([
      'PubkeyAuthentication no',
      'UsePAM yes',
      'KbdInteractiveAuthentication yes',
      'PasswordAuthentication no',
    ]);
  });
  afterAll(() => sshd.stop());

  test('says that it wants one', async () => {
    const { line } = await complaint(sshd.login());
    expect(line).toContain('a password is wanted; it offers keyboard-interactive');
  });

  test('is answered at its prompt', async () => {
    const login = sshd.login({ key: null, password: PASSWORD });
    expect((await open(login).exec('echo in', SOON)).stdout).toBe('in\n');
  });
});

/** Of an SSH string or packet, as it stands before it. */
const lengthOf = ({ length }: Buffer): Buffer => {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(length);
  return octets;
};

describe('servers that are not there', () => {
  const login: SshLogin = {
    host: '127.0.0.1',
    port: 0,
    user: 'root',
    key: null,
    passphrase: null,
    password: 'unused secret',
    agent: false,
    knownHosts: null,
    timeout_ns: ns(0.3e9),
  };
  const listening = async (
    serve: (socket: Socket) => void,
    use: (port: number) => Promise<void>,
  ): Promise<void> => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      serve(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await use((server.address() as AddressInfo).port);
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  };

  test('refused', async () => {
    const port = await freePort();
    const { line, exitCode } = await complaint({ ...login, port });
    expect(line).toBe(
      `SSH to root@127.0.0.1:${port}: connection refused -> check that sshd runs there, and the port`,
    );
    expect(exitCode).toBe(2);
  });

  test('hangs: accepts and never speaks', () =>
    listening(
      () => undefined,
      async (port) => {
        const { line } = await complaint({ ...login, port });
        expect(line).toContain('port open, but nothing was said within 300ms');
      },
    ));

  test('hangs in the key exchange', () =>
    listening(
      (socket) => socket.write('SSH-2.0-silence\r\n'),
      async (port) => {
        expect((await complaint({ ...login, port })).line).toContain('hung in the key exchange for 300ms');
      },
    ));

  test('closes at once', () =>
    listening(
      (socket) => socket.end(),
      async (port) => {
        expect((await complaint({ ...login, port })).line).toContain('connection closed before the login');
      },
    ));

  test('is not SSH at all', () =>
    listening(
      (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
      async (port) => {
        const { line } = await complaint({ ...login, port });
        expect(line).toContain(`SSH to root@127.0.0.1:${port}`);
        expect(line).not.toContain('unused secret');
      },
    ));

  test('ends the connection with words of its own, before anybody knows who it is', () => {
    const words = '\u001b[2J\u001b]0;TITLE\u0007\u009b2J\n::error::no ##vso[task.complete] '.padEnd(
      5000,
      'x',
    );
    const said = Buffer.from(words);
    const payload = Buffer.concat([
      Buffer.from([1, 0, 0, 0, 2]),
      lengthOf(said),
      said,
      lengthOf(Buffer.alloc(0)),
    ]);
    const padding = 8 + ((8 - ((5 + payload.length) % 8)) % 8);
    // RFC 4253 §6: length, length of the padding, SSH_MSG_DISCONNECT, padding.
    const packet = Buffer.concat([
      lengthOf(Buffer.alloc(1 + payload.length + padding)),
      Buffer.from([padding]),
      payload,
      Buffer.alloc(padding),
    ]);
    return listening(
      (socket) => socket.end(Buffer.concat([Buffer.from('\u001b[2J::error::x\r\nSSH-2.0-x\r\n'), packet])),
      async (port) => {
        const { line } = await complaint({ ...login, port });
        expect(line).toContain('TITLE');
        expect(line).not.toMatch(/\p{Cc}|##vso\[/u);
        expect(line.length).toBeLessThan(500);
      },
    );
  });

  test('has no name', async () => {
    const { line } = await complaint({ ...login, host: 'no-such-host.invalid', timeout_ns: ns(10e9) });
    expect(line).toMatch(/no such host name|the name server does not answer/);
  });
});

import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { SshLogin } from '../../../src/model/login.js';
import { ns } from '../../../src/model/time.js';

/** sshd wants root for /run/sshd and to log anyone in by password. */
export const canRunSshd = process.getuid?.() === 0;

export const PASSWORD = 'correct horse battery';
export const PASSPHRASE = 'staple of the key';

/** A port that was free a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

const keygen = async (file: string, type: string, passphrase = ''): Promise<void> => {
  const bits = type === 'rsa' ? ['-b', '2048'] : [];
  await execa('ssh-keygen', ['-q', '-t', type, ...bits, '-a', '1', '-N', passphrase, '-f', file]);
};

export interface Sshd {
  readonly dir: string;
  readonly port: number;
  /** A login by key, host key checked; with what is to be different. */
  login(different?: Partial<SshLogin>): SshLogin;
  stop(): Promise<void>;
}

/**
 * A real sshd on 127.0.0.1, in namespaces of its own: /run/sshd, and a password for root, exist for it alone; it and
 * whatever it started ends with it.
 *
 * @param extra lines of its configuration
 */
export const startSshd = async (
  extra: readonly string[] = [],
  {
    within = [],
    own = [],
  }: {
    /** What it is started behind: the way into a network namespace. */
    readonly within?: readonly string[];
    /** Folders that are empty at first, and nobody else's. */
    readonly own?: readonly string[];
  } = {},
): Promise<Sshd> => {
  const dir = await mkdtemp(join(tmpdir(), 'seqgap-sshd-'));
  const at = (name: string): string => join(dir, name);
  await Promise.all([
    keygen(at('host_ed25519'), 'ed25519'),
    keygen(at('host_rsa'), 'rsa'),
    keygen(at('client'), 'ed25519'),
    keygen(at('locked'), 'ed25519', PASSPHRASE),
    keygen(at('stranger'), 'ed25519'),
  ]);
  for (const name of ['client.pub', 'locked.pub'])
    await appendFile(at('authorized_keys'), await readFile(at(name)));
  const port = await freePort();
  const name = `[127.0.0.1]:${port}`;
  for (const type of ['ed25519', 'rsa']) {
    const line = `${name} ${await readFile(at(`host_${type}.pub`), 'utf8')}`;
    await writeFile(at(`known_${type}`), line);
    await appendFile(at('known_hosts'), line);
  }
  await writeFile(
    at('sshd_config'),
    [
      ...extra,
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${at('host_ed25519')}`,
      `HostKey ${at('host_rsa')}`,
      `AuthorizedKeysFile ${at('authorized_keys')}`,
      'StrictModes no',
      'PermitRootLogin yes',
      'UsePAM no',
      'PasswordAuthentication yes',
      'KbdInteractiveAuthentication no',
      'MaxStartups 100',
      'PidFile none',
      '',
    ].join('\n'),
  );
  const { stdout: hash } = await execa('openssl', ['passwd', '-6', '-stdin'], { input: PASSWORD });
  await writeFile(at('shadow'), `root:${hash}:19000:0:99999:7:::\nsshd:*:19000::::::\n`, { mode: 0o600 });
  // A plain shell for root: bash reads ~/.bashrc when sshd starts it, and here that may take half a second.
  const passwd = ['root:x:0:0:root:/:/bin/sh', 'sshd:x:100:65534::/run/sshd:/usr/sbin/nologin', ''];
  await writeFile(at('passwd'), passwd.join('\n'));
  const script = `mount -t tmpfs run /run; mkdir /run/sshd
    ${own.map((folder) => `mkdir -p ${folder}; mount -t tmpfs own ${folder}`).join('\n')}
    mount --bind "$1/shadow" /etc/shadow; mount --bind "$1/passwd" /etc/passwd
    exec /usr/sbin/sshd -D -e -f "$1/sshd_config"`;
  const alone = 'unshare --mount --pid --fork --kill-child --mount-proc'.split(' ');
  const command = [...within, ...alone, 'sh', '-ec', script, 'sh', dir];
  const child = execa('setpriv', ['--pdeathsig', 'KILL', ...command], { reject: false, stdin: 'ignore' });
  await said(child, 'Server listening');
  return {
    dir,
    port,
    login: (different = {}) => ({
      host: '127.0.0.1',
      port,
      user: 'root',
      key: at('client'),
      passphrase: null,
      password: null,
      agent: false,
      knownHosts: at('known_hosts'),
      timeout_ns: ns(10e9),
      ...different,
    }),
    stop: async () => {
      child.kill('SIGKILL');
      await child;
      await rm(dir, { recursive: true, force: true });
    },
  };
};

const said = (child: { stderr: NodeJS.ReadableStream } & PromiseLike<unknown>, word: string): Promise<void> =>
  new Promise((resolve, reject) => {
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes(word)) resolve();
    });
    child.then(() => reject(new Error(`sshd ended: ${text}`)), reject);
  });

/** An agent that holds one key; at `socket`. */
export const startAgent = async (
  dir: string,
  key: string,
): Promise<{ socket: string; stop: () => Promise<void> }> => {
  const folder = join(dir, 'agent');
  await mkdir(folder, { mode: 0o700 });
  const socket = join(folder, 'socket');
  const child = execa('setpriv', ['--pdeathsig', 'KILL', 'ssh-agent', '-D', '-a', socket], { reject: false });
  await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  await execa('ssh-add', ['-q', key], { env: { SSH_AUTH_SOCK: socket } });
  return {
    socket,
    stop: async () => {
      child.kill();
      await child;
    },
  };
};

import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { KnownError } from '../../../src/model/error.js';
import type { SshLogin } from '../../../src/model/login.js';
import { ns } from '../../../src/model/time.js';
import { configuredLogin, NOTHING_WRITTEN, type WrittenLogin } from '../../../src/ssh/configured-login.js';
import { openTransport } from '../../../src/trigger/ask/open-transport.js';
import { driverSchema } from '../../../src/trigger/driver/schema.js';
import type { Sshd } from '../trigger/sshd.js';

let turns = 0;

/** What ssh's configuration says of an sshd of a test, by a name; `more` are further lines. */
export const hostEntry = (name: string, { port, dir }: Sshd, more = ''): string => `
Host ${name}
  HostName 127.0.0.1
  Port ${port}
  User root
  IdentityFile ${dir}/client
  IdentitiesOnly yes
  UserKnownHostsFile ${dir}/known_hosts
  ${more}
`;

/** The system's ssh with this configuration, for as long as the test takes; ssh(1) looks for `~` in passwd, not in HOME. */
export const withConfig = async (config: string): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'seqgap-ssh-config-'));
  const { PATH = '' } = process.env;
  onTestFinished(async () => {
    process.env.PATH = PATH;
    await rm(dir, { recursive: true, force: true });
  });
  await writeFile(join(dir, 'config'), config);
  // The baseline of seqgap's own question, `-F none`, comes later in the line and wins.
  const script = `#!/bin/sh\nexec /usr/bin/ssh -F ${join(dir, 'config')} "$@"\n`;
  await writeFile(join(dir, 'ssh'), script);
  await chmod(join(dir, 'ssh'), 0o755);
  process.env.PATH = `${dir}${delimiter}${PATH}${delimiter}/turn-${turns++}`;
  return dir;
};

/** As a scenario has it that says nothing but the host. */
export const written = (host: string, different: Partial<WrittenLogin> = {}): WrittenLogin => ({
  host,
  port: null,
  user: null,
  ...NOTHING_WRITTEN,
  timeout_ns: ns(10e9),
  ...different,
});

const SSH_DRIVER = driverSchema.parse({
  name: 'test',
  title: 'a test',
  about: 'a test',
  transport: 'ssh',
  actions: {},
  samples: [{ of: 'role', output: '', expect: { passes: true } }],
});

const transportTo = (login: SshLogin) =>
  openTransport(SSH_DRIVER, { ssh: login, http: null }, {}, systemClock, 'node fw-a');

/** Runs a command on a node that is reached so, and closes what was opened. */
export const runOn = async (login: SshLogin, command: string) => {
  const transport = transportTo(login);
  try {
    return await transport.exec(command, { timeout_ns: ns(10e9) });
  } finally {
    await transport.close();
  }
};

/** The one line that a person sees. */
export const complaintOf = async (work: () => unknown): Promise<string> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof KnownError) return `${error.message} -> ${error.remedy ?? ''}`;
    throw error;
  }
  throw new Error('no complaint');
};

export const complaint = (to: WrittenLogin): Promise<string> =>
  complaintOf(() => runOn(configuredLogin(to), 'true'));

export const publicKey = (file: string): Promise<string> => readFile(`${file}.pub`, 'utf8');

/** An authority at `file`, and what it has signed: `FILE-cert.pub`. */
export const makeAuthority = async (file: string): Promise<void> => {
  // Of an earlier try: ssh-keygen would ask.
  for (const name of [file, `${file}.pub`, `${file}-cert.pub`]) await rm(name, { force: true });
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
};

export const sign = (authority: string, file: string, options: readonly string[]) =>
  execa('ssh-keygen', ['-q', '-s', authority, '-I', 'test', ...options, `${file}.pub`]);

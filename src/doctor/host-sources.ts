import { constants } from 'node:fs';
import { access, readFile, stat, statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { systemClock } from '../clock.js';
import { requireLab } from '../lab/enter.js';
import { missingPackages } from '../lab/place.js';
import { KnownError, messageOf } from '../model/error.js';
import type { SshLogin } from '../model/login.js';
import { fromMs } from '../model/time.js';
import { IcmpSocket } from '../probe/stream/icmp-socket.js';
import { beforeEnd } from '../stop-signals.js';
import { LocalTransport } from '../trigger/transport/local.js';
import { authMethods } from '../ssh/ssh-login.js';
import type { CommandEnd, FolderState, Sources } from './source.js';

/** A shell's exit code for what is not there, and the transport's. */
const NOT_FOUND = 127;

const run = async (
  program: string,
  args: readonly string[],
  timeout_ms: number,
): Promise<CommandEnd | null> => {
  const stopped = new AbortController();
  const forget = beforeEnd(() => stopped.abort());
  try {
    const { code, stdout, stderr } = await new LocalTransport(systemClock, { env: { LC_ALL: 'C' } }).exec(
      [program, ...args],
      { timeout_ns: fromMs(timeout_ms), signal: stopped.signal },
    );
    return code === null || code === NOT_FOUND
      ? null
      : { code, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() };
  } finally {
    forget();
  }
};

const rawSocket = async (family: 4 | 6): Promise<Error | null> => {
  try {
    const socket = await IcmpSocket.open(family);
    socket.close();
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
};

const can = (path: string, mode: number): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false,
  );

const folder = async (path: string): Promise<FolderState> => {
  let existing = resolve(path);
  while (existing !== '/' && !(await can(existing, constants.F_OK))) existing = dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  const writable =
    (await stat(existing)).isDirectory() && (await can(existing, constants.W_OK | constants.X_OK));
  return { existing, writable, free_bytes: bavail * bsize };
};

const knownError = (error: unknown): KnownError => {
  if (error instanceof KnownError) return error;
  throw error;
};

/** A login that names nothing: `authMethods` then gives what `ssh` would try. */
const ANY_LOGIN: SshLogin = {
  host: '',
  port: 22,
  user: '',
  key: null,
  passphrase: null,
  password: null,
  agent: false,
  knownHosts: null,
  timeout_ns: fromMs(0),
};

const sshMethods = async (login: SshLogin | null): Promise<readonly string[] | KnownError> => {
  try {
    return (await authMethods(login ?? ANY_LOGIN)).map(({ type }) => type);
  } catch (error) {
    return knownError(error);
  }
};

/** This host itself. */
export const hostSources = (): Sources => ({
  platform: process.platform,
  execPath: process.execPath,
  nodeVersion: process.versions.node,
  sshAgent: process.env['SSH_AUTH_SOCK'] || null,
  cpus: availableParallelism(),
  file: (path) => readFile(path, 'utf8').catch(() => null),
  run,
  rawSocket,
  folder,
  missingPackages: () => missingPackages(),
  lab: () => requireLab().then(() => null, knownError),
  sshMethods,
});

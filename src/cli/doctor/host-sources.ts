import { constants } from 'node:fs';
import { access, readFile, stat, statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { systemClock } from '../../clock.js';
import { missingPackages, requireLab } from '../../lab/enter.js';
import { KnownError, messageOf } from '../../model/error.js';
import type { Stamps } from '../../model/event.js';
import type { SshLogin } from '../../model/login.js';
import { fromMs } from '../../model/time.js';
import { IcmpSocket } from '../../probe/stream/icmp-socket.js';
import { NativeEngine, type NativeStream } from '../../probe/stream/native-engine.js';
import { authMethods } from '../../ssh/ssh-login.js';
import { beforeEnd } from '../../stop-signals.js';
import { LocalTransport } from '../../trigger/transport/local.js';

/** Octets of an echo that is never sent. */
const PAYLOAD = 56;
const nobody = (): void => {};
const SILENT = { missed: nobody, sent: nobody, reply: nobody, error: nobody, stranger: nobody };

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

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(messageOf(error)));

/** @throws Error */
const openNative = (family: 4 | 6): NativeSocket => {
  const engine = NativeEngine.open();
  try {
    const address = family === 4 ? '127.0.0.1' : '::1';
    const { socket, stamps } = engine.add(
      { address, family },
      { every_ns: 0, first_ns: 0, size: PAYLOAD },
      null,
      SILENT,
    );
    return { socket, stamps, realTime: engine.state.priorityErrno === 0 };
  } finally {
    engine.close();
  }
};

const rawSocket = async (family: 4 | 6): Promise<Error | null> => {
  try {
    const socket = await IcmpSocket.open(family);
    socket.close();
    return null;
  } catch (error) {
    return asError(error);
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
  nativeSocket: (family) => Promise.resolve(family).then(openNative).catch(asError),
  rawSocket,
  folder,
  missingPackages: () => missingPackages(),
  lab: () => requireLab().then(() => null, knownError),
  sshMethods,
});

export interface CommandEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the native engine was given. */
export interface NativeSocket {
  readonly socket: NativeStream['socket'];
  readonly stamps: Stamps;
  /** Its thread has real-time priority. */
  readonly realTime: boolean;
}

/** What is known of the folder that a path is in, or would be made in. */
export interface FolderState {
  /** The folder itself, or the nearest one above that exists. */
  readonly existing: string;
  readonly writable: boolean;
  readonly free_bytes: number;
}

/**
 * Where findings come from. Tests pass recorded texts; `hostSources` asks this host. Nothing here throws: what
 * cannot be had is null, or the error itself.
 */
export interface Sources {
  readonly platform: NodeJS.Platform;
  readonly execPath: string;
  readonly nodeVersion: string;
  readonly sshAgent: string | null;
  readonly cpus: number;
  /** The text of a file; null if it is not there or not readable. */
  file(path: string): Promise<string | null>;
  /** Runs a program to its end, in the C locale; null if it is not there, takes longer than `timeout_ms` or says more than can be meant. */
  run(program: string, args: readonly string[], timeout_ms: number): Promise<CommandEnd | null>;
  /** Opens and closes an ICMP socket of the native engine. */
  nativeSocket(family: 4 | 6): Promise<NativeSocket | Error>;
  /** Opens and closes a raw ICMP socket through net-ping; null: it can be had. */
  rawSocket(family: 4 | 6): Promise<Error | null>;
  folder(path: string): Promise<FolderState>;
  /** The lab's packages (Debian's names) that are missing. */
  missingPackages(): readonly string[];
  /** Why there can be no lab here; null if there can. */
  lab(): Promise<KnownError | null>;
  /** Ways to log in that can be used unasked (`publickey`, `agent`…); for null those `ssh` itself would try. */
  sshMethods(login: SshLogin | null): Promise<readonly string[] | KnownError>;
}

/** The number a sysctl file holds; null if there is none. */
export const numberIn = async (sources: Sources, path: string): Promise<number | null> => {
  const text = await sources.file(path);
  const value = Number.parseInt(text ?? '', 10);
  return Number.isNaN(value) ? null : value;
};

import { spawn, type ChildProcess } from 'node:child_process';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { heeding, requireTime, whenAborted, within } from '../../deadline.js';
import type { SshLogin } from '../../model/login.js';
import { ns, type Clock, type Nanoseconds } from '../../model/time.js';
import { loginText } from '../../ssh/configured-login.js';
import { systemSshError } from '../../ssh/system-error.js';
import { LocalTransport } from './local.js';
import { commandLine } from './quote.js';
import { KEEPALIVE_MS } from './ssh.js';
import type { ExecOptions, ExecResult, Filled, Transport } from './transport.js';
import { signalGroup } from '../../process-group.js';

/** ssh(1), EXIT STATUS: it, or whatever ended with it at the other side, failed. */
const FAILED = 255;
/** Of what ssh says, as much as tells a cause. */
const MOST_SAID = 1 << 16;
const LOOK_MS = 20;
const SPARE = 0.5e9;

/** A connection that is kept, as a process of ssh's with a socket for its commands (ControlMaster). */
interface Kept {
  readonly socket: string;
  readonly ended: Promise<void>;
  end(): Promise<void>;
}

/**
 * Commands on one node by the system's ssh, for what only that can do: certificates, hardware keys, authorities of hosts,
 * proxy commands. One connection is kept, and each command is a channel of it; a command is never the reason for
 * another connection, so that none is sent twice.
 */
export class SystemSshTransport implements Transport {
  readonly words: string;
  readonly reach_ns: Nanoseconds;
  readonly #login: SshLogin;
  readonly #command: readonly string[];
  readonly #local: LocalTransport;
  #kept: Promise<Kept> | null = null;

  constructor(login: SshLogin, command: readonly string[], clock: Clock) {
    this.#login = login;
    this.#command = command;
    this.#local = new LocalTransport(clock);
    this.reach_ns = login.timeout_ns;
    this.words = `ssh ${loginText(login)}`;
  }

  /**
   * As that of `SshTransport`, but that ssh does not tell when the other side took a command: it is `accepted` when it
   * exited with 0. An exit status of 255 may be that of the connection, and is `closed`.
   */
  async exec(command: Filled, options: ExecOptions): Promise<ExecResult> {
    const { onStamp, signal } = options;
    const line = commandLine(command);
    const opening = (this.#kept ??= this.#open());
    const kept = await (signal === undefined ? opening : heeding(signal, opening));
    requireTime(signal);
    const [ssh = 'ssh', ...args] = this.#command;
    // Where the kept connection is gone, ssh would make one of its own: it is given a way that leads nowhere.
    const onlyKept = [
      '-S',
      kept.socket,
      '-o',
      'ControlMaster=no',
      '-o',
      'ProxyCommand=false',
      '-o',
      'ProxyJump=none',
    ];
    const result = await this.#local.exec([ssh, ...onlyKept, ...withoutJump(args), line], {
      ...options,
      ...(onStamp === undefined
        ? {}
        : { onStamp: (kind, at, detail) => onStamp(kind, at, kind === 'issued' ? line : detail) }),
    });
    if (result.ended === 'timeout') this.#forget(opening);
    if (result.ended !== 'exited' || result.code !== FAILED) return result;
    this.#forget(opening);
    return { ...result, ended: 'closed', code: null };
  }

  async close(): Promise<void> {
    const kept = this.#kept;
    this.#kept = null;
    const open = await kept?.catch(() => null);
    await open?.end();
  }

  #forget(opening: Promise<Kept>): void {
    if (this.#kept === opening) this.#kept = null;
    void opening.then((kept) => kept.end());
  }

  #open(): Promise<Kept> {
    const opening = within(
      ns(this.#login.timeout_ns + SPARE),
      undefined,
      (signal) => keep(this.#login, this.#command, signal),
      () => systemSshError(this.#login, '', 'no answer in time'),
    );
    const forget = (): void => {
      if (this.#kept === opening) this.#kept = null;
    };
    opening.then(({ ended }) => void ended.then(forget), forget);
    return opening;
  }
}

/** `-J` and `ProxyCommand` exclude each other. */
const withoutJump = (args: readonly string[]): string[] =>
  args.filter((word, at) => word !== '-J' && args[at - 1] !== '-J');

const there = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const keep = async (login: SshLogin, command: readonly string[], signal: AbortSignal): Promise<Kept> => {
  // Only this user may enter it: who can write to the socket has the connection.
  const folder = await mkdtemp(join(tmpdir(), 'seqgap-ssh-'));
  const socket = join(folder, 's');
  const [ssh = 'ssh', ...args] = command;
  const alive = ['-o', `ServerAliveInterval=${KEEPALIVE_MS / 1000}`, '-o', 'ServerAliveCountMax=3'];
  const master = ['-M', '-S', socket, '-N', '-o', 'ControlPersist=no', ...alive];
  const child = spawn(ssh, [...master, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // A session without a terminal: neither it nor a hop's ssh can ask anybody, and Ctrl-C is not for it.
    detached: true,
    env: { ...process.env, SSH_ASKPASS_REQUIRE: 'never' },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(0, MOST_SAID);
  });
  let failure: Error | null = null;
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      failure = error;
      resolve();
    });
    child.once('close', () => resolve());
  });
  const end = async (): Promise<void> => {
    stop(child);
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  void ended.then(() => rm(folder, { recursive: true, force: true }));
  const forget = whenAborted(signal, () => stop(child));
  try {
    const over = ended.then(() => true);
    while (!(await there(socket))) {
      const isOver = await Promise.race([
        over,
        new Promise<false>((resolve) => setTimeout(resolve, LOOK_MS, false)),
      ]);
      if (isOver)
        throw systemSshError(login, said, (failure as Error | null)?.message ?? 'ssh ended without a word');
    }
  } finally {
    forget();
  }
  return { socket, ended, end };
};

/** It leads a group: the ssh of each hop goes with it. */
const stop = (ssh: ChildProcess): void => signalGroup(ssh, 'SIGTERM');

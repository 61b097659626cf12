import type { ClientChannel } from 'ssh2';
import type { SshLogin } from '../../model/login.js';
import { registerSecret } from '../../model/secret.js';
import { toMs, type Clock, type Nanoseconds } from '../../model/time.js';
import { heeding, requireTime, whenAborted } from '../../deadline.js';
import {
  OutputBuffer,
  TOO_LONG,
  type Ending,
  type ExecOptions,
  type ExecResult,
  type Filled,
  type Transport,
} from './transport.js';
import { commandLine } from './quote.js';
import { loginText } from '../../ssh/configured-login.js';
import { connectSsh, type SshConnection } from '../../ssh/ssh-connect.js';

/** A dead node is noticed after 12 s even while no command runs, so that the next one finds a fresh connection. */
export const KEEPALIVE_MS = 3000;
/** What ends a connection may not have to wait for the other side. */
const CLOSE_MS = 1000;

/** `root@10.4.0.11`, with the port where it is another than usual. What is secret in it is never shown from now on. */
export const loginWords = (login: SshLogin): string => {
  for (const secret of [login.password, login.passphrase]) if (secret !== null) registerSecret(secret);
  return loginText(login);
};

/** A connection on its way, and how many wait for it or run on it. */
interface Shared {
  readonly opening: Promise<SshConnection>;
  readonly over: AbortController;
  users: number;
}

/**
 * Commands on one node over one SSH connection, which is opened when first needed and again after it died. A
 * command is sent once: a reconnection never repeats it.
 */
export class SshTransport implements Transport {
  readonly words: string;
  readonly reach_ns: Nanoseconds;
  readonly #login: SshLogin;
  readonly #clock: Clock;
  #shared: Shared | null = null;

  constructor(login: SshLogin, clock: Clock) {
    this.#login = login;
    this.#clock = clock;
    this.reach_ns = login.timeout_ns;
    this.words = `ssh ${loginWords(login)}`;
  }

  /**
   * Runs a command. Throws KnownError only where no connection could be made; a node that dies meanwhile gives
   * `closed` or `timeout`. After a timeout the connection is given up, since it may be dead too: what else runs on it is
   * not cut off by that.
   */
  async exec(command: Filled, options: ExecOptions): Promise<ExecResult> {
    const { signal } = options;
    const shared = this.#take();
    try {
      const connection = await (signal === undefined ? shared.opening : heeding(signal, shared.opening));
      requireTime(signal);
      const result = await new Promise<ExecResult>((resolve) =>
        this.#run(connection, commandLine(command), options, resolve),
      );
      if (result.ended === 'timeout') this.#forget(shared);
      return result;
    } finally {
      shared.users -= 1;
      if (shared.users === 0 && this.#shared !== shared) void end(shared);
      // Nobody waits for what nobody may have: an attempt that was given up by all ends.
      else if (shared.users === 0 && signal?.aborted === true) void this.#drop(shared);
    }
  }

  async close(): Promise<void> {
    const shared = this.#shared;
    if (shared !== null) await this.#drop(shared);
  }

  #take(): Shared {
    const shared = (this.#shared ??= this.#open());
    shared.users += 1;
    return shared;
  }

  #open(): Shared {
    const over = new AbortController();
    const opening = connectSsh(this.#login, { keepaliveMs: KEEPALIVE_MS, signal: over.signal });
    const shared: Shared = { opening, over, users: 0 };
    const forget = (): void => this.#forget(shared);
    opening.then(({ client }) => client.once('close', forget), forget);
    return shared;
  }

  #forget(shared: Shared): void {
    if (this.#shared === shared) this.#shared = null;
  }

  async #drop(shared: Shared): Promise<void> {
    this.#forget(shared);
    await end(shared);
  }

  #run(
    { client }: SshConnection,
    command: string,
    options: ExecOptions,
    resolve: (result: ExecResult) => void,
  ): void {
    const { onStamp, uncut = false } = options;
    const stdout = new OutputBuffer();
    const stderr = new OutputBuffer();
    let code: number | null = null;
    let signal: string | null = null;
    let sent = true;
    let done = false;
    let opened: ClientChannel | null = null;
    const finish = (ended: Ending, detail: string, words?: string): void => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      forget();
      client.removeListener('close', onClientClose);
      onStamp?.('closed', this.#clock.monotonic(), detail);
      const said = words === undefined ? {} : { words };
      resolve({ stdout: stdout.text(), stderr: stderr.text(), code, signal, ended, sent, ...said });
    };
    const onClientClose = (): void => finish('closed', 'connection closed');
    const cut = (words: string): void => {
      finish('timeout', words, words);
      opened?.close();
    };
    const collect =
      (output: OutputBuffer) =>
      (chunk: Buffer): void => {
        if (done) return;
        output.add(chunk);
        if (output.full && !uncut) {
          code = null;
          cut(TOO_LONG);
        }
      };
    const onChannel = (error: Error | undefined, channel: ClientChannel): void => {
      if (error !== undefined) {
        // Anything but silence is a refusal: of the channel or of the request (RFC 4254 §5.1, §5.4).
        sent = error.message === 'No response from server';
        stderr.add(Buffer.from(error.message));
        return finish('closed', error.message);
      }
      // Too late for anybody.
      if (done) return channel.close();
      opened = channel;
      onStamp?.('accepted', this.#clock.monotonic(), 'channel success');
      channel.on('data', collect(stdout));
      channel.stderr.on('data', collect(stderr));
      channel.on('exit', (status: number | null, name?: string) => {
        code = status;
        signal = name ?? null;
      });
      channel.on('close', () => {
        const exited = code !== null || signal !== null;
        finish(exited ? 'exited' : 'closed', exited ? `exit ${signal ?? code}` : 'channel closed');
      });
      channel.end();
    };
    const timer = setTimeout(() => cut('timed out'), toMs(options.timeout_ns));
    const forget = uncut ? () => undefined : whenAborted(options.signal, () => cut('given up'));
    client.once('close', onClientClose);
    onStamp?.('issued', this.#clock.monotonic(), command);
    try {
      client.exec(command, onChannel);
    } catch {
      // ssh2 throws `Not connected` before a byte is written.
      sent = false;
      finish('closed', 'connection was closed before the command was sent');
    }
  }
}

/** Ends a connection, or the attempt. */
const end = async ({ opening, over }: Shared): Promise<void> => {
  over.abort();
  const open = await opening.catch(() => null);
  if (open === null || open.socket.closed) return;
  await new Promise<void>((resolve) => {
    const late = setTimeout(resolve, CLOSE_MS);
    open.client.once('close', () => {
      clearTimeout(late);
      resolve();
    });
    open.client.end();
    open.socket.destroy();
  });
};

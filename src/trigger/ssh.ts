import type { ClientChannel } from 'ssh2';
import type { SshLogin } from '../model/login.js';
import { registerSecret } from '../model/secret.js';
import { toMs, type Clock } from '../model/time.js';
import { OutputBuffer } from './output.js';
import { commandLine } from './quote.js';
import { connectSsh, type SshConnection } from './ssh-connect.js';
import type { Ending, ExecOptions, ExecResult, Filled, Transport } from './transport.js';

/** A dead node is noticed after 12 s even while no command runs, so that the next one finds a fresh connection. */
const KEEPALIVE_MS = 3000;

/**
 * Commands on one node over one SSH connection, which is opened when first needed and again after it died. A
 * command is sent once: a reconnection never repeats it.
 */
export class SshTransport implements Transport {
  readonly words: string;
  readonly #login: SshLogin;
  readonly #clock: Clock;
  #connection: Promise<SshConnection> | null = null;

  constructor(login: SshLogin, clock: Clock) {
    this.#login = login;
    this.#clock = clock;
    this.words = `ssh ${login.user}@${login.host}${login.port === 22 ? '' : `:${login.port}`}`;
    for (const secret of [login.password, login.passphrase]) if (secret !== null) registerSecret(secret);
  }

  /**
   * Runs a command. Throws KnownError only where no connection could be made; a node that dies meanwhile gives
   * `closed` or `timeout`. After a timeout the connection is dropped, since it may be dead too.
   */
  async exec(command: Filled, options: ExecOptions): Promise<ExecResult> {
    const connection = await this.#connect();
    return new Promise((resolve) => this.#run(connection, commandLine(command), options, resolve));
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    const open = await connection?.catch(() => null);
    if (!open) return;
    const closed = new Promise<void>((resolve) => open.client.once('close', () => resolve()));
    open.client.end();
    open.socket.destroy();
    await closed;
  }

  #connect(): Promise<SshConnection> {
    if (this.#connection !== null) return this.#connection;
    const connection = connectSsh(this.#login, { keepaliveMs: KEEPALIVE_MS });
    const forget = (): void => {
      if (this.#connection === connection) this.#connection = null;
    };
    connection.then(({ client }) => client.once('close', forget), forget);
    this.#connection = connection;
    return connection;
  }

  #run(
    { client, socket }: SshConnection,
    command: string,
    options: ExecOptions,
    resolve: (result: ExecResult) => void,
  ): void {
    const { onStamp } = options;
    const stdout = new OutputBuffer();
    const stderr = new OutputBuffer();
    let code: number | null = null;
    let signal: string | null = null;
    let sent = true;
    let done = false;
    const finish = (ended: Ending, detail: string): void => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      client.removeListener('close', onClientClose);
      onStamp?.('closed', this.#clock.monotonic(), detail);
      resolve({ stdout: stdout.text(), stderr: stderr.text(), code, signal, ended, sent });
    };
    const onClientClose = (): void => finish('closed', 'connection closed');
    const onTimeout = (): void => {
      finish('timeout', 'timed out');
      this.#connection = null;
      socket.destroy();
    };
    const onChannel = (error: Error | undefined, channel: ClientChannel): void => {
      if (error !== undefined) {
        // Anything but silence is a refusal: of the channel or of the request (RFC 4254 §5.1, §5.4).
        sent = error.message === 'No response from server';
        stderr.add(Buffer.from(error.message));
        return finish('closed', error.message);
      }
      onStamp?.('accepted', this.#clock.monotonic(), 'channel success');
      channel.on('data', (chunk: Buffer) => stdout.add(chunk));
      channel.stderr.on('data', (chunk: Buffer) => stderr.add(chunk));
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
    const timer = setTimeout(onTimeout, toMs(options.timeout_ns));
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

import type { ClientChannel } from 'ssh2';
import { KnownError } from '../../model/error.js';
import type { SshLogin } from '../../model/login.js';
import { ns, type Clock, type Nanoseconds } from '../../model/time.js';
import { formatDuration } from '../../model/duration.js';
import { heeding, requireTime, whenAborted, within } from '../../deadline.js';
import type { ShellOptions } from '../driver/schema-command.js';
import { ShellSession } from './shell-session.js';
import { connectSsh, type SshConnection } from '../../ssh/ssh-connect.js';
import { KEEPALIVE_MS, loginWords } from './ssh.js';
import { fillDialogue, leftOut, type TemplateValues } from './template.js';
import type { ExecOptions, ExecResult, Filled, Transport } from './transport.js';

/** Wide and long, so that little is wrapped or paged. */
const WINDOW = { term: 'vt100', cols: 511, rows: 1000 };

interface Open {
  readonly connection: SshConnection;
  readonly session: ShellSession;
}

/**
 * A device's command line over one SSH connection, which is opened when first needed and again after it died. Lines
 * are typed one after the other, each once: a reconnection never repeats one. A device that asks what nobody expects
 * is hung up on, which answers no question.
 */
export class ShellTransport implements Transport {
  readonly words: string;
  readonly reach_ns: Nanoseconds;
  readonly #login: SshLogin;
  readonly #options: ShellOptions;
  readonly #values: TemplateValues;
  readonly #clock: Clock;
  #open: Open | null = null;
  /** Ends the attempt to get a prompt, while there is one. */
  #reaching: AbortController | null = null;
  /** The end of the line that was typed last. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(login: SshLogin, options: ShellOptions, values: TemplateValues, clock: Clock) {
    this.#login = login;
    this.#options = options;
    this.#values = values;
    this.#clock = clock;
    this.reach_ns = login.timeout_ns;
    this.words = `shell of ${loginWords(login)}`;
  }

  /** Throws KnownError where no prompt was reached, so that nothing was typed. */
  exec(command: Filled, options: ExecOptions): Promise<ExecResult> {
    return this.together((exec) => exec(command, options), options.signal);
  }

  /** VyOS: between `configure` and `exit` a question would be one of the configuration mode. */
  together<T>(work: (exec: Transport['exec']) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = this.#turn;
    const begin = async (): Promise<T> => {
      await (signal === undefined ? before : heeding(signal, before));
      return work((command, options) => this.#converse(command, options));
    };
    const result = begin();
    // Whoever gave up waiting must not let the next one in before its turn.
    this.#turn = Promise.allSettled([before, result]);
    return result;
  }

  close(): Promise<void> {
    this.#reaching?.abort();
    this.#hangUp();
    return Promise.resolve();
  }

  async #converse(dialogue: Filled, options: ExecOptions): Promise<ExecResult> {
    if (typeof dialogue === 'string' || !('send' in dialogue)) throw new Error('a shell takes dialogues');
    if (this.#open?.session.closed === true) this.#hangUp();
    const open = (this.#open ??= await this.#reach(options.signal));
    requireTime(options.signal);
    const result = await open.session.converse(dialogue, options);
    const good = result.ended === 'exited' && result.code === 0;
    if (!good) this.#hangUp();
    return result;
  }

  #hangUp(): void {
    if (this.#open !== null) hangUp(this.#open.connection);
    this.#open = null;
  }

  /** A connection with a prompt: one deadline over connection, login, shell, prompt and what the driver begins with. */
  async #reach(signal: AbortSignal | undefined): Promise<Open> {
    const over = new AbortController();
    this.#reaching = over;
    const forget = whenAborted(signal, () => over.abort(signal?.reason));
    const end = this.#clock.monotonic() + this.#login.timeout_ns;
    const left = (): ExecOptions => ({
      timeout_ns: ns(Math.max(1, end - this.#clock.monotonic())),
      signal: over.signal,
    });
    try {
      const connection = await connectSsh(this.#login, { keepaliveMs: KEEPALIVE_MS, signal: over.signal });
      try {
        const channel = await this.#shellOf(connection, left());
        const session = new ShellSession(channel, this.#options, this.#clock);
        await this.#arrive(session, left);
        return { connection, session };
      } catch (error) {
        hangUp(connection);
        throw error;
      }
    } finally {
      forget();
      if (this.#reaching === over) this.#reaching = null;
    }
  }

  #shellOf({ client, socket }: SshConnection, { timeout_ns, signal }: ExecOptions): Promise<ClientChannel> {
    const refused = (reason: string): KnownError =>
      new KnownError(`${this.words}: no shell: ${reason}`, {
        remedy: 'check that this user may have a terminal, and that the device is not hung or overloaded',
      });
    const opened = (): Promise<ClientChannel> =>
      new Promise((resolve, reject) => {
        const closed = (): void => reject(refused('connection closed'));
        client.once('close', closed);
        socket.once('close', closed);
        client.shell(WINDOW, (error, channel) => {
          if (error !== undefined) reject(refused(error.message));
          else resolve(channel);
        });
      });
    const after = formatDuration(this.#login.timeout_ns);
    return within(timeout_ns, signal, opened, () =>
      refused(`the device let ${this.#login.user} log in, and opened no session within ${after}`),
    );
  }

  /** Waits for the first prompt, then types what the driver begins with. */
  async #arrive(session: ShellSession, left: () => ExecOptions): Promise<void> {
    const greeting = await session.converse({ send: '', answers: [] }, left(), true);
    requireTime(left().signal);
    if (greeting.ended !== 'exited' || greeting.code !== 0) throw this.#noPrompt(greeting, 'after the login');
    for (const step of this.#options.start) {
      if (leftOut(step, this.#values)) continue;
      const result = await session.converse(fillDialogue(step, this.#values), left());
      requireTime(left().signal);
      if (result.ended !== 'exited' || result.code !== 0)
        throw this.#noPrompt(result, `after "${step.send}"`);
    }
  }

  #noPrompt({ words, ended }: ExecResult, when: string): KnownError {
    const what = words ?? (ended === 'closed' ? 'the device closed the connection' : ended);
    return new KnownError(`${this.words}: no prompt ${when}: ${what}`, {
      remedy: "log in by hand and compare with the driver's `shell.prompt`; a device may be in another mode",
    });
  }
}

/** Closes the connection at once; what was asked stays unanswered. */
const hangUp = ({ client, socket }: SshConnection): void => {
  client.end();
  socket.destroy();
};

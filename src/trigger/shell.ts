import type { ClientChannel } from 'ssh2';
import { KnownError } from '../model/error.js';
import type { SshLogin } from '../model/login.js';
import { registerSecret } from '../model/secret.js';
import { type Clock } from '../model/time.js';
import type { ShellOptions } from './schema-command.js';
import { ShellSession } from './shell-session.js';
import { connectSsh, type SshConnection } from './ssh-connect.js';
import { fillDialogue, leftOut, type TemplateValues } from './template.js';
import type { ExecOptions, ExecResult, Filled, Transport } from './transport.js';

const KEEPALIVE_MS = 3000;
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
  readonly #login: SshLogin;
  readonly #options: ShellOptions;
  readonly #values: TemplateValues;
  readonly #clock: Clock;
  #open: Promise<Open> | null = null;
  /** The end of the line that was typed last. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(login: SshLogin, options: ShellOptions, values: TemplateValues, clock: Clock) {
    this.#login = login;
    this.#options = options;
    this.#values = values;
    this.#clock = clock;
    this.words = `shell of ${login.user}@${login.host}${login.port === 22 ? '' : `:${login.port}`}`;
    for (const secret of [login.password, login.passphrase]) if (secret !== null) registerSecret(secret);
  }

  /** Throws KnownError where no prompt was reached, so that nothing was typed. */
  exec(command: Filled, options: ExecOptions): Promise<ExecResult> {
    return this.together((exec) => exec(command, options));
  }

  /** VyOS: between `configure` and `exit` a question would be one of the configuration mode. */
  together<T>(work: (exec: Transport['exec']) => Promise<T>): Promise<T> {
    const result = this.#turn.then(() => work((command, options) => this.#converse(command, options)));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    hangUp(await open?.catch(() => null));
  }

  async #converse(dialogue: Filled, options: ExecOptions): Promise<ExecResult> {
    if (typeof dialogue === 'string' || !('send' in dialogue)) throw new Error('a shell takes dialogues');
    const opening = (this.#open ??= this.#start());
    let open: Open;
    try {
      open = await opening;
    } catch (error) {
      this.#open = null;
      throw error;
    }
    const result = await open.session.converse(dialogue, options);
    const good = result.ended === 'exited' && result.code === 0;
    if (!good) {
      this.#open = null;
      hangUp(open);
    }
    return result;
  }

  async #start(): Promise<Open> {
    const connection = await connectSsh(this.#login, { keepaliveMs: KEEPALIVE_MS });
    try {
      const channel = await shellOf(connection);
      const session = new ShellSession(channel, this.#options, this.#clock);
      await this.#arrive(session);
      return { connection, session };
    } catch (error) {
      hangUp({ connection });
      throw error;
    }
  }

  /** Waits for the first prompt, then types what the driver begins with. */
  async #arrive(session: ShellSession): Promise<void> {
    const options = { timeout_ns: this.#login.timeout_ns };
    const greeting = await session.converse({ send: '', answers: [] }, options, true);
    if (greeting.ended !== 'exited' || greeting.code !== 0) throw this.#noPrompt(greeting, 'after the login');
    for (const step of this.#options.start) {
      if (leftOut(step, this.#values)) continue;
      const result = await session.converse(fillDialogue(step, this.#values), options);
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

const shellOf = ({ client, socket }: SshConnection): Promise<ClientChannel> =>
  new Promise((resolve, reject) => {
    const refused = (reason: string): void =>
      reject(new KnownError(`no shell: ${reason}`, { remedy: 'check that this user may have a terminal' }));
    client.once('close', () => refused('connection closed'));
    socket.once('close', () => refused('connection closed'));
    client.shell(WINDOW, (error, channel) => {
      if (error !== undefined) refused(error.message);
      else resolve(channel);
    });
  });

/** Closes the connection at once; what was asked stays unanswered. */
const hangUp = (open: Pick<Open, 'connection'> | null | undefined): void => {
  if (!open) return;
  open.connection.client.end();
  open.connection.socket.destroy();
};

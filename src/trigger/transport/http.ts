import { request as plainRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { heeding, requireTime, whenAborted } from '../../deadline.js';
import { KnownError, messageOf, readErrorWords } from '../../model/error.js';
import type { HttpLogin } from '../../model/login.js';
import { brief } from '../../model/outside.js';
import { registerSecret } from '../../model/secret.js';
import { ns, toMs, type Clock, type Nanoseconds } from '../../model/time.js';
import { isPlainText, NO_TLS } from '../../probe/tls.js';
import { readUserFile, SMALL_FILE } from '../../user-file.js';
import { extractWords } from '../ask/extract.js';
import type { HttpOptions } from '../driver/schema-command.js';
import {
  OutputBuffer,
  TOO_LONG,
  type ExecOptions,
  type ExecResult,
  type Filled,
  type HttpRequest,
  type OnStamp,
  type Transport,
} from './transport.js';
import { commandLine } from './quote.js';
import { fill, fillAll, type TemplateValues } from './template.js';

const UNAUTHORIZED = 401;

type Login = NonNullable<HttpOptions['login']>;

export interface Reply extends ExecResult {
  readonly status: number | null;
  readonly headers: IncomingMessage['headers'];
}

const bodyOf = ({ json, form, body }: HttpRequest): { text: string; type: string } | null => {
  if (json !== null) return { text: JSON.stringify(json), type: 'application/json' };
  if (form !== null)
    return { text: new URLSearchParams(form).toString(), type: 'application/x-www-form-urlencoded' };
  return body === null ? null : { text: body, type: 'text/plain' };
};

/**
 * Requests to a management API, each on a connection of its own: a kept one may turn out to be dead only after a
 * write was put into it, and then nobody could tell whether it arrived. A request is sent once.
 */
export class HttpTransport implements Transport {
  readonly words: string;
  readonly reach_ns: Nanoseconds;
  readonly #login: HttpLogin;
  readonly #options: HttpOptions;
  readonly #values: TemplateValues;
  readonly #clock: Clock;
  #token: Promise<string> | null = null;

  constructor(login: HttpLogin, options: HttpOptions, values: TemplateValues, clock: Clock) {
    this.#login = login;
    this.#options = options;
    this.#values = values;
    this.#clock = clock;
    this.words = login.url;
    // A connection is made within the time of the request; a token has to be fetched before.
    this.reach_ns = options.login === undefined ? ns(0) : this.#loginTime(options.login);
    for (const secret of [login.password, login.apiKey]) if (secret !== null) registerSecret(secret);
    if (login.password !== null) registerSecret(this.#basic());
  }

  /**
   * Throws KnownError only where nothing was sent: no connection, or a certificate that is not trusted. A write that
   * ends by 5xx or is cut off may have been carried out.
   */
  async exec(command: Filled, options: ExecOptions): Promise<Reply> {
    if (typeof command === 'string' || !('method' in command)) throw new Error('an API takes requests');
    const reply = await this.#send(command, options, await this.#session(options.signal));
    // The token was refused before anything else was looked at: with a new one the request is sent for the first time.
    if (reply.status !== UNAUTHORIZED || this.#options.login === undefined) return reply;
    this.#token = null;
    return this.#send(command, options, await this.#session(options.signal));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #basic(): string {
    return Buffer.from(`${this.#login.user ?? ''}:${this.#login.password ?? ''}`).toString('base64');
  }

  /** Values for the headers: the token too, where the driver logs in for one. */
  async #session(signal: AbortSignal | undefined): Promise<TemplateValues> {
    if (this.#options.login === undefined) return this.#values;
    const token = (this.#token ??= this.#logIn(this.#options.login));
    // Others may wait for the same one: it ends by its own time, and not with who gave up waiting.
    token.catch(() => {
      if (this.#token === token) this.#token = null;
    });
    return { ...this.#values, token: await (signal === undefined ? token : heeding(signal, token)) };
  }

  #loginTime({ timeout }: Login): Nanoseconds {
    return timeout ?? this.#login.timeout_ns;
  }

  async #logIn(login: Login): Promise<string> {
    const { run, token } = login;
    const command = fill(run, this.#values) as HttpRequest;
    const reply = await this.#send(command, { timeout_ns: this.#loginTime(login) }, null);
    if (reply.code !== 0)
      throw new KnownError(`${this.words}: the login failed: ${reply.words ?? reply.ended}`, {
        remedy: 'check user and password of `http:`',
      });
    const found =
      'header' in token
        ? [reply.headers[token.header.toLowerCase()] ?? []].flat().map((each) => each.split(';')[0] ?? '')
        : extractWords([{ group: 1, ...token }], reply.stdout, this.#values);
    const [word] = found;
    if (word === undefined) throw new KnownError(`${this.words}: the login gave no token`);
    registerSecret(word);
    return word;
  }

  /**
   * Once more where a redirect says so, within the time of the request. The stamps are those of the request that was carried
   * out, so they are told when it is known which one that is. @param session values for the driver's headers and query; null:
   * the login itself, which has neither.
   */
  async #send(command: HttpRequest, options: ExecOptions, session: TemplateValues | null): Promise<Reply> {
    const target = new URL(`${this.#login.url}${command.path}`);
    const asked = { ...(session === null ? {} : fillAll(this.#options.query, session)), ...command.query };
    for (const [name, value] of Object.entries(asked)) target.searchParams.append(name, value);
    const end = this.#clock.monotonic() + options.timeout_ns;
    const stamps: Parameters<OnStamp>[] = [];
    const onStamp: OnStamp = (...stamp) => void stamps.push(stamp);
    const reply = await this.#sendTo(target, command, { ...options, onStamp }, session);
    const elsewhere = redirectOf(reply, command, target);
    const left = ns(end - this.#clock.monotonic());
    if (elsewhere === null || left <= 0) {
      for (const stamp of stamps) options.onStamp?.(...stamp);
      return reply;
    }
    return this.#sendTo(elsewhere, command, { ...options, timeout_ns: left }, session);
  }

  async #sendTo(
    target: URL,
    command: HttpRequest,
    { timeout_ns, onStamp, signal, uncut = false }: ExecOptions,
    session: TemplateValues | null,
  ): Promise<Reply> {
    const { ca, insecure, timeout_ns: connect_ns } = this.#login;
    const { headers, auth } = this.#options;
    const body = bodyOf(command);
    const options: RequestOptions & { rejectUnauthorized?: boolean; ca?: string } = {
      method: command.method,
      agent: false,
      headers: {
        connection: 'close',
        accept: '*/*',
        ...(auth === 'basic' ? { authorization: `Basic ${this.#basic()}` } : {}),
        ...(body === null
          ? {}
          : { 'content-type': body.type, 'content-length': Buffer.byteLength(body.text) }),
        ...(session === null ? {} : fillAll(headers, session)),
        ...command.headers,
      },
      rejectUnauthorized: !insecure,
      ...(ca === null ? {} : { ca: await readAuthorities(ca) }),
    };
    const line = commandLine(command);
    requireTime(signal);
    const now = (): ReturnType<Clock['monotonic']> => this.#clock.monotonic();
    return new Promise((resolve, reject) => {
      const secure = target.protocol === 'https:';
      const request = (secure ? tlsRequest : plainRequest)(target, options);
      const out = new OutputBuffer();
      let sent = false;
      let response: IncomingMessage | null = null;
      const end = (): void => {
        clearTimeout(timer);
        clearTimeout(patience);
        forget();
        request.destroy();
      };
      const finish = (ending: Pick<ExecResult, 'ended' | 'code'> & { words?: string }): void => {
        onStamp?.('closed', now(), ending.words ?? statusWords(response));
        resolve({
          stdout: out.text(),
          stderr: '',
          signal: null,
          sent: true,
          status: response?.statusCode ?? null,
          headers: response?.headers ?? {},
          ...ending,
        });
        end();
      };
      const fail = (error: unknown): void => {
        if (!sent) {
          end();
          return reject(httpError(this.#login, error));
        }
        finish({
          ended: 'closed',
          code: null,
          words: `connection cut after the request was sent (${brief(messageOf(error))})`,
        });
      };
      const giveUp = (): void =>
        sent
          ? finish({ ended: 'timeout', code: null, words: 'no answer in time to a request that was sent' })
          : fail(new Error('timed out'));
      const timer = setTimeout(giveUp, toMs(timeout_ns));
      const forget = whenAborted(signal, () => {
        if (!sent || !uncut) giveUp();
      });
      const patience = setTimeout(() => sent || fail(new Error('timed out')), toMs(connect_ns));
      request.once('error', fail);
      request.once('socket', (socket) => {
        socket.once(secure ? 'secureConnect' : 'connect', () => {
          sent = true;
          onStamp?.('issued', now(), line);
          request.end(body?.text);
        });
      });
      request.once('response', (message) => {
        response = message;
        const good = isGood(message, command);
        if (good) onStamp?.('accepted', now(), statusWords(message));
        message.on('data', (chunk: Buffer) => {
          out.add(chunk);
          // Of a write too: what it did is not known without its answer.
          if (out.full) finish({ ended: 'timeout', code: null, words: TOO_LONG });
        });
        message.once('error', fail);
        message.once('close', () => {
          if (!message.complete) return fail(new Error('the answer was cut off'));
          if (good) return finish({ ended: 'exited', code: 0 });
          const words = `${statusWords(message)}${remedyFor(message)}`;
          const unclear = (message.statusCode ?? 0) >= 500 && command.method !== 'GET';
          finish({ ended: unclear ? 'closed' : 'exited', code: null, words });
        });
      });
    });
  }
}

/**
 * Where a request goes that was not carried out, but sent elsewhere: with its method and body (RFC 9110 §15.4.8 and 9, and of a
 * GET §15.4.2 and 3), and on the same scheme, host and port alone, since it carries credentials. Management controllers do
 * that to a path without its last slash. Null: it stays with the answer that came.
 */
const redirectOf = (
  { ended, code, status, headers }: Reply,
  { method }: HttpRequest,
  from: URL,
): URL | null => {
  const allowed = method === 'GET' ? [301, 302, 307, 308] : [307, 308];
  if (ended !== 'exited' || code === 0 || status === null || !allowed.includes(status)) return null;
  const { location } = headers;
  if (location === undefined || !URL.canParse(location, from.href)) return null;
  const to = new URL(location, from);
  if (to.origin !== from.origin) return null;
  return to.username === '' && to.password === '' && to.href !== from.href ? to : null;
};

const isGood = ({ statusCode = 0 }: IncomingMessage, { ok }: HttpRequest): boolean =>
  (statusCode >= 200 && statusCode < 300) || ok.includes(statusCode);

const statusWords = (message: IncomingMessage | null): string =>
  message === null ? 'no answer' : brief(`HTTP ${message.statusCode ?? '?'} ${message.statusMessage ?? ''}`);

const remedyFor = ({ statusCode, headers }: IncomingMessage): string => {
  if (statusCode === UNAUTHORIZED || statusCode === 403)
    return ' (check user, password or key of `http:`, and what that user may do)';
  return headers.location === undefined ? '' : ` (to ${brief(headers.location)}, which is not followed)`;
};

const readAuthorities = async (path: string): Promise<string> => {
  try {
    return (await readUserFile(path, SMALL_FILE)).toString('utf8');
  } catch (error) {
    throw new KnownError(`cannot read ${path}: ${readErrorWords(error)}`, {
      remedy: 'check `ca` in the scenario',
      cause: error,
    });
  }
};

const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return '';
  // Several addresses of one name were tried: the last one's cause is as good as any.
  if (error instanceof AggregateError) return codeOf(error.errors.at(-1));
  return 'code' in error ? String(error.code) : '';
};

const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_UNTRUSTED',
]);

const TRUST = 'give `ca:` with its authority, or `insecure: true` to trust whoever answers';

/** What went wrong, and what to do about it. */
const causeOf = (error: unknown): readonly [string, string] => {
  const code = codeOf(error);
  if (UNTRUSTED.has(code)) return [`nobody known vouches for the certificate (${code})`, TRUST];
  if (error instanceof Error && isPlainText(error))
    return [NO_TLS, 'give the port of https in `url`, or http:// if it has none'];
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return ['the certificate has expired', 'renew it, or `insecure: true` to trust whoever answers'];
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return [
        `the certificate is for another name (${brief(messageOf(error))})`,
        'use a name that it is for in `url`',
      ];
    case 'ECONNREFUSED':
      return ['connection refused', 'check that the API is enabled there, and the port'];
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return ['the name is not known', 'check `url`, or the DNS of this host'];
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return ['no route', 'check the address, and the route of this host'];
    case 'ECONNRESET':
      return ['connection reset', 'check that https is spoken there, and who may connect'];
    default:
      return [brief(messageOf(error)), 'check `url`, and that this host may reach the API'];
  }
};

/** Nothing was sent: no connection came about. */
export const httpError = ({ url }: HttpLogin, error: unknown): KnownError => {
  if (error instanceof KnownError) return error;
  const [what, remedy] = causeOf(error);
  return new KnownError(`${url}: ${what}`, { remedy, cause: error });
};

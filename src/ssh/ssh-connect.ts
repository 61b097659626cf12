import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2, { type AnyAuthMethod, type AuthHandlerMiddleware, type Client } from 'ssh2';
import { monotonicNow } from '../clock.js';
import { hasCode, KnownError, messageOf, readErrorWords } from '../model/error.js';
import type { SshHop, SshLogin } from '../model/login.js';
import { ns, toMs, type Nanoseconds } from '../model/time.js';
import { requireTime, whenAborted, within } from '../deadline.js';
import { readUserFile, SMALL_FILE } from '../user-file.js';
import { checkHostKey, hostKeyAlgorithms, keysOfHost, type KnownHostKey, USUAL_PORT } from './known-hosts.js';
import { forwardError, sshError, type SshFailure, type SshStage } from './ssh-error.js';
import { authMethods } from './ssh-login.js';

export interface SshConnectOptions {
  /**
   * Give up a peer that is silent for 4 of these intervals. 0, the default: never. A measured session must not have
   * one, since it would end what the outage did not.
   */
  readonly keepaliveMs?: number;
  /** Connect to this address, where `login.host` was resolved before; the host key is that of `login.host`. */
  readonly address?: string;
  /** Ends the attempt. */
  readonly signal?: AbortSignal;
}

/** A file that does not exist knows no host. */
const readKnownHosts = async ({ knownHosts, configured, host, port }: SshHop): Promise<KnownHostKey[]> => {
  if (knownHosts === null) return [];
  const { alsoKnownHosts = [], hostKeyAlias = null } = configured ?? {};
  const [name, at] = hostKeyAlias === null ? [host, port] : [hostKeyAlias, USUAL_PORT];
  const keys = await Promise.all(
    [knownHosts, ...alsoKnownHosts].map(async (file) => {
      try {
        return keysOfHost((await readUserFile(file, SMALL_FILE)).toString('utf8'), name, at);
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return [];
        throw new KnownError(`cannot read ${file}: ${readErrorWords(error)}`, {
          remedy: 'check `known-hosts` in the scenario',
          cause: error,
        });
      }
    }),
  );
  return keys.flat();
};

/** Walks through the methods once; what the server offers after a refusal is kept for the error. */
const authWalk = (username: string, methods: readonly AnyAuthMethod[]) => {
  const tried: string[] = [];
  // `none` costs a round trip and makes the server say what it offers (RFC 4252 §5.2).
  const left: AnyAuthMethod[] = [{ type: 'none', username }, ...methods];
  let offered: readonly string[] | null = null;
  const handler: AuthHandlerMiddleware = (methodsLeft, _partial, next) => {
    offered = (methodsLeft as readonly string[] | null) ?? offered;
    const method = left.shift();
    // ssh2 takes `false` for "no more"; its types do not say so.
    if (method === undefined) return next(false as unknown as AnyAuthMethod);
    if (method.type !== 'none') tried.push(method.type);
    next(method);
  };
  return { handler, tried, offered: () => offered };
};

/** `socket` is what to destroy: ssh2's own `destroy` does nothing once `end` was called. It is that to the nearest hop. */
export interface SshConnection {
  readonly client: Client;
  readonly socket: Socket;
}

/** Beyond the login's own time-out, which tells how far it came. */
const FILES = 0.5e9;

/**
 * Opens an SSH connection, over its hops: host keys checked, logged in, all within the login's time-out. Throws KnownError with the
 * most telling cause (see `sshError`). The client returned has an `error` listener: watch `close` to learn of its end.
 */
export const connectSsh = (login: SshLogin, options: SshConnectOptions = {}): Promise<SshConnection> =>
  within(
    ns(login.timeout_ns + FILES),
    options.signal,
    (signal) => attempt(login, { ...options, signal }),
    () =>
      new KnownError(
        `SSH to ${login.user}@${login.host}:${login.port}: its key files were not read in time`,
        {
          remedy: 'check `key` and `known-hosts` in the scenario',
        },
      ),
  );

const attempt = async (
  login: SshLogin,
  { keepaliveMs = 0, address, signal }: SshConnectOptions & { readonly signal: AbortSignal },
): Promise<SshConnection> => {
  const { jump = [], ...last } = login;
  const end = ns(monotonicNow() + login.timeout_ns);
  const socket = new Socket();
  const forget = whenAborted(signal, () => socket.destroy());
  try {
    const legs = [...jump, last];
    let way: Duplex = socket;
    let opened: Client | null = null;
    for (const [index, leg] of legs.entries()) {
      const before = legs[index - 1];
      if (before !== undefined && opened !== null) way = await forward(opened, before, leg);
      const begin = (): void => {
        if (index > 0) return;
        socket.setNoDelay(true);
        socket.connect({ host: address ?? leg.host, port: leg.port });
      };
      const client: Client = await logIn(leg, way, begin, { keepaliveMs, end, signal });
      // A hop that is gone takes all with it, and the end of what came over it leaves no hop behind.
      if (index > 0) client.once('close', () => socket.destroy());
      opened = client;
    }
    return { client: opened as Client, socket };
  } catch (error) {
    socket.destroy();
    throw jump.length === 0 ? error : onTheWay(login, error);
  } finally {
    forget();
  }
};

/** What a login of a hop fails by is not known by the name of the node. */
const onTheWay = ({ user, host, port }: SshHop, error: unknown): unknown => {
  const to = `SSH to ${user}@${host}:${port}`;
  if (!(error instanceof KnownError) || error.message.startsWith(`${to}: `)) return error;
  const { remedy, exitCode } = error;
  return new KnownError(`${to}, on its way: ${error.message}`, {
    ...(remedy === null ? {} : { remedy }),
    exitCode,
    cause: error,
  });
};

/** RFC 4254 §5.1; what OpenSSH itself says beside the code is "open failed". */
const REFUSALS: Readonly<Record<number, string>> = {
  1: 'administratively prohibited',
  2: 'connect failed',
  4: 'resource shortage',
};

const refusalWords = (error: Error): string =>
  ('reason' in error ? REFUSALS[Number(error.reason)] : undefined) ?? messageOf(error);

/** A channel of a hop to the next one, or to the end of the way. */
const forward = (client: Client, hop: SshHop, to: SshHop): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    const refused = (why: string): void => {
      client.removeListener('close', gone);
      reject(forwardError(hop, to, why));
    };
    const gone = (): void => refused('it closed the connection');
    client.once('close', gone);
    client.forwardOut('127.0.0.1', 0, to.host, to.port, (error, channel) => {
      if (error !== undefined) return refused(refusalWords(error));
      client.removeListener('close', gone);
      resolve(channel);
    });
  });

interface LogInOptions {
  readonly keepaliveMs: number;
  readonly end: Nanoseconds;
  readonly signal: AbortSignal;
}

const logIn = async (
  login: SshHop,
  sock: Duplex,
  begin: () => void,
  { keepaliveMs, end, signal }: LogInOptions,
): Promise<Client> => {
  const known = await readKnownHosts(login);
  const auth = authWalk(login.user, await authMethods(login));
  requireTime(signal);
  const client = new ssh2.Client();
  let stage: SshStage = 'tcp';
  let hostKey: SshFailure['hostKey'] = null;
  client.on('connect', () => (stage = 'banner'));
  client.on('handshake', () => (stage = 'login'));
  const reached = (): SshStage => (stage === 'banner' && sock.readableDidRead ? 'key-exchange' : stage);

  const ready = new Promise<Client>((resolve, reject) => {
    const fail = (error: unknown): void =>
      reject(
        sshError(login, { stage: reached(), error, hostKey, offered: auth.offered(), tried: auth.tried }),
      );
    client.on('ready', () => resolve(client));
    client.on('error', (error) => {
      // The agent failing is one method failing; the walk goes on.
      if (error.level !== 'agent') fail(error);
    });
    client.on('close', () => fail(new Error('connection closed')));
  });
  client.connect({
    sock,
    username: login.user,
    authHandler: auth.handler,
    algorithms: { serverHostKey: hostKeyAlgorithms(known) },
    hostVerifier: (blob: Buffer) => {
      if (login.knownHosts === null) return true;
      const verdict = checkHostKey(known, blob);
      hostKey = { verdict, blob };
      return verdict === 'known';
    },
    readyTimeout: Math.max(1, toMs(ns(end - monotonicNow()))),
    keepaliveInterval: keepaliveMs,
    keepaliveCountMax: 3,
  });
  begin();
  return ready;
};

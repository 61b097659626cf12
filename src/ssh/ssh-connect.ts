import { Socket } from 'node:net';
import ssh2, { type AnyAuthMethod, type AuthHandlerMiddleware, type Client } from 'ssh2';
import { monotonicNow } from '../clock.js';
import { hasCode, KnownError, messageOf } from '../model/error.js';
import type { SshLogin } from '../model/login.js';
import { ns, toMs } from '../model/time.js';
import { requireTime, whenAborted, within } from '../deadline.js';
import { readUserFile, SMALL_FILE } from '../user-file.js';
import { checkHostKey, hostKeyAlgorithms, keysOfHost, type KnownHostKey } from './known-hosts.js';
import { sshError, type SshFailure, type SshStage } from './ssh-error.js';
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
const readKnownHosts = async (login: SshLogin): Promise<KnownHostKey[]> => {
  if (login.knownHosts === null) return [];
  try {
    return keysOfHost(
      (await readUserFile(login.knownHosts, SMALL_FILE)).toString('utf8'),
      login.host,
      login.port,
    );
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw new KnownError(`cannot read ${login.knownHosts}: ${messageOf(error)}`, {
      remedy: 'check `known-hosts` in the scenario',
      cause: error,
    });
  }
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

/** `socket` is what to destroy: ssh2's own `destroy` does nothing once `end` was called. */
export interface SshConnection {
  readonly client: Client;
  readonly socket: Socket;
}

/** Beyond the login's own time-out, which tells how far it came. */
const FILES = 0.5e9;

/**
 * Opens an SSH connection: host key checked, logged in, all within the login's time-out. Throws KnownError with the most
 * telling cause (see `sshError`). The client returned has an `error` listener: watch `close` to learn of its end.
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
  { keepaliveMs = 0, address = login.host, signal }: SshConnectOptions & { readonly signal: AbortSignal },
): Promise<SshConnection> => {
  const begun = monotonicNow();
  const known = await readKnownHosts(login);
  const auth = authWalk(login.user, await authMethods(login));
  requireTime(signal);
  const socket = new Socket();
  const client = new ssh2.Client();
  let stage: SshStage = 'tcp';
  let hostKey: SshFailure['hostKey'] = null;
  client.on('connect', () => (stage = 'banner'));
  client.on('handshake', () => (stage = 'login'));
  const reached = (): SshStage => (stage === 'banner' && socket.bytesRead > 0 ? 'key-exchange' : stage);

  const ready = new Promise<SshConnection>((resolve, reject) => {
    const fail = (error: unknown): void => {
      reject(
        sshError(login, { stage: reached(), error, hostKey, offered: auth.offered(), tried: auth.tried }),
      );
      socket.destroy();
    };
    client.on('ready', () => resolve({ client, socket }));
    client.on('error', (error) => {
      // The agent failing is one method failing; the walk goes on.
      if (error.level !== 'agent') fail(error);
    });
    client.on('close', () => fail(new Error('connection closed')));
  });
  client.connect({
    sock: socket,
    username: login.user,
    authHandler: auth.handler,
    algorithms: { serverHostKey: hostKeyAlgorithms(known) },
    hostVerifier: (blob: Buffer) => {
      if (login.knownHosts === null) return true;
      const verdict = checkHostKey(known, blob);
      hostKey = { verdict, blob };
      return verdict === 'known';
    },
    readyTimeout: Math.max(1, toMs(ns(login.timeout_ns - (monotonicNow() - begun)))),
    keepaliveInterval: keepaliveMs,
    keepaliveCountMax: 3,
  });
  socket.setNoDelay(true);
  socket.connect({ host: address, port: login.port });
  const forget = whenAborted(signal, () => socket.destroy());
  return ready.finally(forget);
};

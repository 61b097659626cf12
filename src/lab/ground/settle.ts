import { connect } from 'node:net';
import { holdsWithin } from '../../deadline.js';
import { KnownError } from '../../model/error.js';
import { succeeds } from './command.js';

/** On a busy host a step may take seconds; beyond this something is broken. */
const PATIENCE_MS = 30_000;

/** Polls until `check` holds: states in another machine's files and daemons tell nobody when they change. */
export const until = async (what: string, check: () => boolean | Promise<boolean>): Promise<void> => {
  if (await holdsWithin(check, { limit_ms: PATIENCE_MS })) return;
  throw new KnownError(`the lab did not come up: ${what} within ${PATIENCE_MS / 1000} s`, {
    remedy: 'try again with less load on this host, or with longer intervals of the HA software',
  });
};

/** Does an SSH server greet there? */
export const greets = (host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port: 22, timeout: 1000 });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('data', (data) => end(data.toString('latin1').startsWith('SSH-')));
    socket
      .on('error', () => end(false))
      .on('timeout', () => end(false))
      .on('end', () => end(false));
  });

/** A health probe: is a TCP connection made within the time? */
export const connects = (host: string, port: number, within_ms: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (good: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(good);
    };
    // On a host that was busy the answer may be there, unread: it is looked for once more before the verdict.
    const timer = setTimeout(() => setImmediate(() => end(false)), within_ms);
    socket.on('connect', () => end(true)).on('error', () => end(false));
  });

/** Does a ping from the client come back? */
export const reachesServer = (address: string): Promise<boolean> =>
  succeeds('ip', ['netns', 'exec', 'client', 'ping', '-n', '-q', '-c', '1', '-W', '0.2', address]);

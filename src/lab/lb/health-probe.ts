import { connect } from 'node:net';

/** The port that is asked: the SSH server's, as vendors' templates for load balancers do. */
const HEALTH_PORT = 22;

/** One health probe: is a TCP connection made within the time? */
export const healthProbe = (host: string, timeout_ms: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port: HEALTH_PORT });
    const end = (good: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(good);
    };
    // On a host that was busy the answer may be there, unread: it is looked for once more before the verdict.
    const timer = setTimeout(() => setImmediate(() => end(false)), timeout_ms);
    socket.on('connect', () => end(true)).on('error', () => end(false));
  });

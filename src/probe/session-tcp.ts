import { connect } from 'node:net';
import type { SessionEnding } from '../model/event.js';
import { toMs, type Nanoseconds } from '../model/time.js';
import type { OpenChannel } from './session-channel.js';

const endingOf = (code: string | undefined): SessionEnding =>
  code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNABORTED' ? 'reset' : 'error';

/**
 * A TCP connection to an echo service (RFC 862) or a web server. The kernel's own timers stay as they are: they are
 * measured.
 */
export const openTcpChannel =
  (host: string, port: number, keepalive_ns: Nanoseconds | null): OpenChannel =>
  (events) => {
    const alive =
      keepalive_ns === null ? {} : { keepAlive: true, keepAliveInitialDelay: Math.round(toMs(keepalive_ns)) };
    const socket = connect({ host, port, noDelay: true, ...alive });
    socket.on('connect', () => events.open());
    socket.on('data', (data: Buffer) => events.data(data));
    socket.on('end', () => events.ended('app-closed', 'the far end closed the connection'));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      events.ended(endingOf(error.code), error.code ?? error.message),
    );
    return {
      write: (data) => void socket.write(data),
      // While it connects, Node would wait for the connection before it resets it.
      destroy: () => void (socket.connecting ? socket.destroy() : socket.resetAndDestroy()),
      localPort: () => socket.localPort ?? null,
      backlog: () => socket.writableLength,
    };
  };

import { connect, type Socket } from 'node:net';
import type { SessionEnding } from '../../model/event.js';
import { toMs, type Nanoseconds } from '../../model/time.js';
import { localEnd } from './rto.js';
import { type TlsClient, tlsWords } from '../tls.js';

/** What carries a session's octets: a TCP connection, or a channel of an SSH connection. */
export interface Channel {
  write(data: Buffer): void;
  /** Lets go without a word to the far end. */
  destroy(): void;
  /** Local end of the TCP connection below; null while there is none. */
  local(): string | null;
  /** Its port alone. */
  localPort(): number | null;
  /** Octets that are still here, since the kernel takes no more. */
  backlog(): number;
}

export interface ChannelEvents {
  open(): void;
  data(data: Buffer): void;
  /** The session is over; only the first of these counts. */
  ended(ending: SessionEnding, detail: string): void;
}

export type OpenChannel = (events: ChannelEvents) => Channel;

export const localOf = ({ localAddress, localPort }: Socket): string | null =>
  localAddress === undefined || localPort === undefined ? null : localEnd(localAddress, localPort);

const endingOf = (code: string | undefined): SessionEnding =>
  code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNABORTED' ? 'reset' : 'error';

interface TcpOptions {
  readonly host: string;
  readonly port: number;
  readonly keepalive_ns: Nanoseconds | null;
  /** Local addresses, which connections are from in turn; none: as the system routes. */
  readonly sources: readonly string[];
  readonly tls?: TlsClient | null;
}

/**
 * A TCP connection to an echo service (RFC 862) or a web server, or TLS over one. The kernel's own timers stay as they are: they are
 * measured.
 */
export const openTcpChannel = ({
  host,
  port,
  keepalive_ns,
  sources,
  tls = null,
}: TcpOptions): OpenChannel => {
  const alive =
    keepalive_ns === null ? {} : { keepAlive: true, keepAliveInitialDelay: Math.round(toMs(keepalive_ns)) };
  let opened = 0;
  return (events) => {
    const localAddress = sources[opened++ % sources.length];
    const from = localAddress === undefined ? {} : { localAddress };
    const below = connect({ host, port, noDelay: true, ...alive, ...from });
    const socket = tls?.wrap(below) ?? below;
    let isOpen = false;
    const told = (): void => {
      if (!isOpen) events.open();
      isOpen = true;
    };
    socket.on(tls === null ? 'connect' : 'secureConnect', told);
    socket.on('data', (data: Buffer) => events.data(data));
    socket.on('end', () => events.ended('app-closed', 'the far end closed the connection'));
    const failed = (error: NodeJS.ErrnoException): void => {
      const ending = endingOf(error.code);
      // A SYN that is reset is refused (tcp_reset, net/ipv4/tcp_input.c); this one was open before anybody looked.
      if (ending === 'reset' && tls === null) told();
      events.ended(ending, tlsWords(error) ?? error.code ?? error.message);
    };
    socket.on('error', failed);
    // Before the handshake it is not told above.
    if (socket !== below) below.on('error', failed);
    return {
      write: (data) => void socket.write(data),
      // While it connects, Node would wait for the connection before it resets it.
      destroy: () => void (below.connecting ? socket.destroy() : below.resetAndDestroy()),
      local: () => localOf(below),
      localPort: () => below.localPort ?? null,
      backlog: () => socket.writableLength,
    };
  };
};

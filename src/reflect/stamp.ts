import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import type { Clock } from '../model/time.js';
import { StampSessions } from './stamp-sessions.js';

const RECEIVE_BUFFER = 4 * 2 ** 20;
/** RFC 8762 §4.1. */
const WELL_KNOWN_PORT = 862;

export interface StampReflector {
  readonly port: number;
  readonly sessions: StampSessions;
  close(): Promise<void>;
}

export interface StampReflectorOptions {
  /** `::` serves both families. */
  readonly host: string;
  /** 0: any. RFC 8762 §4.1 has 862. */
  readonly port: number;
  /** Repeat the sender's sequence number in place of an own one. */
  readonly stateless?: boolean;
  readonly clock: Clock;
}

/** A STAMP reflector (RFC 8762 §4.3, unauthenticated). Rejects if the port cannot be had. */
export const startStampReflector = async (options: StampReflectorOptions): Promise<StampReflector> => {
  const { host, port, stateless, clock } = options;
  const socket = createSocket({
    type: isIPv4(host) ? 'udp4' : 'udp6',
    recvBufferSize: RECEIVE_BUFFER,
    lookup: (address, _options, done) => done(null, address, isIPv4(address) ? 4 : 6),
  });
  const sessions = new StampSessions(clock, stateless);
  socket.on('message', (packet: Buffer, peer) => {
    const received = clock.monotonic();
    // Where reflectors listen no sender is: what comes from there has a false source, or is an answer (CVE-2024-2169).
    const reflector = peer.port === WELL_KNOWN_PORT || peer.port === socket.address().port;
    const answer = reflector ? sessions.ignore() : sessions.answer(packet, peer, received);
    // An answer that cannot be sent is lost like any other.
    if (answer !== null) socket.send(answer, peer.port, peer.address, () => {});
  });
  try {
    const bound = once(socket, 'listening');
    socket.bind(port, host);
    await bound;
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.on('error', () => {});
  return {
    port: socket.address().port,
    sessions,
    close: async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
};

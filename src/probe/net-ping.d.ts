/** The parts of net-ping 1.2.4 and of its raw-socket that are used. */
declare module 'net-ping' {
  import type { EventEmitter } from 'node:events';

  export const NetworkProtocol: { readonly IPv4: 1; readonly IPv6: 2 };

  export interface RawSocket extends EventEmitter {
    send(
      buffer: Buffer,
      offset: number,
      length: number,
      address: string,
      beforeCallback: () => void,
      afterCallback: (error: Error | null, bytes: number) => void,
    ): this;
    setOption(level: number, option: number, value: number): void;
    setOption(level: number, option: number, value: Buffer, length: number): void;
    getOption(level: number, option: number, value: Buffer, length: number): number;
    /** False: `send` takes it that the socket polls for writing, and only queues. */
    sendPaused: boolean;
    /** Sends the oldest that is queued. */
    onSendReady(): void;
    /** Reads one message and emits it; emits an error if there is none. */
    onRecvReady(): void;
  }

  export interface Session extends EventEmitter {
    readonly socket: RawSocket;
    close(): this;
  }

  export function createSession(options: {
    networkProtocol?: 1 | 2;
    sessionId?: number;
    retries?: number;
    timeout?: number;
    ttl?: number;
  }): Session;
}

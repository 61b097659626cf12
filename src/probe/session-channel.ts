import type { SessionEnding } from '../model/event.js';

/** What carries a session's octets: a TCP connection, or a channel of an SSH connection. */
export interface Channel {
  write(data: Buffer): void;
  /** Lets go without a word to the far end. */
  destroy(): void;
  /** Of the TCP connection below; null while there is none. */
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

import type { Nanoseconds } from '../model/time.js';

/** A shell command line, or an argument vector that no shell touches (on SSH it is quoted for one). */
export type Command = string | readonly string[];

/**
 * How a command ended. `closed`: the channel or connection went away before an exit status came, as it does when
 * the node dies. `timeout`: no end within the time allowed; whether it ran is not known.
 */
export type Ending = 'exited' | 'closed' | 'timeout';

export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit status; null if there is none (killed by a signal, closed, timeout). */
  readonly code: number | null;
  readonly signal: string | null;
  readonly ended: Ending;
  /** False only if the command certainly never left this host. */
  readonly sent: boolean;
}

/**
 * `issued`: just before the command is handed to the transport. `accepted`: the other side took it (SSH: channel
 * success, RFC 4254 §6.5) or, on this host, it exited with 0. `closed`: its channel closed or it ended.
 */
export type StampKind = 'issued' | 'accepted' | 'closed';
export type OnStamp = (kind: StampKind, at_ns: Nanoseconds, detail: string) => void;

export interface ExecOptions {
  readonly timeout_ns: Nanoseconds;
  readonly onStamp?: OnStamp;
}

/** One way of running commands for one node. */
export interface Transport {
  /** In words, for plans and errors: `ssh root@10.4.0.11`. */
  readonly words: string;
  /** Never sends twice. Throws KnownError only if the command was not sent. */
  exec(command: Command, options: ExecOptions): Promise<ExecResult>;
  close(): Promise<void>;
}

/** Output beyond this is dropped: a device that floods must not fill the memory. */
export const MAX_OUTPUT_BYTES = 1 << 20;

import type { Nanoseconds } from '../../model/time.js';

/** What is typed at a device's prompt, and what is said to the questions that it asks before the next prompt. */
export interface Dialogue {
  readonly send: string;
  readonly answers: readonly Answering[];
}

export interface Answering {
  /** A regular expression for the end of what the device has written. */
  readonly to: string;
  readonly say: string;
  /** False: a single key, without Enter. */
  readonly enter: boolean;
}

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** At most one of the three bodies is not null. */
  readonly json: unknown;
  readonly form: Readonly<Record<string, string>> | null;
  readonly body: string | null;
  /** Status codes that are fine besides 2xx. */
  readonly ok: readonly number[];
}

/**
 * A command as a driver has it: a line (for a shell, or for a device's prompt), an argument vector that no shell
 * touches (on SSH it is quoted for one; a list in it is left out where one of its placeholders is empty), a dialogue
 * or a request.
 */
export type Command = string | readonly (string | readonly string[])[] | Dialogue | HttpRequest;

/** A command with every placeholder filled in. */
export type Filled = string | readonly string[] | Dialogue | HttpRequest;

/**
 * How a command ended. `closed`: the channel or connection went away before an exit status came, as it does when
 * the node dies. `timeout`: no end within the time allowed; whether it ran is not known.
 */
export type Ending = 'exited' | 'closed' | 'timeout';

export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit status (0 also where a prompt came back or a request was accepted); null if there is none (killed by a signal, closed, timeout). */
  readonly code: number | null;
  readonly signal: string | null;
  readonly ended: Ending;
  /** False only if the command certainly never left this host. */
  readonly sent: boolean;
  /** How it failed, where an exit status would not say it: `HTTP 403 Forbidden`. */
  readonly words?: string;
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
  /** Ends the way to the other side, and the command like a timeout … */
  readonly signal?: AbortSignal;
  /** … unless this is true: then what was sent is ended by its own time alone, since what becomes of an action must be known. */
  readonly uncut?: boolean;
}

/** One way of running commands for one node. */
export interface Transport {
  /** In words, for plans and errors: `ssh root@10.4.0.11`. */
  readonly words: string;
  /** The one deadline over connection, login, shell and prompt, beside the time of the command itself. */
  readonly reach_ns: Nanoseconds;
  /** Never sends twice. Throws KnownError only if the command was not sent. */
  exec(command: Filled, options: ExecOptions): Promise<ExecResult>;
  /** Commands that nobody else's come between; the signal ends the waiting for the turn. There only where the other side is a session that has modes. */
  together?<T>(work: (exec: Transport['exec']) => Promise<T>, signal?: AbortSignal): Promise<T>;
  close(): Promise<void>;
}

/** An answer that is longer is none: a device that floods must fill neither memory nor time, and a part may say what the whole does not. */
export const MAX_OUTPUT_BYTES = 20 << 20;

/** What is said of such an answer. */
export const TOO_LONG = 'the answer is longer than 20 MiB';

/** Collects a command's output up to MAX_OUTPUT_BYTES. Decoded at the end, so that no character is cut in two. */
export class OutputBuffer {
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #full = false;

  /** More came than is kept. */
  get full(): boolean {
    return this.#full;
  }

  add(chunk: Buffer): void {
    const room = MAX_OUTPUT_BYTES - this.#length;
    this.#full ||= chunk.length > room;
    if (room <= 0) return;
    this.#chunks.push(chunk.subarray(0, room));
    this.#length += Math.min(room, chunk.length);
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

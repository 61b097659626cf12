import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { KnownError } from '../../model/error.js';
import { ns, toMs, type Clock, type Nanoseconds } from '../../model/time.js';
import { requireTime, whenAborted } from '../../deadline.js';
import {
  OutputBuffer,
  TOO_LONG,
  type ExecOptions,
  type ExecResult,
  type Filled,
  type Transport,
} from './transport.js';
import { signalGroup } from '../../process-group.js';

/** How long output may take to arrive after the exit, where something else holds the pipes open. */
const GRACE_MS = 200;

export interface LocalOptions {
  /** Added to the environment. The place for secrets: other users of this host cannot read it (proc(5)). */
  readonly env?: Readonly<Record<string, string>>;
  /** What to do where the program is not there. */
  readonly install?: string | undefined;
}

interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly at_ns: Nanoseconds;
}

/**
 * Commands on this host. Each runs in a process group of its own: Ctrl-C at the terminal does not reach it (a
 * half-done power command would leave the pair undefined), and a timeout ends the whole group. A command has ended
 * when its process has: what it started in the background may hold its output open, and is left alone.
 */
export class LocalTransport implements Transport {
  readonly words = 'this host';
  readonly reach_ns = ns(0);
  readonly #clock: Clock;
  readonly #options: LocalOptions;

  constructor(clock: Clock, options: LocalOptions = {}) {
    this.#clock = clock;
    this.#options = options;
  }

  /**
   * A string goes to `sh -c`. A program that cannot be started gives code 127, as in a shell. Throws KnownError for
   * one that is not there, if it is known how to get it.
   */
  async exec(
    command: Filled,
    { timeout_ns, onStamp, signal, uncut = false }: ExecOptions,
  ): Promise<ExecResult> {
    if (typeof command === 'object' && !Array.isArray(command))
      throw new Error('a dialogue or a request for this host');
    const words = command as string | readonly string[];
    const [file = '', ...args] = typeof words === 'string' ? ['/bin/sh', '-c', words] : words;
    const { env = {}, install } = this.#options;
    const stdout = new OutputBuffer();
    const stderr = new OutputBuffer();
    requireTime(signal);
    onStamp?.('issued', this.#clock.monotonic(), typeof words === 'string' ? words : words.join(' '));
    const child = execa(file, args, {
      detached: true,
      reject: false,
      stdin: 'ignore',
      buffer: false,
      encoding: 'buffer',
      env,
    });
    let overflow = (): void => undefined;
    const collect =
      (output: OutputBuffer) =>
      (chunk: Buffer): void => {
        output.add(chunk);
        if (output.full) overflow();
      };
    const onStdout = collect(stdout);
    const onStderr = collect(stderr);
    child.stdout.on('data', onStdout);
    child.stderr.on('data', onStderr);

    // Also after the end of the output, for what was never started: it has no exit.
    let missing = false;
    const closed = child.then(({ exitCode, signal, originalMessage, code }): Exit => {
      const started = exitCode !== undefined || signal !== undefined;
      missing = code === 'ENOENT';
      if (!started) stderr.add(Buffer.from(originalMessage ?? ''));
      return {
        code: started ? (exitCode ?? null) : 127,
        signal: signal ?? null,
        at_ns: this.#clock.monotonic(),
      };
    });
    const exit = await new Promise<Exit | null>((resolve) => {
      const giveUp = (): void => {
        clearTimeout(timer);
        signalGroup(child, 'SIGKILL');
        resolve(null);
      };
      const timer = setTimeout(giveUp, toMs(timeout_ns));
      // What an action writes without end is thrown away: it is not killed for it.
      const forget = uncut ? () => undefined : whenAborted(signal, giveUp);
      if (!uncut) overflow = giveUp;
      const end = (ended: Exit): void => {
        clearTimeout(timer);
        forget();
        resolve(ended);
      };
      child.once('exit', (code, signal) => end({ code, signal, at_ns: this.#clock.monotonic() }));
      void closed.then(end);
    });
    await Promise.race([closed, sleep(GRACE_MS, undefined, { ref: false })]);
    child.stdout.off('data', onStdout);
    child.stderr.off('data', onStderr);
    for (const pipe of [child.stdout, child.stderr]) release(pipe, exit === null);

    if (missing && install !== undefined)
      throw new KnownError(`the program ${file} is not on this host`, { remedy: install });
    if (exit === null) onStamp?.('closed', this.#clock.monotonic(), 'timed out');
    else {
      if (exit.code === 0) onStamp?.('accepted', exit.at_ns, 'exit 0');
      onStamp?.('closed', exit.at_ns, `exit ${exit.signal ?? exit.code ?? ''}`);
    }
    const tooLong = !uncut && (stdout.full || stderr.full);
    return {
      stdout: stdout.text(),
      stderr: stderr.text(),
      ...(tooLong ? { words: TOO_LONG } : {}),
      code: tooLong ? null : (exit?.code ?? null),
      signal: exit?.signal ?? null,
      ended: exit === null ? 'timeout' : 'exited',
      sent: true,
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * After a timeout the pipe is closed. Else what runs on in the background may still write to it, and would die of
 * SIGPIPE (pipe(7)): it is read and thrown away for as long as this program runs, which does not wait for it.
 */
const release = (pipe: Readable, timedOut: boolean): void => {
  if (timedOut) {
    pipe.destroy();
    return;
  }
  // Of what could not be started it is none.
  if (pipe instanceof Socket) pipe.unref();
  pipe.resume();
};

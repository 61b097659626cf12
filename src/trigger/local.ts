import { execa } from 'execa';
import { toMs, type Clock } from '../model/time.js';
import { OutputBuffer } from './output.js';
import type { Command, ExecOptions, ExecResult, Transport } from './transport.js';

/**
 * Commands on this host. Each runs in a process group of its own: Ctrl-C at the terminal does not reach it (a
 * half-done power command would leave the pair undefined), and a timeout ends the whole group.
 */
export class LocalTransport implements Transport {
  readonly words = 'this host';
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A string goes to `sh -c`. A program that cannot be started gives code 127, as in a shell. */
  async exec(command: Command, { timeout_ns, onStamp }: ExecOptions): Promise<ExecResult> {
    const [file = '', ...args] = typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
    const stdout = new OutputBuffer();
    const stderr = new OutputBuffer();
    let timedOut = false;
    onStamp?.('issued', this.#clock.monotonic(), typeof command === 'string' ? command : command.join(' '));
    const child = execa(file, args, {
      detached: true,
      reject: false,
      stdin: 'ignore',
      buffer: false,
      encoding: 'buffer',
    });
    child.stdout.on('data', (chunk: Buffer) => stdout.add(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.add(chunk));
    const timer = setTimeout(() => {
      timedOut = true;
      if (child.pid !== undefined) killGroup(child.pid);
    }, toMs(timeout_ns));
    const ended = await child;
    clearTimeout(timer);
    const code = ended.exitCode ?? (ended.signal === undefined ? 127 : null);
    if (ended.exitCode === undefined && ended.signal === undefined)
      stderr.add(Buffer.from(ended.originalMessage ?? ''));
    const at = this.#clock.monotonic();
    if (code === 0 && !timedOut) onStamp?.('accepted', at, 'exit 0');
    onStamp?.('closed', at, timedOut ? 'timed out' : `exit ${ended.signal ?? code ?? ''}`);
    return {
      stdout: stdout.text(),
      stderr: stderr.text(),
      code: timedOut ? null : code,
      signal: ended.signal ?? null,
      ended: timedOut ? 'timeout' : 'exited',
      sent: true,
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const killGroup = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended in this very moment.
  }
};

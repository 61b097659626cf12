import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built program at work, its output as it comes. */
export class Watching {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcessWithoutNullStreams;
  #look: (() => void)[] = [];

  /** @param prefix what the program is started behind. */
  constructor(args: readonly string[], prefix: readonly string[] = []) {
    const [command = '', ...rest] = [...prefix, process.execPath, CLI, 'watch', ...args];
    this.#child = spawn(command, rest, { stdio: 'pipe' });
    const add = (take: (text: string) => void) => (text: string) => {
      take(text);
      const looking = this.#look;
      this.#look = [];
      for (const look of looking) look();
    };
    this.#child.stdout.setEncoding('utf8').on(
      'data',
      add((text) => (this.stdout += text)),
    );
    this.#child.stderr.setEncoding('utf8').on(
      'data',
      add((text) => (this.stderr += text)),
    );
    this.ended = new Promise((resolve) => {
      this.#child.on('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }));
    });
    this.ended.finally(() => this.#look.forEach((look) => look())).catch(() => {});
  }

  /** Waits for an output that matches; throws when the program has ended without it, or when a minute has gone by. */
  async until(what: RegExp): Promise<void> {
    const late = AbortSignal.timeout(60_000);
    while (!what.test(this.stdout + this.stderr)) {
      if (this.#child.exitCode !== null || late.aborted)
        throw new Error(`no ${what.source} in:\n${this.stdout}${this.stderr}`);
      await new Promise<void>((resolve) => {
        this.#look.push(resolve);
        late.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** The process behind the prefix is this one: prefixes that exec. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async stop(): Promise<Ended> {
    this.signal('SIGINT');
    return this.ended;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

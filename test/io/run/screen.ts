import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import xterm from '@xterm/headless';

/** The size of a terminal. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** A program at a terminal of its own, and what a person sees of it. */
export class Screen {
  readonly #terminal: xterm.Terminal;
  readonly #script: ChildProcessWithoutNullStreams;
  readonly #exit: Promise<number>;
  readonly #changes = new EventEmitter();
  /** Between the marks of a synchronized update a terminal shows nothing new. */
  #drawing = false;
  #tty = '';
  #ended = false;

  /** script(1) makes the terminal. The program replaces the shell, which would get Ctrl-C too. */
  constructor(command: readonly string[], { columns, rows }: Size, env: NodeJS.ProcessEnv = {}) {
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
    const line = `tty; stty rows ${rows} cols ${columns}; exec ${command.map(quoted).join(' ')}`;
    this.#script = spawn('script', ['-qefc', line, '/dev/null'], {
      env: { ...process.env, TERM: 'xterm', ...env },
    });
    this.#script.stdout.on('data', (data: Buffer) => {
      this.#tty ||= /\/dev\/pts\/\d+/.exec(data.toString())?.[0] ?? '';
      const text = data.toString('latin1');
      const [begun, ended] = [text.lastIndexOf('\u001b[?2026h'), text.lastIndexOf('\u001b[?2026l')];
      if (begun !== ended) this.#drawing = begun > ended;
      const drawing = this.#drawing;
      this.#terminal.write(data, () => {
        if (!drawing) this.#changes.emit('change');
      });
    });
    // When all that it wrote has been read, too.
    this.#exit = once(this.#script, 'close').then(([code]) => {
      this.#ended = true;
      this.#changes.emit('change');
      return code as number;
    });
  }

  /** What stands on the screen now, a line each; what was scrolled out of it is not there. */
  lines(): string[] {
    const { active } = this.#terminal.buffer;
    return Array.from(
      { length: this.#terminal.rows },
      (_, row) =>
        active
          .getLine(active.viewportY + row)
          ?.translateToString(true)
          .trimEnd() ?? '',
    );
  }

  /** Its words, however they are broken into lines. */
  words(): string {
    return this.lines()
      .map((line) => line.replace(/^▶ /, '').trim())
      .join(' ')
      .replaceAll(/\s+/g, ' ');
  }

  /** Waits until the screen shows something. Throws with what it shows where the program has ended before. */
  async shows(pattern: RegExp): Promise<string> {
    for (;;) {
      const words = this.words();
      if (pattern.test(words)) return words;
      if (this.#ended) throw new Error(`ended without ${pattern}:\n${this.lines().join('\n')}`);
      await once(this.#changes, 'change');
    }
  }

  /** What it shows after each of the next so many changes. */
  async frames(count: number): Promise<string[]> {
    const frames: string[] = [];
    while (frames.length < count) {
      await once(this.#changes, 'change');
      frames.push(this.words());
    }
    return frames;
  }

  type(keys: string): void {
    this.#script.stdin.write(keys);
  }

  resize({ columns, rows }: Size): void {
    this.#terminal.resize(columns, rows);
    execFileSync('stty', ['-F', this.#tty, 'rows', String(rows), 'cols', String(columns)]);
  }

  exit(): Promise<number> {
    return this.#exit;
  }

  kill(): void {
    this.#script.kill('SIGKILL');
  }
}

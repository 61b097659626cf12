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
  #tty = '';
  #ended = false;

  /** script(1) makes the terminal. The program replaces the shell, which would get Ctrl-C too. */
  constructor(command: readonly string[], { columns, rows }: Size, env: NodeJS.ProcessEnv = {}) {
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
    const line = `tty; stty rows ${rows} cols ${columns}; exec ${command.map(quoted).join(' ')}`;
    this.#script = spawn('script', ['-qefc', line, '/dev/null'], {
      env: { ...process.env, TERM: 'xterm', ...env },
    });
    let drawing = false;
    // Between the marks of a synchronized update a terminal shows nothing new. A mark can be cut by the end of a chunk.
    let seen = '';
    this.#script.stdout.on('data', (data: Buffer) => {
      const text = `${seen}${data.toString('latin1')}`;
      this.#tty ||= /\/dev\/pts\/\d+/.exec(text)?.[0] ?? '';
      const [begun, ended] = [text.lastIndexOf('\u001b[?2026h'), text.lastIndexOf('\u001b[?2026l')];
      if (begun !== ended) drawing = begun > ended;
      seen = text.slice(-7);
      const half = drawing;
      // What is seen is read here: when whoever waits has been woken, the terminal has taken the next chunk in.
      this.#terminal.write(data, () => {
        if (!half) this.#changes.emit('change', this.words());
      });
    });
    // When all that it wrote has been read, too.
    this.#exit = once(this.#script, 'close').then(async ([code]) => {
      // The terminal takes what it was given when it gets to it: on a busy host that is after the end.
      await new Promise<void>((resolve) => this.#terminal.write('', resolve));
      this.#ended = true;
      this.#changes.emit('change', this.words());
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
    const keep = (words: string): void => void frames.push(words);
    this.#changes.on('change', keep);
    while (frames.length < count) await once(this.#changes, 'change');
    this.#changes.off('change', keep);
    return frames.slice(0, count);
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

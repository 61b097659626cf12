import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';

/** Local port and retransmission timeout (ms) of each connection in the output of `ss -tinH`. */
export const parseRtos = (text: string): ReadonlyMap<number, number> => {
  const found = new Map<number, number>();
  let port: number | null = null;
  for (const line of text.split('\n')) {
    // A connection is a line with its addresses, and a line with its figures that begins with a blank.
    if (/^\s/.test(line)) {
      const rto = / rto:(\d+(?:\.\d+)?)/.exec(line)?.[1];
      if (port !== null && rto !== undefined) found.set(port, Number(rto));
      port = null;
    } else port = Number(/:(\d+)\s+\S+:\d+\s*$/.exec(line)?.[1] ?? NaN);
  }
  return found;
};

/** Ends each answer; no line of ss looks like it. */
const END = '\nend-of-answer\n';

/** One line in, one answer out. Started beforehand: to start a process takes the prober's time just before the trigger. */
const SCRIPT = `while read -r ask; do ss -tinH state established "$1" 2>/dev/null; printf '${END.replaceAll('\n', '\\n')}'; done`;

/**
 * Reads the kernel's own retransmission timeouts of connections to some ports, by `ss` (iproute2) in this process's
 * network namespace. Elsewhere than on Linux, or without ss, its answers are empty. Ends with this process.
 */
export class RtoReader {
  readonly #child: ChildProcessWithoutNullStreams;
  #text = '';
  #waiting: ((rtos: ReadonlyMap<number, number>) => void)[] = [];

  constructor(ports: readonly number[]) {
    const filter = `( ${ports.map((port) => `dport = :${port}`).join(' or ')} )`;
    this.#child = spawn('sh', ['-c', SCRIPT, 'sh', filter]);
    this.#child.on('error', () => this.#answer(new Map()));
    this.#child.on('close', () => this.#answer(new Map()));
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.resume();
    this.#child.stdout.setEncoding('utf8').on('data', (chunk: string) => this.#take(chunk));
  }

  /** Milliseconds by local port. */
  read(): Promise<ReadonlyMap<number, number>> {
    return new Promise((resolve) => {
      if (this.#child.exitCode !== null) return resolve(new Map());
      this.#waiting.push(resolve);
      this.#child.stdin.write('\n');
    });
  }

  close(): void {
    this.#child.stdin.end();
  }

  #take(chunk: string): void {
    this.#text += chunk;
    const end = this.#text.indexOf(END);
    if (end === -1) return;
    const text = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + END.length);
    this.#waiting.shift()?.(parseRtos(text));
  }

  #answer(rtos: ReadonlyMap<number, number>): void {
    for (const resolve of this.#waiting) resolve(rtos);
    this.#waiting = [];
  }
}

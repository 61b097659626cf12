import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';

/** `10.4.3.4:51110`, `fd00:4:3::4:40022`: the local end of a connection. */
export const localEnd = (address: string, port: number): string => `${address}:${port}`;

/** Retransmission timeouts (ms) by the local end of each connection. */
export type Rtos = ReadonlyMap<string, number>;

/** Reads `ss -tinH` line by line: of thousands of connections the whole would keep the probes waiting. */
export class RtoLines {
  readonly #found = new Map<string, number>();
  #end: string | null = null;

  /** A connection is a line with its addresses, and a line with its figures that begins with a blank. */
  take(line: string): void {
    if (line.startsWith(' ') || line.startsWith('\t')) {
      const rto = / rto:(\d+(?:\.\d+)?)/.exec(line)?.[1];
      if (this.#end !== null && rto !== undefined) this.#found.set(this.#end, Number(rto));
      this.#end = null;
      return;
    }
    const [, address, port] = /(\S+):(\d+)\s+\S+:\d+\s*$/.exec(line) ?? [];
    this.#end =
      address === undefined ? null : localEnd(address.replaceAll(/[[\]]|%[^\]]*$/g, ''), Number(port));
  }

  get found(): Rtos {
    return this.#found;
  }
}

/** Ends each answer; no line of ss looks like it. */
const END = 'end-of-answer';

/** One line in, one answer out. Started beforehand: to start a process takes the prober's time just before the trigger. */
const SCRIPT = `while read -r ask; do ss -tinH state established "$1" 2>/dev/null; echo ${END}; done`;

/**
 * Reads the kernel's own retransmission timeouts of connections to some ports, by `ss` (iproute2) in this process's
 * network namespace. Elsewhere than on Linux, or without ss, its answers are empty. Ends with this process.
 */
export class RtoReader {
  readonly #child: ChildProcessWithoutNullStreams;
  #rest = '';
  #lines = new RtoLines();
  #waiting: ((rtos: Rtos) => void)[] = [];

  constructor(ports: readonly number[]) {
    const filter = `( ${ports.map((port) => `dport = :${port}`).join(' or ')} )`;
    this.#child = spawn('sh', ['-c', SCRIPT, 'sh', filter]);
    this.#child.on('error', () => this.#giveUp());
    this.#child.on('close', () => this.#giveUp());
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.resume();
    this.#child.stdout.setEncoding('utf8').on('data', (chunk: string) => this.#take(chunk));
  }

  read(): Promise<Rtos> {
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
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== END) {
        this.#lines.take(line);
        continue;
      }
      this.#waiting.shift()?.(this.#lines.found);
      this.#lines = new RtoLines();
    }
  }

  #giveUp(): void {
    for (const resolve of this.#waiting) resolve(new Map());
    this.#waiting = [];
  }
}

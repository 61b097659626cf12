import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { KnownError } from '../../model/error.js';

interface Question {
  readonly complaints: string[];
  readonly answer: () => void;
}

/**
 * An `ip -batch` that is already running in a network namespace, so that a power cut costs one write and no fork.
 * Each `apply` ends with a question whose answer proves that the lines before it were carried out (ip flushes
 * its output after every line).
 */
export class IpBatch {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #questions: Question[] = [];

  /** `namespace`: a name for `ip -netns`, or null for that of this process. */
  constructor(namespace: string | null) {
    const inside = namespace === null ? '' : `-netns ${namespace}`;
    // One stream for both, so that a complaint comes before the answer that follows it.
    this.#process = spawn('sh', ['-c', `exec ip ${inside} -oneline -force -batch - 2>&1`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface(this.#process.stdout)
      .on('line', (line) => {
        if (line.startsWith('1: lo:')) this.#questions.shift()?.answer();
        else this.#questions[0]?.complaints.push(line);
      })
      .on('close', () => {
        for (const { complaints, answer } of this.#questions.splice(0)) {
          complaints.push('ip ended');
          answer();
        }
      });
    // A dead `ip` shows as an unanswered question above.
    this.#process.stdin.on('error', () => undefined);
  }

  /** Carries out the lines in order. Throws KnownError with what `ip` complained about; the rest was done. */
  async apply(lines: readonly string[]): Promise<void> {
    const complaints: string[] = [];
    const answered = new Promise<void>((answer) => this.#questions.push({ complaints, answer }));
    this.#process.stdin.write(`${lines.join('\n')}\nlink show dev lo\n`);
    await answered;
    if (complaints.length > 0)
      throw new KnownError(`the lab's network cannot be built: ${complaints.join('; ')}`);
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    this.#process.stdin.end();
    await once(this.#process, 'exit');
  }
}

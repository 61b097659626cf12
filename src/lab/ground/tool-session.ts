import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { KnownError } from '../../model/error.js';
import { words } from './command.js';

interface Tool {
  readonly name: string;
  readonly command: readonly string[];
  /** A line that changes nothing, and is answered by one of which `isAnswer` holds. */
  readonly question: string;
  readonly isAnswer: (line: string) => boolean;
  readonly isComplaint: (line: string) => boolean;
  /** What it means that the tool complains. */
  readonly failure: string;
}

interface Question {
  readonly complaints: string[];
  readonly answer: () => void;
}

/**
 * A tool that is already running in a network namespace and reads line by line, so that a change costs one write and no
 * fork. Each `apply` ends with a question whose answer proves that the lines before it were carried out.
 */
export class ToolSession {
  readonly #tool: Tool;
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #questions: Question[] = [];

  constructor(tool: Tool) {
    this.#tool = tool;
    // One stream for both, so that a complaint comes before the answer that follows it.
    this.#process = spawn('sh', ['-c', 'exec "$@" 2>&1', 'sh', ...tool.command], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface(this.#process.stdout)
      .on('line', (line) => {
        if (tool.isAnswer(line)) this.#questions.shift()?.answer();
        else if (tool.isComplaint(line)) this.#questions[0]?.complaints.push(line);
      })
      .on('close', () => {
        for (const { complaints, answer } of this.#questions.splice(0)) {
          complaints.push(`${tool.name} ended`);
          answer();
        }
      });
    // A dead tool shows as an unanswered question above.
    this.#process.stdin.on('error', () => undefined);
  }

  /** Carries out the lines in order. Throws KnownError with what the tool complained about. */
  async apply(lines: readonly string[]): Promise<void> {
    const { question, failure } = this.#tool;
    const complaints: string[] = [];
    const answered = new Promise<void>((answer) => this.#questions.push({ complaints, answer }));
    this.#process.stdin.write(`${lines.join('\n')}\n${question}\n`);
    await answered;
    if (complaints.length > 0) throw new KnownError(`${failure}: ${complaints.join('; ')}`);
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    this.#process.stdin.end();
    await once(this.#process, 'exit');
  }
}

/** An `ip -batch`; it flushes its output after every line. `namespace`: null for that of this process. */
export const ipBatch = (namespace: string | null): ToolSession =>
  new ToolSession({
    name: 'ip',
    command: [
      'ip',
      ...(namespace === null ? [] : ['-netns', namespace]),
      ...words('-oneline -force -batch -'),
    ],
    question: 'link show dev lo',
    isAnswer: (line) => line.startsWith('1: lo:'),
    isComplaint: () => true,
    failure: "the lab's network cannot be built",
  });

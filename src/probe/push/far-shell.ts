import { spawn } from 'node:child_process';
import { whenAborted } from '../../deadline.js';
import { KnownError } from '../../model/error.js';
import { brief } from '../../model/outside.js';
import { ANSWER } from './far-scripts.js';
import { signalGroup } from '../../process-group.js';

/** What the far host said, by the first word of each line; the last words on its standard error. */
export interface FarAnswer {
  readonly code: number | null;
  readonly said: readonly (readonly [word: string, rest: string])[];
  readonly stderr: string;
}

/** `sh` behind a prefix, as a command and its arguments. */
export const shellBehind = ([command, ...args]: readonly string[]): readonly [string, readonly string[]] =>
  command === undefined ? ['sh', []] : [command, [...args, 'sh']];

const WORD = new RegExp(`^${ANSWER} (\\S+) ?(.*)$`);

/** The word that a line of a script of ours begins with, and the rest of it; null: something else said it. */
export const wordIn = (line: string): readonly [word: string, rest: string] | null => {
  const [, word, rest = ''] = WORD.exec(line) ?? [];
  return word === undefined ? null : [word, rest];
};

/** More than that no script of ours says. */
const MOST_WORDS = 64 * 1024;

export interface FarScript {
  /** The shell's input. It stays open until `end` is called. */
  write(chunk: Buffer): Promise<void>;
  end(): void;
  kill(): void;
  /** Resolves with the rest of the line when it was said; rejects when the shell ended before. */
  word(word: string): Promise<string>;
  readonly ended: Promise<FarAnswer>;
}

/** Runs a script by `sh` behind a prefix. Ended by the signal. */
export const farShell = (prefix: readonly string[], script: string, signal?: AbortSignal): FarScript => {
  const [command, args] = shellBehind(prefix);
  // A group of its own: a Ctrl-C on the terminal must not end what removes things.
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const said: (readonly [string, string])[] = [];
  let [rest, stderr, octets] = ['', '', 0];
  const waiting: { word: string; resolve: (rest: string) => void; reject: (error: Error) => void }[] = [];
  // The whole group: what a killed shell began would hold its output open, and its end would not be heard.
  const kill = (): void => signalGroup(child, 'SIGKILL');
  const forget = whenAborted(signal, kill);
  const hear = (line: string): void => {
    const found = wordIn(line);
    if (found === null) return;
    said.push(found);
    const [word, more] = found;
    for (const each of waiting) if (each.word === word) each.resolve(more);
  };
  const budget = (text: string): void => {
    octets += text.length;
    if (octets > MOST_WORDS) kill();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    budget(text);
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) hear(line);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    budget(text);
    stderr = (stderr + text).slice(-2000);
  });
  // That it is gone is told by its end.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<FarAnswer>((resolve) => {
    const end = (code: number | null, words: string): void => {
      forget();
      resolve({ code, said, stderr: words });
      for (const { word, reject } of waiting) reject(new KnownError(`no word "${word}": ${brief(words)}`));
    };
    child.on('error', (error) => end(null, error.message));
    child.on('close', (code) => end(code, stderr));
  });
  child.stdin.write(script);
  return {
    write: (chunk) =>
      new Promise((resolve) => {
        if (child.stdin.destroyed || child.stdin.write(chunk)) resolve();
        else {
          const go = (): void => {
            child.stdin.off('drain', go).off('close', go);
            resolve();
          };
          child.stdin.once('drain', go).once('close', go);
        }
      }),
    end: () => void child.stdin.end(),
    kill,
    word: (word) =>
      new Promise((resolve, reject) => {
        const found = said.find(([each]) => each === word);
        if (found !== undefined) resolve(found[1]);
        else waiting.push({ word, resolve, reject });
      }),
    ended,
  };
};

/** Runs a script to its end. */
export const askFar = (
  prefix: readonly string[],
  script: string,
  signal: AbortSignal | undefined,
): Promise<FarAnswer> => {
  const shell = farShell(prefix, script, signal);
  shell.end();
  return shell.ended;
};

import { main } from '../../src/cli/main.js';
import { forgetSecrets } from '../../src/model/secret.js';
import { expectPlain, expectThat, expectWords } from './sound.js';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

const CODES = new Set([0, 1, 2, 3, 64]);

/** One command line in this process, about what is given: its exit code is one that is documented, and its words hold. */
export const runCommand = async (given: Buffer, ...words: string[]): Promise<Said> => {
  let [out, errors] = ['', ''];
  // oxlint-disable-next-line typescript/unbound-method -- put back where it was
  const own = [process.stdout.write, process.stderr.write] as const;
  const keep =
    (add: (text: string) => void): typeof process.stdout.write =>
    (chunk: unknown, ...rest: unknown[]) => {
      add(typeof chunk === 'string' ? chunk : Buffer.from(chunk as Uint8Array).toString());
      const done = rest.find((each) => typeof each === 'function') as (() => void) | undefined;
      done?.();
      return true;
    };
  const uncaught = process.listeners('uncaughtException');
  process.stdout.write = keep((text) => (out += text));
  process.stderr.write = keep((text) => (errors += text));
  let code = 70;
  try {
    process.exitCode = undefined;
    code = await main(words);
  } finally {
    process.stdout.write = own[0];
    process.stderr.write = own[1];
    process.exitCode = undefined;
    forgetSecrets();
    for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error');
    for (const each of process.listeners('uncaughtException'))
      if (!uncaught.includes(each)) process.removeListener('uncaughtException', each);
  }
  const command = words.join(' ');
  expectPlain(`${errors}\n${out}`, command);
  expectWords(errors, command, given);
  if (!words.includes('--json')) expectWords(out, command, given);
  expectThat(CODES.has(code), `${command}: exit code ${code}: ${errors.slice(0, 2000)}`);
  return { code, out, errors };
};

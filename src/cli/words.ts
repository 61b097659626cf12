import { STDIN_FILE } from './stdin.js';

const OPTION = /^--[^=]+$/;
const NEGATIVE = /^-[.\d]/;

/**
 * The words of a command line as yargs 18 understands them. It loses a lone `-` in a list of arguments: this is the same
 * file by its name. And it takes `-5%` for options called 5 and %: behind an option it is the value of that.
 */
export const wordsFor = (argv: readonly string[]): string[] => {
  const words: string[] = [];
  for (const word of argv) {
    const before = words.at(-1) ?? '';
    if (NEGATIVE.test(word) && OPTION.test(before)) words.splice(-1, 1, `${before}=${word}`);
    else words.push(word === '-' ? STDIN_FILE : word);
  }
  return words;
};

import type { Command } from './transport.js';

const PLAIN = /^[\w./:@%+,=-]+$/;

/** One word for a POSIX shell; words of harmless characters stay as they are, so that device CLIs take them too. */
export const quoteWord = (word: string): string =>
  PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** The command as a shell would be given it. */
export const commandLine = (command: Command): string =>
  typeof command === 'string' ? command : command.map(quoteWord).join(' ');

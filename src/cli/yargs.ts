import { systemClock } from '../clock.js';
import { listenToDebug } from '../debug.js';
import { usage } from '../model/error.js';
import { brief } from '../model/outside.js';
import { STDIN_FILE, stderr } from '../terminal.js';
import { COMMON, optionNamed } from './complete/definition.js';
import { didYouMean } from '../yaml/problem.js';
import type { CommandModule } from 'yargs';

// oxlint-disable-next-line typescript/no-explicit-any -- each command has options of its own
export type AnyCommand = CommandModule<any, any>;

/** What `--help` lists of a command, and the way to the rest. */
export interface Command<T extends AnyCommand = CommandModule> {
  /** With its arguments. */
  readonly command: string;
  /** false: it is not listed. */
  readonly describe: string | false;
  readonly load: () => Promise<T>;
}

export type Commands = Readonly<Record<string, Command>>;

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

/** `run --debug fw.yaml` of `--debug run fw.yaml`: what every command has may stand before it. */
export const commandFirst = (argv: readonly string[]): readonly string[] => {
  const at = argv.findIndex((word) => optionNamed(COMMON, word) === undefined);
  return at === -1 ? argv : [...argv.slice(at, at + 1), ...argv.slice(0, at), ...argv.slice(at + 1)];
};

/** What yargs knows of the options of a command: their names, and which of them may be given several times. */
interface Declared {
  readonly key: Readonly<Record<string, unknown>>;
  readonly array: readonly string[];
  readonly boolean: readonly string[];
  readonly number: readonly string[];
  readonly string: readonly string[];
  readonly choices: Readonly<Record<string, unknown>>;
}

/** What stands behind `--` is no option. */
const timesGiven = (words: readonly string[], name: string): number => {
  const end = words.indexOf('--');
  const own = end === -1 ? words : words.slice(0, end);
  return own.filter((word) => word === `--${name}` || word.startsWith(`--${name}=`)).length;
};

/**
 * An option given twice reaches a command as a list, which only those declared `array: true` expect, and `--keep 1 --keep 1`
 * as 2 (yargs 18 takes it for a count). Throws KnownError: which of the two was meant, nobody can tell.
 *
 * @param words of the command line
 * @param given as yargs read them
 * @param options of the yargs instance, as its `check` hands them on
 * @returns true, as a check that is passed
 */
export const requireGivenOnce = (
  words: readonly string[],
  given: Readonly<Record<string, unknown>>,
  options: unknown,
): true => {
  const { key, array, boolean } = options as Declared;
  const single = Object.keys(key).filter((name) => !array.includes(name) && !boolean.includes(name));
  const twice = single.find((name) => Array.isArray(given[name]) || timesGiven(words, name) > 1);
  if (twice === undefined) return true;
  throw usage(`--${twice} is given twice`, 'give it once');
};

/** The value of an option as it was given, `abc` in `--repeat abc` and `--repeat=abc`; null: there is none. */
const valueGiven = (words: readonly string[], name: string): string | null => {
  const at = words.findIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  const word = words[at] ?? '';
  if (word.includes('=')) return word.slice(word.indexOf('=') + 1);
  const value = words[at + 1];
  return value === undefined || OPTION.test(value) ? null : value;
};

/**
 * yargs reads `--repeat abc` as not a number, and `--repeat` without a value as not given. Throws KnownError.
 *
 * @returns true, as a check that is passed
 */
export const requireValues = (
  words: readonly string[],
  given: Readonly<Record<string, unknown>>,
  options: unknown,
): true => {
  const { number, string, choices } = options as Declared;
  // Of one with choices, yargs says what they are, unless the command takes none for one of them.
  const bare = [...number, ...string].find(
    (name) => choices[name] === undefined && timesGiven(words, name) > 0 && valueGiven(words, name) === null,
  );
  if (bare !== undefined) throw usage(`--${bare} needs ${number.includes(bare) ? 'a number' : 'a value'}`);
  const wrong = number.find((name) => Number.isNaN(given[name]));
  if (wrong === undefined) return true;
  throw usage(`--${wrong} ${JSON.stringify(brief(valueGiven(words, wrong) ?? '', 40))} is not a number`);
};

const NEAR_COMMAND = /^Did you mean (\S+)\?$/;
const UNKNOWN = /^Unknown (?:argument|command)s?: (.+)$/;

const unknownWord = (
  name: string,
  words: readonly string[],
  isCommand: boolean,
  known: readonly string[],
): string => {
  const option = `${name.length === 1 ? '-' : '--'}${name}`;
  const isOption = words.some((word) => word === option || word.startsWith(`${option}=`));
  if (isOption) return `there is no option ${option}${didYouMean(option, known)}`;
  const shown = JSON.stringify(brief(name, 40));
  return isCommand ? `${shown} is one word too many` : `there is no command ${shown}`;
};

/**
 * What yargs says of a command line that it cannot read, with the word that was meant and what is near it.
 *
 * @param words of the command line
 * @param isCommand whether the first of them is a command
 * @param options of the yargs instance, as its `check` hands them on
 */
export const sayUnread = (
  message: string,
  words: readonly string[],
  isCommand: boolean,
  options: unknown,
): string => {
  const near = NEAR_COMMAND.exec(message)?.[1];
  const [first = '', second = ''] = words;
  if (near !== undefined)
    return `there is no command ${JSON.stringify(brief(isCommand ? second : first, 40))}; did you mean "${near}"?`;
  const known = Object.keys((options as Declared).key)
    .filter((name) => name.length > 1)
    .map((name) => `--${name}`);
  const unknown = UNKNOWN.exec(message)?.[1]?.split(', ');
  if (unknown !== undefined)
    return unknown.map((name) => unknownWord(name, words, isCommand, known)).join('; ');
  // `seqgap --verison`: of the tool's own options.
  if (OPTION.test(first)) return `there is no option ${first}${didYouMean(first, ['--help', '--version'])}`;
  return message;
};

/** A run in a lab and the watchdog are processes of their own: what they send is shown too. */
const DEBUG_ENV = 'SEQGAP_DEBUG';

/** From now on, where it is asked for. */
export const showDebug = (isAsked: boolean, env: NodeJS.ProcessEnv = process.env): void => {
  if (isAsked) env[DEBUG_ENV] = '1';
  if (env[DEBUG_ENV] !== '1') return;
  listenToDebug((lines) => {
    const at = new Date(systemClock.wall()).toISOString().slice(11, 23);
    stderr.write(
      lines
        .split('\n')
        .map((line) => `${at}Z ${line}\n`)
        .join(''),
    );
  });
};

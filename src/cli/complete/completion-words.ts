import type { Options } from 'yargs';
import { commandFirst, type Commands } from '../yargs.js';
import { bare, valuesOf, type Candidate } from './completion-values.js';
import {
  COMMON,
  nameOf,
  definitionOf,
  optionNamed,
  takesValue,
  type Definition,
  type Word,
} from './definition.js';

/** Bash cuts `--power=az` in three. */
const joined = (words: readonly string[]): { readonly before: string[]; readonly current: string } => {
  const before = words.slice(0, -1);
  const last = words.at(-1) ?? '';
  if (last === '=') return { before, current: '' };
  if (before.at(-1) === '=') before.pop();
  return { before, current: last };
};

const optionsLeft = ({ options }: Definition, before: readonly string[]): Candidate[] => {
  const all: readonly Word<Options>[] = [...options, ...COMMON];
  return all
    .filter((option) => {
      const isGiven = before.some((word) => optionNamed(all, word.split('=', 1).join()) === option);
      return !isGiven || option.definition.array === true;
    })
    .map(({ name, definition }) => ({ value: `--${name}`, about: definition.describe ?? '' }));
};

/** Words that are neither options nor their values. */
const argumentsIn = (surface: Definition, words: readonly string[]): string[] =>
  words.filter((word, index) => {
    if (word.startsWith('-')) return false;
    const option = optionNamed(surface.options, words[index - 1] ?? '');
    return option === undefined || !takesValue(option);
  });

/** The folder of all results, where another one is given. */
const resultsIn = (words: readonly string[]): string => {
  const at = words.indexOf('--out');
  return (at === -1 ? undefined : words[at + 1]) ?? 'results';
};

const commandCandidates = (surfaces: readonly Pick<Definition, 'usage' | 'about'>[]): Candidate[] =>
  surfaces.flatMap(({ usage, about }) => (about === null ? [] : [{ value: nameOf({ usage }), about }]));

const inCommand = async (
  surface: Definition,
  words: readonly string[],
  current: string,
): Promise<Candidate[]> => {
  const path = surface.usage.replace(/ ?[<[].*$/, '');
  const results = resultsIn(words);
  const choicesOr = async (
    word: string,
    choices: readonly unknown[] | undefined,
    begin: string,
  ): Promise<Candidate[]> =>
    choices === undefined ? valuesOf(path, word, begin, results) : bare(choices.map(String));
  const [, name = '', begin = ''] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
  const assigned = optionNamed(surface.options, name);
  if (assigned !== undefined) {
    const values = await choicesOr(name, assigned.definition.choices, begin);
    return values.map(({ value, about }) => ({ value: `${name}=${value}`, about }));
  }
  if (current.startsWith('-')) return optionsLeft(surface, words);
  const option = optionNamed(surface.options, words.at(-1) ?? '');
  if (option !== undefined && takesValue(option))
    return choicesOr(`--${option.name}`, option.definition.choices, current);
  const given = argumentsIn(surface, words).length;
  if (surface.commands.length > 0) return commandCandidates(surface.commands);
  // The last one may be given several times.
  const many = /\.\.[\]>]/.test(surface.usage) ? surface.arguments.at(-1) : undefined;
  const argument = surface.arguments[given] ?? many;
  return argument === undefined ? [] : choicesOr(argument.name, argument.definition.choices, current);
};

/**
 * What may stand in place of the last of these words, the one that the cursor is at. A value that ends in `/` is to be
 * gone on from. Contacts nothing.
 */
export const completeWords = async (commands: Commands, words: readonly string[]): Promise<Candidate[]> => {
  const { before, current } = joined(words);
  const [first, ...rest] = commandFirst(before);
  const fitting = (all: readonly Candidate[]): Candidate[] =>
    all.filter(({ value }) => value.startsWith(current));
  if (first === undefined || first.startsWith('-')) {
    const all = Object.values(commands).map(({ command, describe }) => ({
      usage: command,
      about: describe === false ? null : describe,
    }));
    const own = bare(current.startsWith('-') ? [...COMMON.map(({ name }) => `--${name}`), '--version'] : []);
    return fitting([...commandCandidates(all), ...own]);
  }
  const named = Object.hasOwn(commands, first) ? commands[first] : undefined;
  if (named === undefined) return [];
  const surface = definitionOf(await named.load());
  const inner = surface.commands.find((each) => nameOf(each) === rest[0]);
  return fitting(
    await (inner === undefined
      ? inCommand(surface, rest, current)
      : inCommand(inner, rest.slice(1), current)),
  );
};

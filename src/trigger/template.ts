import { EXIT, KnownError } from '../model/error.js';
import { didYouMean } from '../scenario/problem.js';
import { quoteWord } from './quote.js';
import type { Command } from './transport.js';

/** What placeholders stand for. A list is several words: how to call this program. */
export type TemplateValues = Readonly<Record<string, string | readonly string[]>>;

export const BUILT_INS = ['node', 'host', 'seqgap'];

const PLACEHOLDER = /\{\{\s*([\w-]+)\s*\}\}/g;

/** The names used in a command. */
export const placeholders = (command: Command): string[] =>
  [command].flat().flatMap((text) => [...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? ''));

const valueOf = (values: TemplateValues, name: string): string | readonly string[] => {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value !== undefined) return value;
  throw new KnownError(`no value for {{${name}}}${didYouMean(name, Object.keys(values))}`, {
    remedy: `give the parameter ${name} to the node`,
    exitCode: EXIT.usage,
  });
};

/**
 * Fills in a command. In a shell line every value is quoted where it needs it, so that none can add a command of
 * its own; in an argument vector it is put in as it is, and a list that stands alone becomes several arguments.
 */
export const fill = (command: Command, values: TemplateValues): Command => {
  if (typeof command === 'string')
    return command.replace(PLACEHOLDER, (_, name: string) =>
      [valueOf(values, name)].flat().map(quoteWord).join(' '),
    );
  return command.flatMap((argument) => {
    const alone = /^\{\{\s*([\w-]+)\s*\}\}$/.exec(argument)?.[1];
    if (alone !== undefined) return valueOf(values, alone);
    return argument.replace(PLACEHOLDER, (_, name: string) => [valueOf(values, name)].flat().join(' '));
  });
};

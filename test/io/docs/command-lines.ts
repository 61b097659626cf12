import type { CommandModule } from 'yargs';
import { commandNamed } from '../../../src/cli/commands.js';
import { commandLine } from '../../../src/cli/main.js';

const NOTHING = (): void => {};

/** The command with its builder, and nothing that it would do; those below it as well. */
const idle = (module: CommandModule): CommandModule => ({
  ...module,
  handler: NOTHING,
  ...(typeof module.builder === 'function'
    ? {
        builder: (parser) => {
          const add = parser.command.bind(parser) as (inner: CommandModule) => typeof parser;
          Object.assign(parser, { command: (inner: CommandModule) => add(idle(inner)) });
          return (module.builder as (given: typeof parser) => typeof parser)(parser);
        },
      }
    : {}),
});

/** Does the program understand these words? Runs none of what they say. Rejects as the program would. */
export const dryParse = async (words: readonly string[]): Promise<void> => {
  const [first = ''] = words;
  if (['--version', '--help', '-h'].includes(first)) return;
  const named = commandNamed(first);
  if (named === undefined) throw new Error(`there is no command "${first}"`);
  if (words.includes('--help')) return;
  const parser = await commandLine(words);
  await parser.command(idle(await named.load())).parseAsync();
};

/** Up to where the shell does something else: a pipe, a redirection, a comment, the next command. */
export const shellWords = (line: string): string[] => {
  const words: string[] = [];
  for (const [word] of line.matchAll(/(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+/g)) {
    if (/^(?:[|;#]|&&|>|\d>|<)/.test(word)) break;
    const isLast = /^[^'"]*[;)]$/.test(word);
    const plain = word.replaceAll(/'([^']*)'|"([^"]*)"|\\(.)/g, '$1$2$3');
    words.push(isLast ? plain.slice(0, -1) : plain);
    if (isLast) break;
  }
  return words;
};

const START = /^\s*(?:\$ |- run: |- )?(?:sudo )?(?:\w+=\S+ )*(?:source <\()?(?:npx )?seqgap (?=[a-z-])(.*)$/;

/** `N` is a number, `[RUN]` may be left out, `FILE…` stands for several, `list / show` for one or the other. */
const withoutNotation = (text: string): string =>
  text
    .replaceAll(/ \/ .*$/g, '')
    .replaceAll('…', '')
    .replaceAll(/ N\b/g, ' 1')
    .replaceAll(/\[([A-Z=]+)\]/g, '$1');

export interface Shown {
  readonly line: number;
  readonly text: string;
  readonly words: readonly string[];
  /** Within a text, where it may be the name of a command alone: `seqgap watch`. */
  readonly inText: boolean;
}

const shown = (line: number, text: string, inText: boolean): Shown[] => {
  const rest = START.exec(text)?.[1];
  // What follows three blanks says what the command does.
  const command = rest === undefined ? '' : withoutNotation(rest.split(/ {3,}/, 1).join());
  return command.trim() === '' ? [] : [{ line, text: text.trim(), words: shellWords(command), inText }];
};

/** Every command line of seqgap in a page: in fenced and indented blocks, and by itself in code within a text. */
export const commandLines = (markdown: string): Shown[] => {
  const lines = markdown.split('\n');
  const found: Shown[] = [];
  let fenced = false;
  for (const [index, line] of lines.entries()) {
    if (/^\s*```/.test(line)) fenced = !fenced;
    else if (fenced || /^ {4}/.test(line)) {
      let whole = line;
      for (let next = index + 1; whole.endsWith('\\'); next += 1)
        whole = `${whole.slice(0, -1)} ${(lines[next] ?? '').trim()}`;
      found.push(...shown(index + 1, whole, false));
    } else
      for (const [, code = ''] of line.matchAll(/`([^`]+)`/g)) found.push(...shown(index + 1, code, true));
  }
  return found;
};

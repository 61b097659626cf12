import type { Argv, CommandModule, Options, PositionalOptions } from 'yargs';

/** An option or an argument of a command. */
export interface Word<T> {
  readonly name: string;
  readonly definition: T;
}

/** What a command has to offer, as its definition says; for the man page, completion and tests. */
export interface Definition {
  /** With its arguments: `lab exec <machine> [command..]`. */
  readonly usage: string;
  /** null: it is not listed. */
  readonly about: string | null;
  readonly arguments: readonly Word<PositionalOptions>[];
  /** Hidden ones left out. */
  readonly options: readonly Word<Options>[];
  readonly examples: readonly { readonly command: string; readonly about: string }[];
  readonly epilogue: string | null;
  readonly commands: readonly Definition[];
}

/** Options of every command, which may stand before it. */
export const COMMON = [
  {
    name: 'debug',
    definition: {
      type: 'boolean',
      default: false,
      describe: 'Show on stderr what is sent to devices and what they answer, secrets redacted',
    },
  },
  { name: 'help', definition: { type: 'boolean', alias: 'h', describe: 'Show help' } },
] as const satisfies readonly Word<Options>[];

/** `--debug`, or one of its other names: `-h`. */
export const optionNamed = (options: readonly Word<Options>[], word: string): Word<Options> | undefined =>
  options.find(({ name, definition }) => {
    const others = [definition.alias ?? []].flat();
    return word === `--${name}` || others.some((other) => word === `-${other}` || word === `--${other}`);
  });

/** The name of a command without its arguments, and without those that it is a part of: `exec`. */
export const nameOf = ({ usage }: Pick<Definition, 'usage'>): string =>
  usage.split(' ').findLast((word) => !/^[<[]/.test(word)) ?? '';

/** A parser that writes down what a builder says to it; yargs keeps its examples to itself. */
const recorder = (calls: { readonly method: string; readonly given: readonly unknown[] }[]): Argv => {
  const parser: Argv = new Proxy({} as Argv, {
    get:
      (_target, method) =>
      (...given: readonly unknown[]) => {
        calls.push({ method: String(method), given });
        return parser;
      },
  });
  return parser;
};

/** Reads the definition of a command and of those below it; runs nothing but its builder. */
export const definitionOf = ({ command, describe, builder }: CommandModule, below = ''): Definition => {
  const calls: { method: string; given: readonly unknown[] }[] = [];
  if (typeof builder === 'function') void builder(recorder(calls));
  const of = (method: string) => calls.filter((call) => call.method === method).map(({ given }) => given);
  const path = `${below}${String(command)}`;
  const parent = `${path.replace(/ [<[].*$/, '')} `;
  const words = <T>(method: string): Word<T>[] =>
    of(method).map(([name, definition]) => ({ name: String(name), definition: (definition ?? {}) as T }));
  return {
    usage: path,
    about: typeof describe === 'string' ? describe : null,
    arguments: words<PositionalOptions>('positional'),
    options: words<Options>('option').filter(({ definition }) => definition.hidden !== true),
    examples: of('example').map(([line, about]) => ({
      command: String(line).replaceAll('$0', 'seqgap'),
      about: typeof about === 'string' ? about : '',
    })),
    epilogue:
      of('epilogue')
        .map(([text]) => String(text))
        .at(-1) ?? null,
    commands: of('command').map(([module]) => definitionOf(module as CommandModule, parent)),
  };
};

/** Takes a value: everything but a flag. */
export const takesValue = ({ definition }: Word<Options>): boolean =>
  definition.type !== 'boolean' && definition.type !== 'count';

import { withLocal } from '../analysis/words/when.js';
import { EXIT, KnownError, messageOf, knownFileError, usage } from '../model/error.js';
import { expectLostReaders, stderr, stdout, toolVersion } from '../terminal.js';
import { commandNamed, COMMANDS, commandsOf } from './commands.js';
import { COMPLETE, printWords } from './complete/completion.js';
import { COMMON } from './complete/definition.js';
import { commandFirst, requireGivenOnce, requireValues, sayUnread, showDebug, wordsFor } from './yargs.js';
import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PACKAGE } from '../package-folder.js';
import yargs, { type Argv } from 'yargs';

/** A place in what is shipped, as a stack names it. */
const PLACE = /(file:\/\/\S+?\.js):(\d+):(\d+)/g;

const mapOf = (file: string): SourceMap | null => {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')) as SourceMapPayload);
  } catch {
    return null;
  }
};

/**
 * The stack with the places in the source instead of those in the bundle; what has no source map stays. Maps are read only
 * here: to have Node follow them costs every start.
 */
const sourceStack = (stack: string): string => {
  const maps = new Map<string, SourceMap | null>();
  return stack.replaceAll(PLACE, (place: string, url: string, line: string, column: string) => {
    const file = fileURLToPath(url);
    if (!maps.has(file)) maps.set(file, mapOf(file));
    const origin = maps.get(file)?.findOrigin(Number(line), Number(column));
    if (origin === undefined || !('fileName' in origin)) return place;
    const source = relative(PACKAGE, resolve(dirname(file), origin.fileName));
    return `${source}:${origin.lineNumber}:${origin.columnNumber}`;
  });
};

const report = (error: unknown): number => {
  const known = error instanceof KnownError ? error : knownFileError(error);
  if (known !== null) {
    const remedy = known.remedy === null ? '' : `\n  → ${known.remedy}`;
    stderr.write(`seqgap: ${withLocal(known.message)}${remedy}\n`);
    return known.exitCode;
  }
  const stack = error instanceof Error ? sourceStack(error.stack ?? error.message) : messageOf(error);
  stderr.write(`seqgap: this is a bug: ${stack}\n`);
  return EXIT.bug;
};

/** What yargs has, and its types leave out. */
type Inner = Argv & {
  getOptions(): unknown;
  getInternalMethods(): { getUsageInstance(): { cacheHelpMessage(): void } };
};

/** What `check` hands on, and `fail` does not: of the command that was reached. */
const declared = (parser: Argv): unknown => (parser as Inner).getOptions();

/** Help that nobody asked for takes a tenth of a start: yargs composes it before each command, for handlers that show it. */
const withoutUnaskedHelp = (parser: Argv): Argv => {
  (parser as Inner).getInternalMethods().getUsageInstance().cacheHelpMessage = () => undefined;
  return parser;
};

/** The parser of one command line, with the commands that it may mean. */
export const commandLine = async (argv: readonly string[]): Promise<Argv> => {
  const commands = await commandsOf(argv);
  const words = wordsFor(argv);
  let parser = yargs(words)
    .scriptName('seqgap')
    // `--label a=b scenario.yaml`: an option that may be given several times takes one word each time.
    .parserConfiguration({ 'greedy-arrays': false })
    .usage(
      '$0 <command>\n\nHow long traffic is down when a firewall pair fails over, and which sessions live through it.',
    )
    .version(false)
    .help()
    .options(Object.fromEntries(COMMON.map(({ name, definition }) => [name, definition])))
    .strict()
    .middleware(({ debug }) => showDebug(debug === true), true)
    .check(
      (given, options) => requireGivenOnce(words, given, options) && requireValues(words, given, options),
    )
    .demandCommand(1, 'Say what to do: seqgap --help lists the commands.')
    .exitProcess(false)
    .wrap(Math.min(100, stdout.columns ?? 100))
    .epilogue(
      'Exit codes: 0 pass, 1 limit exceeded, 2 void or inconclusive, 3 pair not restored, 64 usage, 70 bug.',
    )
    .fail((message, error) => {
      const isCommand = commandNamed(argv[0]) !== undefined;
      throw (
        error ??
        usage(
          sayUnread(message, words, isCommand, declared(parser)),
          isCommand ? `seqgap ${argv[0]} --help` : 'seqgap --help',
        )
      );
    });
  // A host that is watched may be called much like `start` or `stop`.
  if (argv[0] !== 'watch') parser = parser.recommendCommands();
  for (const command of commands) parser = parser.command(command);
  return withoutUnaskedHelp(parser);
};

/** Runs one command line. @returns the exit code. */
export const main = async (given: readonly string[]): Promise<number> => {
  const argv = commandFirst(given);
  // `--version` belongs to `run` (the version under test); alone it is the tool's own.
  if (['--version', '-V', 'version'].includes(argv[0] ?? '')) {
    stdout.write(`${toolVersion()}\n`);
    return EXIT.pass;
  }
  expectLostReaders();
  process.on('uncaughtException', (error) => {
    process.exitCode = report(error);
  });
  try {
    if (argv[0] === COMPLETE) {
      await printWords(COMMANDS, argv.slice(1));
      return EXIT.pass;
    }
    await (await commandLine(argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv)).parseAsync();
    return typeof process.exitCode === 'number' ? process.exitCode : EXIT.pass;
  } catch (error) {
    return report(error);
  }
};

import { EXIT, KnownError, messageOf, knownFileError, usage } from '../model/error.js';
import { expectLostReaders, stderr, stdout, toolVersion } from '../terminal.js';
import { COMPLETE, printWords } from './complete/completion.js';
import { requireGivenOnce, requireValues, sayUnread, showDebug, wordsFor } from './yargs.js';
import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PACKAGE } from '../package-folder.js';
import yargs, { type Argv, type CommandModule } from 'yargs';

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

type Load = () => Promise<CommandModule>;

// oxlint-disable-next-line typescript/no-explicit-any -- each command has options of its own
const erase = (command: CommandModule<any, any>): CommandModule => command as CommandModule;
/** Loaded when asked for, so that small commands start quickly. In the order of `--help`. */
export const COMMANDS: Readonly<Record<string, Load>> = {
  run: async () => erase((await import('./run/command.js')).runCommand),
  analyze: async () => erase((await import('./analyze/command.js')).analyzeCommand),
  watch: async () => erase((await import('./watch/command.js')).watchCommand),
  mark: async () => erase((await import('./mark.js')).markCommand),
  init: async () => erase((await import('./init/command.js')).initCommand),
  check: async () => erase((await import('./check.js')).checkCommand),
  restore: async () => erase((await import('./restore.js')).restoreCommand),
  report: async () => erase((await import('./report.js')).reportCommand),
  explain: async () => erase((await import('./explain/command.js')).explainCommand),
  compare: async () => erase((await import('./compare.js')).compareCommand),
  gate: async () => erase((await import('./gate/command.js')).gateCommand),
  trend: async () => erase((await import('./trend.js')).trendCommand),
  list: async () => erase((await import('./list.js')).listCommand),
  serve: async () => erase((await import('./serve/command.js')).serveCommand),
  export: async () => erase((await import('./export/command.js')).exportCommand),
  prune: async () => erase((await import('./prune.js')).pruneCommand),
  doctor: async () => erase((await import('./doctor/command.js')).doctorCommand),
  calibrate: async () => erase((await import('./calibrate/command.js')).calibrateCommand),
  reflect: async () => erase((await import('./reflect.js')).reflectCommand),
  drivers: async () => erase((await import('./drivers/command.js')).driversCommand),
  lab: async () => erase((await import('./lab.js')).labCommand),
  completion: async () => erase((await import('./complete/completion.js')).completionCommand),
  agent: async () => erase((await import('./agent.js')).agentCommand),
  watchdog: async () => erase((await import('./watchdog.js')).watchdogCommand),
};

const load = async (argv: readonly string[]): Promise<CommandModule[]> => {
  const wanted = COMMANDS[argv[0] ?? ''];
  return wanted === undefined ? Promise.all(Object.values(COMMANDS).map((each) => each())) : [await wanted()];
};

const report = (error: unknown): number => {
  const known = error instanceof KnownError ? error : knownFileError(error);
  if (known !== null) {
    const remedy = known.remedy === null ? '' : `\n  → ${known.remedy}`;
    stderr.write(`seqgap: ${known.message}${remedy}\n`);
    return known.exitCode;
  }
  const stack = error instanceof Error ? sourceStack(error.stack ?? error.message) : messageOf(error);
  stderr.write(`seqgap: this is a bug: ${stack}\n`);
  return EXIT.bug;
};

/** What `check` hands on, and `fail` does not: of the command that was reached. */
const declared = (parser: Argv): unknown => (parser as Argv & { getOptions(): unknown }).getOptions();

/** The parser of one command line, with the commands that it may mean. */
export const commandLine = async (argv: readonly string[]): Promise<Argv> => {
  const commands = await load(argv);
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
    .alias('h', 'help')
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
      const isCommand = COMMANDS[argv[0] ?? ''] !== undefined;
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
  return parser;
};

/** Runs one command line. @returns the exit code. */
export const main = async (argv: readonly string[]): Promise<number> => {
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

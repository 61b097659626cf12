import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import yargs, { type CommandModule } from 'yargs';
import { COMMANDS } from '../../../src/cli/commands.js';
import { commandLine } from '../../../src/cli/main.js';
import { commandFirst } from '../../../src/cli/yargs.js';
import { listenToDebug } from '../../../src/debug.js';

// Command lines with --debug are parsed here, and other files may follow in this process.
afterAll(() => listenToDebug(null));

interface Options {
  readonly key: Readonly<Record<string, unknown>>;
  readonly array: readonly string[];
  readonly boolean: readonly string[];
  readonly choices: Readonly<Record<string, readonly string[]>>;
}

const optionsOf = ({ builder }: CommandModule): Options => {
  const parser = yargs().version(false);
  if (typeof builder === 'function') void builder(parser);
  return (parser as unknown as { getOptions: () => Options }).getOptions();
};

/** Options with a value that may be given once. */
const once = ({ key, array, boolean }: Options): string[] =>
  Object.keys(key).filter(
    (name) =>
      name.length > 1 && name !== 'help' && name !== 'version' && ![...array, ...boolean].includes(name),
  );

const parsed = async (words: readonly string[]): Promise<unknown> => (await commandLine(words)).parseAsync();

// They have commands of their own.
describe('an option that is given twice', () => {
  test.each(Object.keys(COMMANDS).filter((name) => !['lab', 'drivers'].includes(name)))(
    '%s: is a clear word, never a bug',
    async (name) => {
      const command = await COMMANDS[name]?.load();
      if (command === undefined) throw new Error(`no command ${name}`);
      const options = optionsOf(command);
      const positionals = [...String(command.command).matchAll(/[<[](\w+)/g)].map((match) => match[1] ?? '');
      const needed = positionals.map(() => 'x');
      for (const option of once(options).filter((each) => !positionals.includes(each))) {
        const value = options.choices[option]?.[0] ?? '1';
        await expect(
          parsed([name, ...needed, `--${option}`, value, `--${option}`, value]),
        ).rejects.toMatchObject({ name: 'KnownError', message: `--${option} is given twice`, exitCode: 64 });
      }
    },
  );

  test('in a command of a command', async () => {
    await expect(parsed(['lab', 'up', '--sync', 'none', '--sync', 'none'])).rejects.toThrow(
      '--sync is given twice',
    );
  });

  test('those that may be given several times are left alone', async () => {
    await expect(parsed(['list', '--label', 'a=b', '--label', 'c=d', '--out', ''])).rejects.not.toThrow(
      'twice',
    );
  });
});

test('a negative value is a value, not an option', async () => {
  await expect(parsed(['compare', 'a', 'b', '--margin', '-5%'])).rejects.toThrow(
    '--margin: "-5%" is negative',
  );
});

/** Of each line break in these lines: would the next word have fitted? */
const brokenEarly = (lines: readonly string[], width: number): string[] =>
  lines
    .slice(0, -1)
    .filter(
      (line, index) => line.length + 1 + (lines[index + 1] ?? '').split(' ', 1).join('').length < width,
    );

describe('the words below a help', () => {
  const width = process.stdout.columns;
  afterEach(() => {
    process.stdout.columns = width;
    vi.restoreAllMocks();
  });

  test.each(Object.keys(COMMANDS))('%s: wrapped once, by the width of the terminal', async (name) => {
    process.stdout.columns = 60;
    const print = vi.spyOn(console, 'log').mockReturnValue();
    await parsed([name, '--help']);
    const help = String(print.mock.calls[0]?.[0]);
    const last = help.trimEnd().split('\n\n').at(-1) ?? '';
    expect(help).toContain(`seqgap ${name}`);
    if (!/^(?:\w+:$| )/m.test(last)) expect(brokenEarly(last.split('\n'), 60)).toEqual([]);
  });
});

describe('a command line that cannot be read says what was given, and what is near it', () => {
  test.each([
    ['watc 10.4.4.4', 'there is no command "watc"; did you mean "watch"?'],
    ['xyzzyx', 'there is no command "xyzzyx"'],
    ['lab strat', 'there is no command "strat"; did you mean "status"?'],
    ['run a.yaml --repat 3', 'there is no option --repat; did you mean "--repeat"?'],
    ['run a.yaml --qqqqqqq=1 -z', 'there is no option --qqqqqqq; there is no option -z'],
    ['lab up --snyc none', 'there is no option --snyc; did you mean "--sync"?'],
    ['list results too', '"too" is one word too many'],
    ['--verison', 'there is no option --verison; did you mean "--version"?'],
    ['run a.yaml --repeat abc', '--repeat "abc" is not a number'],
    ['run a.yaml --repeat=1s', '--repeat "1s" is not a number'],
    ['run a.yaml --repeat', '--repeat needs a number'],
    ['list --out --json', '--out needs a value'],
    ['run a.yaml --label', '--label needs a value'],
    ['', 'Say what to do: seqgap --help lists the commands.'],
  ])('%s', async (line, message) => {
    await expect(parsed(line.split(' ').filter(Boolean))).rejects.toMatchObject({ message, exitCode: 64 });
  });
});

describe('what is loaded', () => {
  test('no command for the list of them', async () => {
    const loads = Object.values(COMMANDS).map((command) => vi.spyOn(command, 'load'));
    let out = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((out += String(text))));
    vi.spyOn(console, 'log').mockImplementation((text) => void (out += String(text)));
    await parsed(['--help']);
    expect(out).toContain('seqgap analyze <file..>');
    for (const load of loads) expect(load).not.toHaveBeenCalled();
  });

  test('the one that stands behind an option', async () => {
    const loads = Object.entries(COMMANDS).map(
      ([name, command]) => [name, vi.spyOn(command, 'load')] as const,
    );
    await expect(parsed(['--out', '', 'list'])).rejects.not.toThrow('no command');
    expect(loads.filter(([, load]) => load.mock.calls.length > 0).map(([name]) => name)).toEqual(['list']);
  });
});

test.each(['constructor', '__proto__'])('%s is no command', async (word) => {
  await expect(parsed([word])).rejects.toMatchObject({
    exitCode: 64,
    message: `there is no command "${word}"`,
  });
});

describe('an option of every command', () => {
  test.each([
    [
      ['--debug', 'run', 'fw.yaml'],
      ['run', '--debug', 'fw.yaml'],
    ],
    [
      ['--debug', '-h', 'lab', 'up'],
      ['lab', '--debug', '-h', 'up'],
    ],
    [
      ['--debug', 'watch', '--', 'stop'],
      ['watch', '--debug', '--', 'stop'],
    ],
    [
      ['run', '--debug', 'fw.yaml'],
      ['run', '--debug', 'fw.yaml'],
    ],
    [['--help'], ['--help']],
    [[], []],
  ])('may stand before it: %j', (words, expected) => {
    expect(commandFirst(words)).toEqual(expected);
  });

  test('is known to commands that have none of their own', async () => {
    await expect(parsed(['completion', '--debug', 'bash'])).resolves.toMatchObject({ debug: true });
    await expect(parsed(['list', '--debug', '--bedug'])).rejects.toThrow(
      'there is no option --bedug; did you mean "--debug"?',
    );
  });
});

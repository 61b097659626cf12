import { describe, expect, test, vi } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.js';
import { commandLine } from '../../../src/cli/main.js';
import { nameOf, definitionOf, type Definition } from '../../../src/cli/complete/definition.js';
import { commandLines, dryParse, shellWords } from './command-lines.js';
import { pages } from './pages.js';

const all = (surface: Definition): Definition[] => [surface, ...surface.commands.flatMap(all)];
const modules = await Promise.all(
  Object.entries(COMMANDS).map(async ([name, { load }]) => [name, await load()] as const),
);
/** Commands that are listed, and those below them. */
const surfaces = modules
  .map(([, module]) => definitionOf(module))
  .filter(({ about }) => about !== null)
  .flatMap(all);

/** The part of an example that is for seqgap: behind a pipe or a substitution something else begins. */
const ownWords = (line: string): string[] =>
  shellWords(line.slice(line.indexOf('seqgap ') + 'seqgap '.length));

describe('--help', () => {
  test.each(surfaces.map((surface) => [surface.usage.replaceAll(/ ?[<[].*$/g, ''), surface] as const))(
    '%s: has examples, and each is understood',
    async (command, { about, examples }) => {
      expect(about?.length).toBeGreaterThan(10);
      expect(examples.length).toBeGreaterThan(0);
      for (const { command: line } of examples) {
        expect(line).toContain(`seqgap ${command}`);
        await dryParse(ownWords(line));
      }
      const print = vi.spyOn(console, 'log').mockReturnValue();
      try {
        await (await commandLine([...command.split(' '), '--help'])).parseAsync();
        expect(String(print.mock.calls[0]?.[0])).toContain('Examples:');
      } finally {
        print.mockRestore();
      }
    },
  );

  test('every command is under the name that it is called by', () => {
    expect(modules.map(([, module]) => nameOf(definitionOf(module)))).toEqual(modules.map(([name]) => name));
  });
});

describe('the check itself', () => {
  test.each([
    [['rnu', 'fw.yaml'], 'there is no command "rnu"'],
    [['run'], 'Not enough non-option arguments'],
    [['run', 'fw.yaml', '--dryrun'], 'there is no option --dryrun; did you mean "--dry-run"?'],
    [['lab', 'up', '--snyc', 'none'], 'there is no option --snyc; did you mean "--sync"?'],
    [['lab', 'power', 'fw-c', 'crash'], 'Choices'],
    [['drivers', 'shwo', 'panos'], 'there is no command "shwo"; did you mean "show"?'],
  ])('%j is refused', async (words, message) => {
    await expect(dryParse(words)).rejects.toThrow(message);
  });

  test('finds commands in blocks, in code within a text, behind a prompt and over two lines', () => {
    const page =
      'See `seqgap list --json` and `seqgap`.\n\n    npx seqgap run a.yaml   # four\n\n```\n$ seqgap gate \\\n  --chat > x\n```\n';
    expect(commandLines(page).map(({ words }) => words)).toEqual([
      ['list', '--json'],
      ['run', 'a.yaml'],
      ['gate', '--chat'],
    ]);
  });
});

/** What a text that speaks of a command leaves out. */
const BY_ITSELF = /Not enough non-option arguments|no scenario to check/;

describe('every command line in the documents is understood', () => {
  test.each(pages.map(({ name, text }) => [name, text] as const))('%s', async (_name, text) => {
    const wrong: string[] = [];
    for (const { line, text: written, words, inText } of commandLines(text)) {
      const message = await dryParse(words).then(() => null, String);
      if (message === null || (inText && BY_ITSELF.test(message))) continue;
      wrong.push(`${line}: ${written}: ${message}`);
    }
    expect(wrong).toEqual([]);
  });

  test('there are many', () => {
    expect(pages.flatMap(({ text }) => commandLines(text)).length).toBeGreaterThan(100);
  });
});

test('the quick start in Japanese has no command that the English page has not', () => {
  const linesOf = (name: string) =>
    commandLines(pages.find((page) => page.name === name)?.text ?? '').map(({ words }) => words.join(' '));
  const japanese = linesOf('docs/quick-start.ja.md');
  expect(japanese.length).toBeGreaterThan(8);
  expect(japanese.filter((line) => !linesOf('docs/getting-started.md').includes(line))).toEqual([]);
});

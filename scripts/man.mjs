// `npm run man`: the man page, from the same definitions as `--help`. A file to write, or `-` for stdout.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMMANDS } from '../dist/cli/commands.js';
import { COMMON, definitionOf, takesValue } from '../dist/cli/complete/definition.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { version, description } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Text for roff: ASCII alone, so that every formatter reads it, and nothing that it would take for a request. */
const roff = (text) =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/[^\x20-\x7e]/gu, (each) =>
      each === '\n' ? ' ' : `\\[u${each.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replace(/^(?=[.'])/, '\\&');

/** A paragraph, in lines that are not too long for `mandoc -Tlint`. */
const lines = (text) => {
  const found = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && roff(`${line} ${word}`).length > 78) {
      found.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...found, line].map(roff);
};

/** An argument of a request. */
const quoted = (text) => `"${roff(text).replaceAll('"', '""')}"`;

const placeholder = ({ name, definition }) => {
  const { choices, type } = definition;
  if (choices !== undefined) return choices.join('|');
  return type === 'number' ? 'N' : name.toUpperCase();
};

const details = ({ definition }) => {
  const { describe = '', default: preset, array } = definition;
  const isSaid = preset !== undefined && preset !== false && !(Array.isArray(preset) && preset.length === 0);
  return [
    describe,
    ...(array === true ? ['May be given several times.'] : []),
    ...(isSaid && !/default/i.test(describe) ? [`Default: ${[preset].flat().join(', ')}.`] : []),
  ]
    .filter(Boolean)
    .map((text) => (/[.!?)]$/.test(text) ? text : `${text}.`))
    .join(' ');
};

const item = (head, text) => ['.TP', head, ...(text === '' ? ['\\&'] : lines(text))];

const optionItem = (option) => {
  const names = [`--${option.name}`, ...[option.definition.alias ?? []].flat().map((name) => `-${name}`)];
  const head = names.map((name) => `\\fB${roff(name)}\\fR`).join(', ');
  return item(takesValue(option) ? `${head} \\fI${roff(placeholder(option))}\\fR` : head, details(option));
};

const argumentItem = (argument) =>
  item(
    `\\fI${roff(argument.definition.choices === undefined ? argument.name : placeholder(argument))}\\fR`,
    details(argument),
  );

const exampleLines = ({ command, about }) => [
  '.TP',
  `.B ${quoted(command)}`,
  ...lines(about === '' ? 'As it says.' : about),
];

const commandLines = (surface) => {
  const { usage, about, arguments: given, options, examples, epilogue, commands } = surface;
  if (about === null) return [];
  return [
    `.SS ${quoted(`seqgap ${usage}`)}`,
    ...lines(`${about}.`),
    ...given.flatMap(argumentItem),
    ...options.flatMap(optionItem),
    ...(epilogue === null ? [] : ['.PP', ...lines(epilogue)]),
    ...(examples.length === 0 ? [] : ['.PP', 'Examples:', ...examples.flatMap(exampleLines)]),
    ...commands.flatMap(commandLines),
  ];
};

const EXIT_CODES = [
  ['0', 'Pass.'],
  ['1', 'A limit was exceeded, or a regression found.'],
  ['2', 'Void or inconclusive.'],
  ['3', 'The pair could not be restored; what to do by hand was said.'],
  ['64', 'Wrong usage, or a scenario that does not pass the check.'],
  ['70', 'A bug.'],
];

const FILES = [
  ['results/', 'Where runs go; another folder: --out.'],
  [
    '~/.local/state/seqgap/',
    'Locks, failovers that were counted, the calibration of this host. $XDG_STATE_HOME moves it.',
  ],
];

const surfaces = await Promise.all(
  Object.values(COMMANDS).map(async ({ load }) => definitionOf(await load())),
);

const made = new Date(Number(process.env.SOURCE_DATE_EPOCH ?? Date.now() / 1000) * 1000);

const page = [
  `.TH SEQGAP 1 "${made.toISOString().slice(0, 10)}" ${quoted(`seqgap ${version}`)} "User Commands"`,
  '.SH NAME',
  ...lines(`seqgap - ${description.charAt(0).toLowerCase() + description.slice(1)}`),
  '.SH SYNOPSIS',
  '.B seqgap',
  '.I command',
  roff('[argument ...] [--option ...]'),
  '.SH DESCRIPTION',
  ...lines(
    'Measures how long traffic is down when an HA pair of firewalls, or any redundant hop, fails over, and which ' +
      'sessions live through it. Probes are sent across the pair on an absolute schedule, one node is moved, stopped or ' +
      'cut off, and every gap in the sequence numbers becomes an interval: the outage lasted at least this long and at ' +
      'most that long. "seqgap COMMAND --help" says in short what stands here.',
  ),
  '.SH COMMANDS',
  ...surfaces.flatMap(commandLines),
  '.SH OPTIONS',
  ...lines('Of every command, and may stand before it:'),
  ...COMMON.flatMap(optionItem),
  '.SH EXIT STATUS',
  ...EXIT_CODES.flatMap(([code, text]) => item(`.B ${code}`, text)),
  '.SH FILES',
  ...FILES.flatMap(([path, text]) => item(`.I ${quoted(path)}`, text)),
  '.SH SEE ALSO',
  '.BR ping (8),',
  '.BR keepalived (8),',
  '.BR conntrackd (8)',
  '.PP',
  ...lines('The documents that come with the package, in its folder docs/: getting-started.md first.'),
].join('\n');

const [file = join(root, 'man/seqgap.1')] = process.argv.slice(2);
if (file === '-') process.stdout.write(`${page}\n`);
else {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${page}\n`);
}

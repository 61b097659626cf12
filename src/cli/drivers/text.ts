import { formatDuration } from '../../model/duration.js';
import { saySetting } from '../../report/chain/advice-words.js';
import { commandLine } from '../../trigger/transport/quote.js';
import { checkSamples, checkWords, type SampleFailure } from '../../trigger/ask/samples.js';
import { rangeWords } from '../../trigger/ask/version.js';
import { slowPatterns } from '../../trigger/driver/pattern-check.js';
import { pathText } from '../../yaml/problem.js';
import type {
  ActionSpec,
  Check,
  Counts,
  Driver,
  DriverGuard,
  ObserverQuery,
  SinceQuery,
  Undo,
} from '../../trigger/driver/schema.js';
import type { Command } from '../../trigger/transport/transport.js';

type Lines = readonly string[];

/** Lines of a script that are shown. */
const LONG = 6;

const indent = (lines: Lines, by = '  '): string[] =>
  lines.map((line) => (line === '' ? '' : `${by}${line}`));

/** A name in a column, and what belongs to it beside and below. */
const entry = (name: string, width: number, lines: Lines): string[] =>
  lines.map((line, index) => `${(index === 0 ? name : '').padEnd(width)}${line}`.trimEnd());

const wrapped = (text: string): string[] => text.trim().match(/\S.{0,95}(?=\s|$)/g) ?? [];

const section = (title: string, lines: Lines): string[] =>
  lines.length === 0 ? [] : ['', title, ...indent(lines)];

/** An argument vector is shown with its optional words in brackets. */
const commandLines = (command: Command): string[] => {
  if (!Array.isArray(command))
    return commandLine(command as string)
      .trimEnd()
      .split('\n');
  const words = (command as readonly (string | readonly string[])[]).map((word) =>
    typeof word === 'string' ? commandLine([word]).replace(/^'(\{\{[^']*)'$/, '$1') : `[${word.join(' ')}]`,
  );
  return [words.join(' ')];
};

/** A command behind its verb; a script of many lines is cut, since its own file tells it better. */
const sent = (verb: string, command: Command): string[] => {
  const lines = commandLines(command);
  const cut =
    lines.length > LONG ? [...lines.slice(0, LONG - 1), `… (${lines.length - LONG + 1} more lines)`] : lines;
  return entry(verb, verb.length + 2, cut);
};

const WAY: Readonly<Record<Driver['transport'], string>> = {
  ssh: "commands on the node, by SSH (the node's `ssh:`)",
  shell: "lines typed at the node's prompt, by SSH (the node's `ssh:`)",
  http: "requests to the node's API (the node's `http:`)",
  exec: 'commands on this host',
};

const or = (words: Lines): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

const transportLines = ({ transport, shell, http, exec }: Driver): string[] => {
  const lines = [WAY[transport]];
  if (shell !== undefined) {
    lines.push(`prompt  ${shell.prompt}`);
    for (const step of shell.start) lines.push(`first   ${commandLine(step)}`);
  }
  if (http !== undefined) {
    if (http.auth === 'basic') lines.push('with user and password (basic)');
    if (http.login !== undefined) lines.push(`login   ${commandLine(http.login.run)}, which gives {{token}}`);
    const always = [
      ...Object.entries(http.headers).map(([name, value]) => `${name}: ${value}`),
      ...Object.entries(http.query).map(([name, value]) => `?${name}=${value}`),
    ];
    for (const each of always) lines.push(`always  ${each}`);
  }
  for (const [name, value] of Object.entries(exec?.env ?? {}))
    lines.push(`environment  ${name}=${value} (unless that is empty)`);
  return lines;
};

const paramLines = ({ params }: Driver): string[] => {
  const width = Math.max(0, ...Object.keys(params).map((name) => name.length)) + 2;
  return Object.entries(params).flatMap(([name, { about, default: preset, secret }]) => {
    const given = preset === undefined ? 'needed' : preset === '' ? 'may be left out' : `default ${preset}`;
    return entry(name, width, [
      `${about} (${given}${secret ? ', a secret: ${env:NAME} or ${file:PATH}' : ''})`,
    ]);
  });
};

const goodWords = ({ good = [], matches }: Pick<Check, 'good' | 'matches'>): string =>
  or([...good, ...(matches === undefined ? [] : [`what matches ${matches}`])]);

const checkLines = (name: string, check: Check): string[] =>
  entry(name, 12, [
    check.about,
    ...sent('send', check.run),
    `fine  ${goodWords(check)}`,
    ...(check.remedy === undefined ? [] : [`else  ${check.remedy}`]),
  ]);

const syncLines = (sync: Check | Counts): string[] => {
  if (!('slack' in sync)) return checkLines('sync', sync);
  const { share, count } = sync.slack;
  return entry('sync', 12, [
    sync.about,
    ...sent('send', sync.run),
    `fine  the standby holds at least ${100 * (1 - share)} % of what the active node holds, less ${count}`,
  ]);
};

const sinceWords = ({ form, resolution }: SinceQuery): string =>
  `since when is read too: ${form === 'age' ? 'how long ago' : 'its own time'}, to ${formatDuration(resolution)}`;

const askedLines = ({ identity, version, role, clock, history, sync, ready, leftover }: Driver): string[] => [
  ...(identity === undefined ? [] : entry('identity', 12, [identity.about, ...sent('send', identity.run)])),
  ...(version === undefined ? [] : entry('version', 12, sent('send', version.run))),
  ...(role === undefined
    ? ['role        cannot be asked']
    : entry('role', 12, [
        ...sent('send', role.run),
        ...Object.entries(role.words).map(
          ([raw, { role: mapped, word }]) => `      ${word === null ? raw : `${raw} (${word})`} is ${mapped}`,
        ),
        ...(role.since === undefined ? [] : [`      ${sinceWords(role.since)}`]),
      ])),
  ...(clock === undefined
    ? []
    : entry('clock', 12, [`its time, to ${formatDuration(clock.resolution)}`, ...sent('send', clock.run)])),
  ...(sync === undefined ? [] : syncLines(sync)),
  ...ready.flatMap((check) => checkLines('ready', check)),
  ...leftover.flatMap((check) => checkLines('leftover', check)),
  ...(history === undefined
    ? []
    : entry('history', 12, [`${history.about} (read after a trial)`, ...sent('send', history.run)])),
];

const observerLines = (name: string, { about, each, params, run }: ObserverQuery): string[] => [
  `${name}: ${about} (${each === 'node' ? 'asked of each node' : 'asked once'})`,
  ...indent([
    ...Object.entries(params).map(
      ([param, { about: what, default: preset }]) =>
        `${param}  ${what} (${preset === undefined ? 'needed' : `default ${preset}`})`,
    ),
    ...sent('send', run),
  ]),
];

const undoLines = (undo: Undo | 'none' | 'power'): string[] => {
  if (undo === 'none') return ['undo  nothing is left behind'];
  if (undo === 'power') return ['undo  by the power driver of the node'];
  const { about, done, run, within } = undo;
  const only = done.bad === undefined ? '' : `; sent only if it says ${or(done.bad)}`;
  return [
    `undo  ${about}, within ${formatDuration(within)}`,
    ...sent('      read', done.run),
    `      done  ${goodWords(done)}${only}`,
    ...run.flatMap((command) => sent('      send', command)),
  ];
};

const actionLines = (name: string, action: ActionSpec): string[] => {
  const { about, abrupt, requires, versions, run, drops, undo, confirm } = action;
  const kind = [abrupt ? 'abrupt' : 'graceful', ...(drops ? ['the connection is lost'] : [])].join(', ');
  return [
    `${name}: ${about} (${kind})`,
    ...indent([
      ...(versions === undefined ? [] : [`for versions ${rangeWords(versions)}; others are refused`]),
      ...(requires === undefined
        ? []
        : [
            `first ${requires.about}, else nothing is sent`,
            ...sent('      read', requires.run),
            `      fine  ${goodWords(requires)}`,
          ]),
      ...run.flatMap((command) => sent('send', command)),
      ...undoLines(undo),
      `shown by the node ${or(confirm.node)} and a peer ${or(confirm.peer)}, within ${formatDuration(confirm.within)}`,
    ]),
  ];
};

const guardLines = (guard: DriverGuard | undefined): string[] => {
  if (guard === undefined) return [];
  const { about, flaps, within, pause } = guard;
  return [
    ...(flaps === undefined
      ? []
      : [`at most ${flaps} failovers within ${formatDuration(within)}, over all runs`]),
    ...(pause > 0 ? [`at least ${formatDuration(pause)} between two`] : []),
    ...(about === undefined ? [] : [about]),
  ];
};

const timerLines = ({ what, link, usual, least, source }: Driver['timers'][number]): string[] => [
  `${what}: ${saySetting(usual)} by default, ${saySetting(least)} at least, makes ${link}`,
  `  ${source}`,
];

const TESTED: Readonly<Record<Driver['tested'][number]['by'], string>> = {
  program: 'with the real program',
  outputs: 'against what devices printed',
  documents: 'against what its makers write',
};

const testedLines = ({ tested }: Driver): string[] =>
  tested.length === 0
    ? ['not said: take the first run for a test, with somebody watching']
    : tested.map(({ by, versions }) => `${TESTED[by]}: ${versions.join(', ')}`);

/** What a driver would ask and send, in words. */
export const describeDriver = (driver: Driver): string =>
  [
    `${driver.name}: ${driver.title}`,
    ...indent(wrapped(driver.about)),
    ...section('Tested', testedLines(driver)),
    ...section('Reached by', transportLines(driver)),
    ...section('Parameters', paramLines(driver)),
    ...section('Asked', askedLines(driver)),
    ...section(
      'Observers',
      Object.entries(driver.observers).flatMap(([name, query]) => observerLines(name, query)),
    ),
    ...section(
      'Actions',
      Object.entries(driver.actions).flatMap(([name, action]) => actionLines(name, action)),
    ),
    ...section('Guard', guardLines(driver.guard)),
    ...section('Documented timers', driver.timers.flatMap(timerLines)),
    ...section('Notes', driver.notes.flatMap(wrapped)),
    '',
  ].join('\n');

/** A line per driver. */
export const listDrivers = (drivers: readonly Driver[]): string => {
  const [name, way] = [drivers.map((driver) => driver.name), drivers.map((driver) => driver.transport)].map(
    (words) => Math.max(...words.map((word) => word.length)) + 2,
  ) as [number, number];
  return drivers
    .map(
      (driver) =>
        `${driver.name.padEnd(name)}${driver.transport.padEnd(way)}${driver.title}: ${Object.keys(driver.actions).join(', ')}\n`,
    )
    .join('');
};

/** What the samples of a driver say. */
export interface Tested {
  readonly driver: string;
  readonly samples: number;
  readonly failures: readonly SampleFailure[];
}

/** Samples of others, of as many readers as they like. */
export const testSamples = (driver: Driver, samples: Driver['samples'], of: string): Tested => ({
  driver: `${driver.name} (${of})`,
  samples: samples.length,
  failures: checkSamples({ ...driver, samples })
    .filter(({ sample }) => sample !== null)
    .map((failure) => ({ ...failure, driver: `${driver.name} (${of})` })),
});

export const testDriver = async (driver: Driver): Promise<Tested> => ({
  driver: driver.name,
  samples: driver.samples.length,
  failures: [
    ...checkSamples(driver),
    ...checkWords(driver),
    ...(await slowPatterns(driver)).map(({ path, message }) => ({
      driver: driver.name,
      sample: null,
      of: pathText(path),
      problem: message,
    })),
  ],
});

export const testText = ({ driver, samples, failures }: Tested): string =>
  failures.length === 0
    ? `ok      ${driver}: ${samples} samples\n`
    : failures
        .map(({ sample, of, problem }) => {
          const which = sample === null ? of : `sample ${sample} (${of})`;
          return `FAILED  ${driver}: ${which}: ${problem}\n`;
        })
        .join('');

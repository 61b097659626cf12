import * as z from 'zod';
import { formatDuration } from '../model/duration.js';
import type { StopPlan, StopSource } from '../model/plan.js';
import { ns } from '../model/time.js';
import { type Problem, problem } from '../yaml/problem.js';
import { has, type Item, onlyFor, rawAt, repeated, textAt } from '../yaml/raw.js';
import { pathFrom } from '../yaml/reference.js';
import {
  commandOf,
  commandProblems,
  httpAsked,
  httpOf,
  httpProblems,
  LOGIN_KEYS,
  patternProblems,
  READERS,
  readPlan,
  readWords,
  shellOrWords,
} from './asked.js';
import { choice, count, duration, mapping, slug, text } from './field.js';
import type { Surroundings } from './login.js';

/** A condition that breaks a trial off; exactly one of command, url and file. */
const condition = mapping(
  'A condition that breaks the trial off when it holds: exactly one of command, url and file.',
  {
    name: slug('Name in words and history; default: what is asked.').optional(),
    command: shellOrWords(
      'A shell line on this host, or arguments: holds where it ends with 0, not with 1.',
    ).optional(),
    ...httpAsked,
    url: httpAsked.url.describe('Holds by the answer to a GET: its status, or a value by json, xml or text.'),
    status: count('url: the status with which it holds.', 100, 599).optional(),
    is: text(
      'url: the value with which it holds, or /regular expression/; default any but none, false, 0.',
    ).optional(),
    file: text('Holds where this file exists; relative to the scenario.').optional(),
    every: duration('From one question to the next.', ns(100e6)).prefault('1s'),
    timeout: duration('Without an answer this long it could not be asked.', ns(1)).prefault('5s'),
    'on-error': choice('What it means if it could not be asked.', ['stop', 'ignore']).prefault('stop'),
  },
);

/** What the JSON Schema says of one condition by itself: it has the keys of those in a list. */
export const ONE_CONDITION = 'One condition, as in a list.';

export const stopWhen = z
  .union([
    condition.meta({ description: ONE_CONDITION }),
    z.array(condition).min(1, 'needs at least one condition'),
  ])
  .meta({
    description: 'What breaks a trial off and has the pair restored.',
  });

export type WrittenStop = z.output<typeof condition>;

const source = (written: WrittenStop, around: Surroundings): StopSource => {
  const { command, file, url, status, is } = written;
  if (command !== undefined) return { kind: 'command', command: commandOf(command) };
  if (file !== undefined) return { kind: 'file', path: pathFrom(around.file, file) };
  // All checks are done by then.
  if (url === undefined) throw new Error('a stop condition without command, url and file');
  const http = httpOf(written, url, around);
  return status === undefined
    ? { kind: 'read', url, http, read: readPlan(written), is: is ?? null }
    : { kind: 'status', url, http, status };
};

const wordsOf = ({ command, file, url }: WrittenStop): string =>
  file ?? url ?? (typeof command === 'string' ? command : (command ?? []).join(' '));

const stopPlan = (written: WrittenStop, around: Surroundings): StopPlan => ({
  name: written.name ?? wordsOf(written),
  every_ns: written.every,
  timeout_ns: written.timeout,
  onError: written['on-error'],
  source: source(written, around),
});

export const stopPlans = (
  written: WrittenStop | readonly WrittenStop[] | undefined,
  around: Surroundings,
): StopPlan[] => [written ?? []].flat().map((each) => stopPlan(each, around));

const KINDS = ['command', 'url', 'file'] as const;
const OF_URL = ['status', 'is', ...LOGIN_KEYS, ...READERS];

/** The conditions as written: one, or a list. */
const itemsOf = (root: unknown): Item[] => {
  const path = ['trial', 'stop-when'];
  const written = rawAt(root, 'trial')['stop-when'];
  const list: readonly unknown[] = Array.isArray(written) ? written : [written];
  return list.flatMap((value, index): Item[] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? [{ path: Array.isArray(written) ? [...path, index] : path, value: value as Item['value'] }]
      : [],
  );
};

const answerProblems = (item: Item): Problem[] => {
  const there = ['status', ...READERS].filter((key) => has(item, key));
  if (there.length !== 1)
    return [
      problem(
        item.path,
        `must say when it holds, by exactly one of status, json, xml and text, but has ${there.join(', ') || 'none'}`,
      ),
    ];
  return there[0] === 'status' ? onlyFor(item, ['is'], 'json, xml and text') : patternProblems(item);
};

const conditionProblems = (item: Item): Problem[] => {
  const kinds = KINDS.filter((key) => has(item, key));
  if (kinds.length !== 1)
    return [
      problem(
        item.path,
        `must have exactly one of command, url and file, but has ${kinds.join(', ') || 'none'}`,
      ),
    ];
  if (kinds[0] !== 'url') return [...onlyFor(item, OF_URL, 'url'), ...commandProblems(item)];
  return [...answerProblems(item), ...httpProblems(item)];
};

/** What the keys of `trial.stop-when` say about each other. */
export const stopProblems = (root: unknown): Problem[] => {
  const items = itemsOf(root);
  return [
    ...items.flatMap(conditionProblems),
    ...repeated(items, ({ value }) => textAt(value, 'name')).map(([{ path }, , name]) =>
      problem([...path, 'name'], `"${name}" is the name of another condition already`),
    ),
  ];
};

const sourceWords = (source: StopSource): string => {
  switch (source.kind) {
    case 'command':
      return `this host runs, and it ends with 0: ${source.command.join(' ')}`;
    case 'status':
      return `GET ${source.url} is answered with ${source.status}`;
    case 'read':
      return `GET ${source.url}, read as ${readWords(source.read)}, is ${source.is ?? 'anything but none, false and 0'}`;
    case 'file':
      return `${source.path} is there`;
  }
};

/** When a trial is broken off, and how often that is looked at. */
export const stopWords = ({ source, every_ns, timeout_ns, onError }: StopPlan): string =>
  `${sourceWords(source)}; asked every ${formatDuration(every_ns)}, and ` +
  `${onError === 'stop' ? 'stopped' : 'ignored'} where there is no answer in ${formatDuration(timeout_ns)}`;

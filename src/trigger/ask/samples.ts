import { isDeepStrictEqual } from 'node:util';
import { formatDuration } from '../../model/duration.js';
import { KnownError } from '../../model/error.js';
import type { ActionSpec, Check, Counts, Driver, Sample, SinceQuery } from '../driver/schema.js';
import type { HttpOptions, ShellOptions } from '../driver/schema-command.js';
import { isDialogue, promptPattern, questionPattern } from '../transport/shell-session.js';
import type { TemplateValues } from '../transport/template.js';
import type { Command } from '../transport/transport.js';
import { readSince, readTime } from './device-stamp.js';
import {
  extractWords,
  isOff,
  passes,
  readCount,
  readIdentity,
  readRole,
  refusalIn,
  readValue,
} from './extract.js';

export interface SampleFailure {
  readonly driver: string;
  /** 1-based position among the driver's samples; null: a part of the driver that no sample covers. */
  readonly sample: number | null;
  readonly of: string;
  readonly problem: string;
}

/** Reads one kind of answer, as samples state it. */
type Reader = (output: string, values: TemplateValues) => Sample['expect'];

const checkReader =
  (check: Pick<Check, 'extract' | 'good' | 'matches'>): Reader =>
  (output, values) => ({ passes: passes(check, output, values) });

type Add = (of: string, reader: Reader) => void;

/** What is said to the questions that each of several commands may be asked. */
const addQuestions = (add: Add, name: string, commands: readonly Command[]): void => {
  for (const [index, command] of commands.entries()) {
    if (!isDialogue(command) || command.answers.length === 0) continue;
    const { answers } = command;
    add(`asks.${name}.${index}`, (output) => ({
      say: answers.find(({ to }) => questionPattern(to).test(output))?.say ?? null,
    }));
  }
};

const addAction = (add: Add, name: string, { run, requires, undo }: ActionSpec): void => {
  addQuestions(add, name, run);
  if (requires !== undefined) add(`requires.${name}`, checkReader(requires));
  if (typeof undo === 'string') return;
  addQuestions(add, `undo.${name}`, undo.run);
  const { extract, bad } = undo.done;
  add(`undo.${name}`, checkReader(undo.done));
  if (bad !== undefined) add(`undo.${name}.needed`, checkReader({ extract, good: bad }));
};

const addSync = (add: Add, sync: Check | Counts): void => {
  if (!('slack' in sync)) return add('sync', checkReader(sync));
  for (const whose of ['active', 'standby'] as const)
    add(`sync.${whose}`, (output, values) => ({ count: readCount(sync[whose], output, values) }));
  if (sync.off !== undefined) add('sync.off', (output, values) => ({ passes: isOff(sync, output, values) }));
};

const addShell = (add: Add, { prompt, pager, start }: ShellOptions): void => {
  add('prompt', (output) => ({ passes: promptPattern(prompt).test(output) }));
  if (pager !== undefined) add('pager', (output) => ({ passes: new RegExp(pager, 'im').test(output) }));
  addQuestions(add, 'start', start);
};

const addToken = (add: Add, { login }: HttpOptions): void => {
  if (login === undefined || 'header' in login.token) return;
  const rule = { group: 1, ...login.token };
  add('token', (output, values) => ({ id: extractWords([rule], output, values)[0] ?? null }));
};

const utc = (wall_ms: number | null): string | null =>
  wall_ms === null ? null : new Date(wall_ms).toISOString();

const sinceReader =
  (since: SinceQuery): Reader =>
  (output, values) => {
    const stamp = readSince(since, output, values);
    if (since.form === 'time') return { time: stamp?.form === 'time' ? utc(stamp.wall_ms) : null };
    return { ago: stamp?.form === 'age' ? formatDuration(stamp.age_ns) : null };
  };

/** Everything in a driver that reads an answer, by the name that samples use for it. */
export const readersOf = (driver: Driver): Map<string, Reader> => {
  const { shell, http, identity, role, sync, ready, leftover, refused, clock, observers, actions } = driver;
  const readers = new Map<string, Reader>();
  const add: Add = (of, reader) => void readers.set(of, reader);
  if (shell !== undefined) addShell(add, shell);
  if (http !== undefined) addToken(add, http);
  if (identity !== undefined)
    add('identity', (output, values) => ({ id: readIdentity(identity.extract, output, values) }));
  if (role !== undefined) add('role', (output, values) => readRole(role, output, values));
  if (sync !== undefined) addSync(add, sync);
  ready.forEach((check, index) => add(`ready.${index}`, checkReader(check)));
  leftover.forEach((check, index) => add(`leftover.${index}`, checkReader(check)));
  if (refused.length > 0)
    add('refused', (output, values) => ({ passes: refusalIn(refused, output, values) === null }));
  if (role?.since !== undefined) add('role.since', sinceReader(role.since));
  if (clock !== undefined) add('clock', (output, values) => ({ time: utc(readTime(clock, output, values)) }));
  for (const [name, query] of Object.entries(observers))
    add(`observers.${name}`, (output, values) => ({ value: readValue(query, output, values) }));
  for (const [name, action] of Object.entries(actions)) addAction(add, name, action);
  return readers;
};

/** Placeholders in patterns: what the sample gives, else the driver's defaults. */
const valuesOf = (driver: Driver, sample: Sample): TemplateValues => ({
  ...Object.fromEntries(
    Object.entries(driver.params).flatMap(([name, { default: preset }]) =>
      preset === undefined ? [] : [[name, preset]],
    ),
  ),
  node: 'node',
  host: 'host',
  ...sample.with,
});

/** A placeholder without a value is a mistake in the sample. */
const readOrSay = (reader: Reader, output: string, values: TemplateValues): Sample['expect'] | string => {
  try {
    return reader(output, values);
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return `${error.message}; give it under \`with\``;
  }
};

/** Runs a driver's samples through its own extraction. Every reader needs a sample. Empty: all is well. */
export const checkSamples = (driver: Driver): SampleFailure[] => {
  const readers = readersOf(driver);
  const failures = driver.samples.flatMap((sample, index): SampleFailure[] => {
    const { of, output, expect } = sample;
    const failure = (problem: string): SampleFailure[] => [
      { driver: driver.name, sample: index + 1, of, problem },
    ];
    const reader = readers.get(of);
    if (reader === undefined)
      return failure(`nothing of that name; there are ${[...readers.keys()].join(', ')}`);
    const got = readOrSay(reader, output, valuesOf(driver, sample));
    if (typeof got === 'string') return failure(got);
    return isDeepStrictEqual(got, expect)
      ? []
      : failure(`expected ${JSON.stringify(expect)}, got ${JSON.stringify(got)}`);
  });
  const covered = new Set(driver.samples.map(({ of }) => of));
  const missing = [...readers.keys()].filter((name) => !covered.has(name));
  return [
    ...failures,
    ...missing.map((of) => ({ driver: driver.name, sample: null, of, problem: 'has no sample' })),
  ];
};

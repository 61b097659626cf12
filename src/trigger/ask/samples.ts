import { isDeepStrictEqual } from 'node:util';
import { formatDuration } from '../../model/duration.js';
import { KnownError } from '../../model/error.js';
import type { Driver, Sample, ActionSpec, Check, Counts } from '../driver/schema.js';
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

/** What is said to the questions that each of several commands may be asked. */
const questionReaders = (name: string, commands: readonly Command[]): [string, Reader][] =>
  commands.flatMap((command, index): [string, Reader][] => {
    if (!isDialogue(command) || command.answers.length === 0) return [];
    const say = (output: string): string | null =>
      command.answers.find(({ to }) => questionPattern(to).test(output))?.say ?? null;
    return [[`asks.${name}.${index}`, (output) => ({ say: say(output) })]];
  });

const actionReaders = (name: string, { run, requires, undo }: ActionSpec): [string, Reader][] => {
  const readers: [string, Reader][] = questionReaders(name, run);
  if (requires !== undefined) readers.push([`requires.${name}`, checkReader(requires)]);
  if (typeof undo === 'string') return readers;
  readers.push(...questionReaders(`undo.${name}`, undo.run));
  const { extract, bad } = undo.done;
  readers.push([`undo.${name}`, checkReader(undo.done)]);
  if (bad !== undefined) readers.push([`undo.${name}.needed`, checkReader({ extract, good: bad })]);
  return readers;
};

const syncReaders = (sync: Check | Counts): [string, Reader][] => {
  if (!('slack' in sync)) return [['sync', checkReader(sync)]];
  const count =
    (rules: Counts['active']): Reader =>
    (output, values) => ({ count: readCount(rules, output, values) });
  return [
    ['sync.active', count(sync.active)],
    ['sync.standby', count(sync.standby)],
    ...(sync.off === undefined
      ? []
      : [['sync.off', (output, values) => ({ passes: isOff(sync, output, values) })] as [string, Reader]]),
  ];
};

const shellReaders = ({ shell }: Driver): [string, Reader][] => {
  if (shell === undefined) return [];
  const { prompt, pager, start } = shell;
  return [
    ['prompt', (output) => ({ passes: promptPattern(prompt).test(output) })],
    ...(pager === undefined
      ? []
      : [['pager', (output) => ({ passes: new RegExp(pager, 'im').test(output) })] as [string, Reader]]),
    ...questionReaders('start', start),
  ];
};

const tokenReaders = ({ http }: Driver): [string, Reader][] => {
  const token = http?.login?.token;
  if (token === undefined || 'header' in token) return [];
  const rules = 'regex' in token ? [{ ...token, group: 1 }] : [token];
  return [['token', (output, values) => ({ id: extractWords(rules, output, values)[0] ?? null })]];
};

const utc = (wall_ms: number | null): string | null =>
  wall_ms === null ? null : new Date(wall_ms).toISOString();

/** When a role changed, and what time the node has. */
const timeReaders = ({ role, clock }: Driver): [string, Reader][] => {
  const since = role?.since;
  const readers: [string, Reader][] = [];
  if (since !== undefined)
    readers.push([
      'role.since',
      (output, values) => {
        const stamp = readSince(since, output, values);
        if (since.form === 'time') return { time: stamp?.form === 'time' ? utc(stamp.wall_ms) : null };
        return { ago: stamp?.form === 'age' ? formatDuration(stamp.age_ns) : null };
      },
    ]);
  if (clock !== undefined)
    readers.push(['clock', (output, values) => ({ time: utc(readTime(clock, output, values)) })]);
  return readers;
};

/** Everything in a driver that reads an answer, by the name that samples use for it. */
export const readersOf = (driver: Driver): Map<string, Reader> => {
  const { identity, role, sync, ready, leftover, refused, observers, actions } = driver;
  const readers: [string, Reader][] = [...shellReaders(driver), ...tokenReaders(driver)];
  if (identity !== undefined)
    readers.push(['identity', (output, values) => ({ id: readIdentity(identity.extract, output, values) })]);
  if (role !== undefined) readers.push(['role', (output, values) => readRole(role, output, values)]);
  if (sync !== undefined) readers.push(...syncReaders(sync));
  ready.forEach((check, index) => readers.push([`ready.${index}`, checkReader(check)]));
  leftover.forEach((check, index) => readers.push([`leftover.${index}`, checkReader(check)]));
  if (refused.length > 0)
    readers.push(['refused', (output, values) => ({ passes: refusalIn(refused, output, values) === null })]);
  readers.push(...timeReaders(driver));
  for (const [name, { extract }] of Object.entries(observers))
    readers.push([`observers.${name}`, (output, values) => ({ value: readValue(extract, output, values) })]);
  for (const [name, action] of Object.entries(actions)) readers.push(...actionReaders(name, action));
  return new Map(readers);
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

import { EXIT, KnownError } from '../../model/error.js';
import type { Nanoseconds } from '../../model/time.js';
import { unknownName } from '../../yaml/problem.js';
import type { Driver, Sample } from '../driver/schema.js';
import { placeholders, type TemplateValues } from '../transport/template.js';
import type { Command } from '../transport/transport.js';
import { ask, shown, withRemedy, type Bound } from './bound.js';
import { refusalIn } from './extract.js';
import { readersOf, type Reader } from './readers.js';

/** One thing that a driver reads of an answer: `of` as samples name it. */
export interface Reading {
  readonly of: string;
  /** null: it cannot be read, and `problem` says why. */
  readonly expect: Sample['expect'] | null;
  readonly problem: string | null;
  /** What its patterns need to know, as a sample gives it. */
  readonly with: Readonly<Record<string, string>>;
}

/** A question that was put to a node, and all that the driver reads of its answer. */
export interface Examined {
  readonly of: readonly string[];
  /** As it was sent, secrets redacted; null: it was not sent. */
  readonly command: string | null;
  /** As it came; null: there was none, or it was a refusal whose words are in `readings`. */
  readonly answer: string | null;
  readonly error: string | null;
  readonly readings: readonly Reading[];
}

/** A question of a driver, with everything that reads its answer. */
export interface Question {
  readonly run: Command;
  readonly timeout: Nanoseconds;
  readonly readers: readonly (readonly [string, Reader])[];
  /** Parameters of an observer's own. */
  readonly params: Driver['observers'][string]['params'];
}

const OBSERVER = 'observers.';

/** Every question of a driver, once each; nothing that changes anything is among them. */
export const questionsIn = (driver: Driver): readonly Question[] => {
  const questions = new Map<string, Question>();
  for (const [of, reader] of readersOf(driver)) {
    if (reader.asked === null) continue;
    const { run, timeout } = reader.asked;
    const params = of.startsWith(OBSERVER) ? (driver.observers[of.slice(OBSERVER.length)]?.params ?? {}) : {};
    const key = JSON.stringify([run, Object.keys(params).length === 0 ? null : of]);
    const before = questions.get(key);
    questions.set(key, {
      run,
      timeout: before === undefined || timeout > before.timeout ? timeout : before.timeout,
      readers: [...(before?.readers ?? []), [of, reader]],
      params,
    });
  }
  return [...questions.values()];
};

/** A request that is no GET may change something, whatever the driver takes it for. */
const mayChange = (run: Command): boolean =>
  typeof run === 'object' && 'method' in run && run.method !== 'GET';

const patternsOf = ({ asked }: Reader): unknown => ({ ...asked, run: null, timeout: null });

const withOf = (reader: Reader, values: TemplateValues): Record<string, string> =>
  Object.fromEntries(
    [...new Set(placeholders(patternsOf(reader)))].flatMap((name) => {
      const value = values[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );

const readingOf = (of: string, reader: Reader, text: string, values: TemplateValues): Reading => {
  try {
    const expect = reader.read(text, values);
    return { of, expect, problem: null, with: withOf(reader, values) };
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return { of, expect: null, problem: withRemedy(error), with: {} };
  }
};

interface Options {
  /** Of the observers' own parameters. */
  readonly given: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** As it will be sent; or why it cannot be, such as for a placeholder of the other node where there is none. */
const commandOf = (bound: Bound, run: Command): { readonly text: string } | { readonly problem: string } => {
  try {
    return { text: shown(bound, run) };
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return { problem: withRemedy(error) };
  }
};

const examineOne = async (
  bound: Bound,
  question: Question,
  { given, signal }: Options,
): Promise<Examined & { readonly silent: boolean }> => {
  const { run, timeout, readers, params } = question;
  const of = readers.map(([name]) => name);
  const unasked = (error: string) =>
    ({ of, command: null, answer: null, error, readings: [], silent: false }) as const;
  if (mayChange(run)) return unasked('not asked: the request is no GET, and might change something');
  const own = Object.entries(params).map(([name, param]) => [name, given[name] ?? param.default] as const);
  const missing = own.find(([, value]) => value === undefined)?.[0];
  if (missing !== undefined) return unasked(`not asked: it needs the parameter ${missing}`);
  const asked: Bound = {
    ...bound,
    values: { ...bound.values, ...Object.fromEntries(own) } as TemplateValues,
  };
  const command = commandOf(asked, run);
  if ('problem' in command) return unasked(`not asked: ${command.problem}`);
  const answer = await ask(asked, {
    run,
    timeout,
    signal,
    ...{ patterns: readers.map(([, reader]) => patternsOf(reader)) },
  });
  if (answer.text !== null) {
    const { text, values } = answer;
    const readings = readers.map(([name, reader]) => readingOf(name, reader, text, values));
    return { of, command: command.text, answer: text, error: null, readings, silent: false };
  }
  const { error, output } = answer;
  const refused = output !== null && refusalIn(bound.driver.refused, output, bound.values) !== null;
  const reading: Reading = { of: 'refused', expect: { passes: false }, problem: null, with: {} };
  return {
    of,
    command: command.text,
    answer: refused ? output : null,
    error,
    readings: refused ? [reading] : [],
    silent: output === null || output === '',
  };
};

/** So many questions in a row without a sign of life, and the node is asked no more. */
const MOST_SILENT = 3;

/**
 * Puts every question of its driver to a node, one after the other, each within its own time, and tells of each. Sends nothing
 * but `questionsIn`, and whatever the login needs. Ends early where the node says nothing at all. @returns why it did; null: it
 * has been asked everything
 */
export const examine = async (
  bound: Bound,
  options: Options,
  tell: (examined: Examined) => void,
): Promise<string | null> => {
  let silent = 0;
  for (const question of questionsIn(bound.driver)) {
    const examined = await examineOne(bound, question, options);
    if (options.signal.aborted) return 'stopped';
    // Who it is need not be asked again for what depends on it.
    const identity = examined.readings.find(({ of }) => of === 'identity')?.expect;
    if (identity !== null && identity !== undefined && 'id' in identity) bound.known.identity = identity.id;
    tell(examined);
    silent = examined.silent ? silent + 1 : 0;
    if (silent >= MOST_SILENT)
      return `no answer at all to ${MOST_SILENT} questions in a row: the rest is left out`;
  }
  return null;
};

/** Parameters that a driver's questions have beyond its own. Throws KnownError (usage) for a name that none of them has. */
export const requireKnown = (driver: Driver, names: readonly string[]): void => {
  const known = [
    ...Object.keys(driver.params),
    ...Object.values(driver.observers).flatMap(({ params }) => Object.keys(params)),
  ];
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined)
    throw new KnownError(unknownName(wrong, `a parameter of driver ${driver.name}`, known), {
      exitCode: EXIT.usage,
    });
};

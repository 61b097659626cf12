import { closest, distance } from 'fastest-levenshtein';
import type * as z from 'zod';
import { EXIT, KnownError } from '../model/error.js';
import { redact } from '../model/secret.js';

/** The way to a value in the scenario: `['streams', 1, 'every']`. */
export type KeyPath = readonly (string | number)[];

/** Something wrong with a scenario. `at` says what the location points to: the key itself or its value. */
export interface Problem {
  readonly path: KeyPath;
  readonly message: string;
  readonly at: 'key' | 'value';
}

/** A problem with its place: 1-based line and column. */
export interface LocatedProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `streams[1].every`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

export const problem = (path: KeyPath, message: string, at: Problem['at'] = 'value'): Problem => ({
  path,
  message,
  at,
});

/** `['streams', 1, 'every']` → `streams[1].every` */
export const pathText = (path: KeyPath): string =>
  path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('');

const letters = (word: string): string => word.split('').sort().join('');

/** Some letters wrong, more of them in a long word; or the right letters in the wrong order (`trail`, `trial`). */
const isNear = (word: string, name: string): boolean => {
  const edits = distance(word, name);
  return edits <= Math.max(1, Math.floor(name.length / 3)) || (edits <= 2 && letters(word) === letters(name));
};

/** The `; did you mean "every"?` of a message, or nothing where no name is near enough to be meant. */
export const didYouMean = (word: string, names: readonly string[]): string => {
  if (names.length === 0 || word.length < 2) return '';
  const nearest = closest(word.toLowerCase(), names);
  return isNear(word.toLowerCase(), nearest) ? `; did you mean "${nearest}"?` : '';
};

/** `"pong" is not a stream; did you mean "ping"?`, or the list of what there is where nothing is near. */
export const unknownName = (word: string, kind: string, names: readonly string[]): string => {
  const hint = didYouMean(word, names);
  if (hint !== '') return `"${word}" is not ${kind}${hint}`;
  return `"${word}" is not ${kind}; there ${names.length === 0 ? 'is none' : `is ${names.join(', ')}`}`;
};

const lineOf = ({ file, line, column, path, message }: LocatedProblem): string =>
  `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`;

/** Lines of a message; whoever has more problems has one cause for most of them. */
const MOST_LINES = 100;

const linesOf = (problems: readonly LocatedProblem[]): string => {
  const left = problems.length - MOST_LINES;
  const rest = left > 0 ? [`… and ${left} more`] : [];
  return [...problems.slice(0, MOST_LINES).map(lineOf), ...rest].join('\n');
};

/** All problems of one scenario, one per line, in the order of the file, without secrets. */
export class ScenarioError extends KnownError {
  readonly problems: readonly LocatedProblem[];

  constructor(problems: readonly LocatedProblem[]) {
    const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
    const clean = sorted.map((each) => ({
      file: each.file,
      line: each.line,
      column: each.column,
      path: redact(each.path),
      message: redact(each.message),
    }));
    super(linesOf(clean), { exitCode: EXIT.usage });
    this.name = 'ScenarioError';
    this.problems = clean;
  }
}

const MISSING = 'is missing';

const KINDS: Readonly<Record<string, string>> = {
  string: 'a single value',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

const kindOf = (input: unknown): string => {
  if (input === '') return 'empty';
  if (Array.isArray(input)) return 'a list';
  return typeof input === 'string' ? 'a single value' : 'a mapping';
};

/** Words for the issues that no field words by itself. */
export const wordIssue = (issue: z.core.$ZodRawIssue): string | undefined => {
  if (issue.input === undefined) return MISSING;
  if (issue.code === 'invalid_type') {
    const wanted = KINDS[issue.expected] ?? issue.expected;
    return `must be ${wanted}, but it is ${kindOf(issue.input)}`;
  }
  return issue.code === 'invalid_value' ? 'must be a single value' : undefined;
};

const valueAt = (root: unknown, path: KeyPath): unknown =>
  path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null
        ? (value as Record<string | number, unknown>)[step]
        : undefined,
    root,
  );

const notOneOf = (value: unknown, known: readonly string[]): string =>
  typeof value === 'string'
    ? `"${value}" is not one of ${known.join(', ')}${didYouMean(value, known)}`
    : `must be a single value, but it is ${kindOf(value)}`;

/** In every union of this schema the first branch is the one for plain text. */
const allProblems = (issues: readonly z.core.$ZodIssue[], raw: unknown, base: KeyPath = []): Problem[] =>
  issues.flatMap((issue): Problem[] => {
    const path = [...base, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
    if (issue.code === 'unrecognized_keys') {
      const messages = issue.message.split('\n');
      return issue.keys.map((key, i) => problem([...path, key], messages[i] ?? 'unknown key', 'key'));
    }
    if (issue.code === 'invalid_key') {
      return [problem(path, issue.issues[0]?.message ?? issue.message, 'key')];
    }
    if (issue.code === 'invalid_union') {
      const value = valueAt(raw, path);
      if (value === undefined) return [problem(path, MISSING)];
      const known = 'options' in issue ? (issue.options ?? []).map(String) : [];
      // Branches that are told apart by a key: none of them has this value.
      if (known.length > 0) return [problem(path, notOneOf(value, known))];
      // Of two that are no text, the one whose kind it is.
      const ofKind = issue.errors.find((branch) => branch.every(({ path: at }) => at.length > 0));
      const branch = typeof value === 'string' ? issue.errors[0] : (ofKind ?? issue.errors[1]);
      return allProblems(branch ?? [], raw, path);
    }
    return [problem(path, issue.message)];
  });

/** The schema's issues as problems; a key that is only misspelt is not said to be missing as well. */
export const problemsOf = (issues: readonly z.core.$ZodIssue[], raw: unknown): Problem[] => {
  const problems = allProblems(issues, raw);
  const meant = new Set(
    problems.flatMap(({ path, message }) => {
      const name = /^unknown key; did you mean "([^"]+)"\?$/.exec(message)?.[1];
      return name === undefined ? [] : [pathText([...path.slice(0, -1), name])];
    }),
  );
  return problems.filter(({ path, message }) => message !== MISSING || !meant.has(pathText(path)));
};

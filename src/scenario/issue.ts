import type { z } from 'zod';
import { didYouMean, type KeyPath, pathText, type Problem, problem } from './problem.js';

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

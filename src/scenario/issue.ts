import type { z } from 'zod';
import { type KeyPath, type Problem, problem } from './problem.js';

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
  if (issue.input === undefined) return 'is missing';
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

/** The schema's issues as problems. In every union of this schema the first branch is the one for plain text. */
export const problemsOf = (
  issues: readonly z.core.$ZodIssue[],
  raw: unknown,
  base: KeyPath = [],
): Problem[] =>
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
      if (value === undefined) return [problem(path, 'is missing')];
      const branch = typeof value === 'string' ? issue.errors[0] : issue.errors[1];
      return problemsOf(branch ?? [], raw, path);
    }
    return [problem(path, issue.message)];
  });

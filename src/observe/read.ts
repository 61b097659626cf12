import jmespath from 'jmespath';
import { KnownError } from '../model/error.js';
import type { ReadPlan } from '../model/observe-plan.js';
import { redact } from '../model/secret.js';
import { parseTree, valueOf } from '../trigger/ask/extract.js';
import { inTime } from '../trigger/ask/in-time.js';
import type { Seen } from './source.js';

/** Each of them is told, and followed, by itself. */
const MOST_SUBJECTS = 1000;

const beginning = (text: string): string => JSON.stringify(redact(text).trim().slice(0, 80));

const readTree = (kind: string, expression: string, text: string): unknown => {
  const tree = parseTree(text);
  if (tree === undefined) throw new KnownError(`the answer is no ${kind.toUpperCase()}: ${beginning(text)}`);
  try {
    return jmespath.search(tree, expression);
  } catch {
    // A function applied to a value of another type.
    throw new KnownError(`the answer has another shape than expected: ${beginning(text)}`);
  }
};

/** With an empty alternative a pattern matches anything, and tells the names of its groups. */
const groupNames = (pattern: string): string[] =>
  Object.keys(new RegExp(`${pattern}|`).exec('')?.groups ?? {});

const readText = (pattern: string, text: string): unknown => {
  const matches = [...text.replaceAll('\r\n', '\n').matchAll(new RegExp(pattern, 'gm'))];
  const names = groupNames(pattern);
  if (names.length === 0) return matches.map((match) => match[1] ?? match[0]);
  return Object.fromEntries(names.map((name) => [name, matches.map(({ groups }) => groups?.[name])]));
};

/**
 * The values in an answer: one for each key of a mapping or each named group, else one of `subject`. Throws
 * KnownError for an answer that is not understood.
 */
export const readAnswer = (read: ReadPlan, text: string, subject: string): Seen[] => {
  const seen = inTime(text, () => seenIn(read, text, subject));
  if (seen === null) throw new KnownError('reading the answer takes too long: a pattern that backtracks?');
  if (seen.length <= MOST_SUBJECTS) return seen;
  throw new KnownError(`the answer has ${seen.length} values, more than ${MOST_SUBJECTS}`);
};

const seenIn = (read: ReadPlan, text: string, subject: string): Seen[] => {
  const found = read.by === 'text' ? readText(read.pattern, text) : readTree(read.by, read.expression, text);
  if (typeof found !== 'object' || found === null || Array.isArray(found))
    return [{ subject, value: valueOf(found) }];
  return Object.entries(found).map(([key, value]) => ({ subject: key, value: valueOf(value) }));
};

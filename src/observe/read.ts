import jmespath from 'jmespath';
import { KnownError } from '../model/error.js';
import { NONE, type ReadPlan } from '../model/observe-plan.js';
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

/** What was found of one subject; null: nothing. */
interface Found {
  readonly subject: string;
  readonly value: string | null;
}

const isMapping = (found: unknown): found is Record<string, unknown> =>
  typeof found === 'object' && found !== null && !Array.isArray(found);

const readBy = ({ by }: ReadPlan, rule: string, text: string): unknown =>
  by === 'text' ? readText(rule, text) : readTree(by, rule, text);

const ruleOf = (read: ReadPlan): string => (read.by === 'text' ? read.pattern : read.expression);

const foundIn = (read: ReadPlan, text: string, subject: string): Found[] => {
  const found = readBy(read, ruleOf(read), text);
  if (!isMapping(found)) return [{ subject, value: valueOf(found) }];
  return Object.entries(found).map(([key, value]) => ({ subject: key, value: valueOf(value) }));
};

/** For each subject where the shape is a mapping or has named groups, else for all alike. Of an empty list it is known. */
const hasShape = (read: ReadPlan, shape: string, text: string, subject: string): boolean => {
  const found = readBy(read, shape, text);
  const own = isMapping(found) && Object.hasOwn(found, subject) ? found[subject] : found;
  const there = read.by === 'text' && Array.isArray(own) ? own.some((match) => match !== undefined) : own;
  return ![undefined, null, false].includes(there as null);
};

const inBudget = <T>(text: string, read: () => readonly T[]): readonly T[] => {
  const found = inTime(text, read);
  if (found === null) throw new KnownError('reading the answer takes too long: a pattern that backtracks?');
  if (found.length <= MOST_SUBJECTS) return found;
  throw new KnownError(`the answer has ${found.length} values, more than ${MOST_SUBJECTS}`);
};

/**
 * The values in an answer: one for each key of a mapping or each named group, else one of `subject`; what is not found is
 * `none`. Throws KnownError for an answer that is not understood.
 */
export const readAnswer = (read: ReadPlan, text: string, subject: string): readonly Seen[] =>
  inBudget(text, () =>
    foundIn(read, text, subject).map((found) => ({ ...found, value: found.value ?? NONE })),
  );

/**
 * The same, but that nothing was found is `none` only where the answer has the `shape` of one that would have shown it: it may
 * as well be the answer of another release, or of something else. Throws KnownError else.
 */
export const readObserved = (
  { read, shape }: { readonly read: ReadPlan; readonly shape: string | null },
  text: string,
  subject: string,
): readonly Seen[] =>
  inBudget(text, () =>
    foundIn(read, text, subject).map((found) => {
      if (found.value !== null) return { ...found, value: found.value };
      if (shape !== null && hasShape(read, shape, text, found.subject)) return { ...found, value: NONE };
      const of = found.subject === subject ? '' : ` for ${found.subject}`;
      throw new KnownError(`nothing was found${of}, and the answer was not understood: ${beginning(text)}`, {
        ...(shape === null
          ? { remedy: '`shape` of the observer says in which answers that means none' }
          : {}),
      });
    }),
  );

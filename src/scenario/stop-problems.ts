import { messageOf } from '../model/error.js';
import { commandProblems, httpProblems, READERS } from './observe-problems.js';
import { type Problem, problem } from '../yaml/problem.js';
import { has, type Item, onlyFor, rawAt, textAt } from '../yaml/raw.js';

const KINDS = ['command', 'url', 'file'] as const;
const OF_URL = ['status', 'is', 'user', 'password', 'key', 'ca', 'insecure', ...READERS];

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

const patternProblems = (item: Item): Problem[] => {
  const pattern = /^\/(.*)\/$/.exec(textAt(item.value, 'is') ?? '')?.[1];
  try {
    if (pattern !== undefined) RegExp(pattern);
    return [];
  } catch (error) {
    return [problem([...item.path, 'is'], `cannot be read: ${messageOf(error)}`)];
  }
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
  const names = items.map(({ value }) => textAt(value, 'name'));
  return items.flatMap((item, index) => [
    ...conditionProblems(item),
    ...(names[index] !== null && names.indexOf(names[index] ?? null) < index
      ? [problem([...item.path, 'name'], `"${names[index] ?? ''}" is the name of another condition already`)]
      : []),
  ]);
};

import { parseDuration } from '../model/duration.js';
import { type KeyPath, type Problem, problem } from './problem.js';

/*
 * Careful reading of a tree that may be wrong anywhere: the checks across keys look at whatever is there, so
 * that one misspelt key does not hide the other mistakes.
 */

export type Raw = Readonly<Record<string, unknown>>;

export interface Item {
  readonly path: KeyPath;
  readonly value: Raw;
}

const isRaw = (value: unknown): value is Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The mapping behind a key; an empty one where there is none. */
export const rawAt = (value: unknown, key: string): Raw => {
  const found = isRaw(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return isRaw(found) ? found : {};
};

export const textAt = (value: Raw, key: string): string | null => {
  const found = Object.hasOwn(value, key) ? value[key] : undefined;
  return typeof found === 'string' ? found : null;
};

/** A duration in nanoseconds; null where there is none, or none that can be read (reported where the field is). */
export const durationIn = (text: string | null): number | null => {
  try {
    return text === null ? null : parseDuration(text);
  } catch {
    return null;
  }
};

/** The mappings in a list, each with its path. */
export const itemsAt = (root: unknown, key: string): Item[] => {
  const list = isRaw(root) ? root[key] : undefined;
  if (!Array.isArray(list)) return [];
  return list.flatMap((value: unknown, i) => (isRaw(value) ? [{ path: [key, i], value }] : []));
};

export const namesIn = (items: readonly Item[]): string[] =>
  items.map(({ value }) => textAt(value, 'name')).filter((name) => name !== null);

/** The mapping behind a key as an item; null where there is none or something else. */
export const itemIn = (value: unknown, key: string, path: KeyPath): Item | null => {
  const found = isRaw(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return isRaw(found) ? { path, value: found } : null;
};

export const has = ({ value }: Item, key: string): boolean => Object.hasOwn(value, key);

/** Keys that stand where their value would be ignored. */
export const onlyFor = (item: Item, keys: readonly string[], kind: string): Problem[] =>
  keys
    .filter((key) => has(item, key))
    .map((key) => problem([...item.path, key], `is only for ${kind}`, 'key'));

/** What has the key of something before it, that, and the key; null: it has none. */
export const repeated = <T, K extends string | number>(
  items: readonly T[],
  keyOf: (item: T) => K | null,
): (readonly [T, T, K])[] => {
  const firsts = new Map<K, T>();
  return items.flatMap((item) => {
    const key = keyOf(item);
    if (key === null) return [];
    const first = firsts.get(key);
    if (first === undefined) firsts.set(key, item);
    return first === undefined ? [] : [[item, first, key] as const];
  });
};

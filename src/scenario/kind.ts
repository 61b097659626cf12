import type { Problem } from '../yaml/problem.js';
import { type Item, onlyFor } from '../yaml/raw.js';
import { choice } from './field.js';

/** What a registry of kinds (types of streams or sessions, kinds of observers) says of each. */
interface Keyed {
  /** The keys that it has beyond those of all. */
  readonly keys: readonly string[];
  /** In words, if not by its name. */
  readonly called?: string;
}

/** One of the kinds by its name. */
export const kindChoice = <K extends string>(kinds: Readonly<Record<K, { readonly about: string }>>) => {
  const words = Object.entries<{ readonly about: string }>(kinds).map(
    ([name, { about }]) => `"${name}": ${about}`,
  );
  return choice(`${words.join('; ')}.`, Object.keys(kinds) as [K, ...K[]]);
};

/** `icmp, tcp and stamp` */
const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

/** Keys of other kinds that stand at one with these: `is only for types tcp and ssh`, where `noun` is `type`. */
export const foreignProblems = (
  item: Item,
  kinds: Readonly<Record<string, Keyed>>,
  own: readonly string[],
  noun = '',
): Problem[] => {
  const all = new Set(Object.values(kinds).flatMap(({ keys }) => keys));
  return [...all]
    .filter((key) => !own.includes(key))
    .flatMap((key) => {
      const owners = Object.entries(kinds).filter(([, { keys }]) => keys.includes(key));
      const words = listed(owners.map(([name, { called }]) => called ?? name));
      const before = noun === '' ? '' : `${noun}${owners.length === 1 ? '' : 's'} `;
      return onlyFor(item, [key], `${before}${words}`);
    });
};

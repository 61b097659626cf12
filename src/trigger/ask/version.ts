import { KnownError } from '../../model/error.js';
import { redact } from '../../model/secret.js';
import type { Driver, VersionRange } from '../driver/schema.js';
import type { TemplateValues } from '../transport/template.js';
import { ask, type Bound } from './bound.js';
import { extractWords } from './extract.js';

/** The numbers that a version begins with: `1.4.0-epa1`, `v7.2`, `9.12(4)`; null: it begins with none. */
const numbersOf = (version: string): number[] | null =>
  /^v?(\d+(?:\.\d+)*)/i.exec(version)?.[1]?.split('.').map(Number) ?? null;

/** Is a version before another? What both do not say is the same: 1.4 is not before 1.4.2, nor after it. */
const isBefore = (version: readonly number[], other: readonly number[]): boolean => {
  const index = version.findIndex((number, place) => number !== (other[place] ?? number));
  return index !== -1 && (version[index] ?? 0) < (other[index] ?? 0);
};

/** The one version in an answer; null: there is none, or several, or it begins with no number. */
export const readVersion = (
  { extract }: Pick<NonNullable<Driver['version']>, 'extract'>,
  text: string,
  values: TemplateValues,
): string | null => {
  const [version, ...others] = new Set(extractWords(extract, text, values));
  return version === undefined || others.length > 0 || numbersOf(version) === null ? null : version;
};

/** `from 1.4 on and before 2` */
export const rangeWords = ({ from, below }: VersionRange): string =>
  [
    ...(from === undefined ? [] : [`from ${from} on`]),
    ...(below === undefined ? [] : [`before ${below}`]),
  ].join(' and ');

/** Is a version within a range? */
export const isWithin = (version: string, { from, below }: VersionRange): boolean => {
  const own = numbersOf(version) ?? [];
  const tooOld = from !== undefined && isBefore(own, numbersOf(from) ?? []);
  return !tooOld && (below === undefined || isBefore(own, numbersOf(below) ?? []));
};

/** What is to be done with a driver that says which versions it is for. */
export interface Versioned {
  readonly bound: Bound;
  /** The action, by the name that its driver has for it. */
  readonly name: string;
  readonly versions: VersionRange;
}

/**
 * Asks for the version that an action is for. Throws KnownError where the node has another one. Null: it is one of them; else
 * why that is not known.
 */
export const requireVersion = async (
  { bound, name, versions }: Versioned,
  signal?: AbortSignal,
): Promise<string | null> => {
  const { driver, node } = bound;
  const { version: query } = driver;
  if (query === undefined) throw new Error(`driver ${driver.name} cannot tell a version`);
  const needed = `${name} of driver ${driver.name} is for versions ${rangeWords(versions)}`;
  const answer = await ask(bound, { ...query, signal });
  const version = answer.text === null ? null : readVersion(query, answer.text, answer.values);
  if (version === null)
    return `the version of ${node} is not known (${answer.error ?? 'the answer was not understood'}); ${needed}`;
  if (isWithin(version, versions)) return null;
  throw new KnownError(`node ${node} has version ${redact(version)}; ${needed}`, {
    remedy: versions.remedy ?? 'choose another action; nothing was touched',
  });
};

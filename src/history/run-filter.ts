import { KnownError, usage } from '../model/error.js';
import type { LeftOut, RunSummary } from '../model/figures.js';
import { didYouMean } from '../yaml/problem.js';

/** `version=10.1.3`: of the run itself, or one of its labels. */
export interface Condition {
  readonly key: string;
  readonly value: string;
}

/** What every run has; a label of the same name is hidden by it. */
const OWN_KEYS = ['version', 'scenario', 'status'] as const;

const valueOf = (summary: RunSummary, key: string): string | undefined => {
  const own = OWN_KEYS.find((each) => each === key);
  return own === undefined
    ? Object.hasOwn(summary.labels, key)
      ? summary.labels[key]
      : undefined
    : summary[own];
};

export const meets = (summary: RunSummary, conditions: readonly Condition[]): boolean =>
  conditions.every(({ key, value }) => valueOf(summary, key) === value);

/** `KEY=VALUE[,KEY=VALUE]`; null: the word is none. A part without a key belongs to the value before it. */
export const parseConditions = (word: string): Condition[] | null => {
  const conditions: Condition[] = [];
  for (const part of word.split(',')) {
    const at = part.indexOf('=');
    const last = conditions.at(-1);
    if (at > 0) conditions.push({ key: part.slice(0, at), value: part.slice(at + 1) });
    else if (at === -1 && last !== undefined)
      conditions.splice(-1, 1, { key: last.key, value: `${last.value},${part}` });
    else return null;
  }
  return conditions;
};

const unique = (values: readonly string[]): string[] => [...new Set(values)].sort();

const MOST_NAMED = 20;

const listOf = (values: readonly string[]): string =>
  values.length <= MOST_NAMED
    ? values.join(', ')
    : `${values.slice(0, MOST_NAMED).join(', ')} and ${values.length - MOST_NAMED} more`;

const MOST_UNREAD = 3;

/** The run that was asked for may be one of those. */
const besideUnread = (unread: readonly LeftOut[]): string => {
  if (unread.length === 0) return '';
  const named = unread
    .slice(0, MOST_UNREAD)
    .map(({ path, why }) => (why.startsWith(path) ? why : `${path}: ${why}`));
  const more = unread.length - named.length;
  return ` among those that can be read; not read: ${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
};

/**
 * Throws KnownError where no run meets the conditions, and says why: a key that no run has, a value that none has, or
 * no run that has all of them.
 *
 * @param unread of which nobody knows whether they meet them
 */
export const requireMet = (
  summaries: readonly RunSummary[],
  conditions: readonly Condition[],
  unread: readonly LeftOut[] = [],
): void => {
  if (summaries.some((summary) => meets(summary, conditions))) return;
  const labels = unique(summaries.flatMap(({ labels }) => Object.keys(labels)));
  for (const { key, value } of conditions) {
    const values = unique(summaries.flatMap((summary) => valueOf(summary, key) ?? []));
    if (values.length === 0)
      throw usage(
        `no run has a label ${key}${didYouMean(key, [...OWN_KEYS, ...labels])}${besideUnread(unread)}`,
        `select by ${[...OWN_KEYS, ...labels].join(', ')}`,
      );
    if (!values.includes(value))
      throw usage(
        `no run has ${key}=${value}${didYouMean(value, values)}${besideUnread(unread)}`,
        `${key} is one of ${listOf(values)}`,
      );
  }
  throw usage(
    `no run has ${conditions.map(({ key, value }) => `${key}=${value}`).join(' and ')}${besideUnread(unread)}`,
    'each of them alone is there: seqgap list shows which run has what',
  );
};

/** `--until` ends a span, the others begin one. */
export type WhenOption = '--since' | '--until' | '--older-than';

const MS_PER: Readonly<Record<string, number>> = { m: 60e3, h: 3600e3, d: 86_400e3, w: 604_800e3 };
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^(\d{4}-\d{2}-\d{2})[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})$/;

const wrong = (option: string, text: string, why: string): KnownError =>
  usage(`${option} ${text}: ${why}`, 'for example 2026-01-31 (UTC), 2026-01-31T22:00:00Z or 7d');

/** `Date` takes the 31st of February for the 3rd of March. */
const isDay = (day: string): boolean => {
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
};

/**
 * A bound of a span of time: a day (UTC), an instant as in RFC 3339, or an age such as `7d`, `36h`, `90m`, `2w`. A day
 * as the end of a span is part of it. Throws KnownError.
 *
 * @param option as errors name it
 * @param now_ms since 1970, as the result
 */
export const parseWhen = (option: WhenOption, text: string, now_ms: number): number => {
  const age = /^(\d+(?:\.\d+)?)([mhdw])$/.exec(text);
  if (age !== null) return now_ms - Number(age[1]) * (MS_PER[age[2] ?? ''] ?? 0);
  const day = DAY.test(text) ? text : INSTANT.exec(text)?.[1];
  if (day === undefined) throw wrong(option, text, 'neither a day, nor an instant with its zone, nor an age');
  const at = new Date(DAY.test(text) ? `${text}T00:00:00Z` : text.replace(' ', 'T')).getTime();
  if (!isDay(day) || Number.isNaN(at)) throw wrong(option, text, 'there is no such time');
  return DAY.test(text) && option === '--until' ? at + (MS_PER['d'] ?? 0) - 1 : at;
};

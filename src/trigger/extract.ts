import jmespath from 'jmespath';
import type { Role } from '../model/event.js';
import type { Check, Counts, ExtractRule, RoleQuery } from './schema.js';

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const wordsOfValue = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.flatMap(wordsOfValue);
  if (typeof value === 'string') return value === '' ? [] : [value];
  return typeof value === 'number' || typeof value === 'boolean' ? [String(value)] : [];
};

const wordsOfRule = (rule: ExtractRule, text: string): string[] => {
  if ('regex' in rule)
    return [...text.matchAll(new RegExp(rule.regex, 'gm'))]
      .map((match) => (match[rule.group] ?? '').trim())
      .filter((word) => word !== '');
  const json = parseJson(text);
  if (json === undefined) return [];
  try {
    return wordsOfValue(jmespath.search(json, rule.jmespath));
  } catch {
    // A function applied to a value of another type: the answer has another shape than expected.
    return [];
  }
};

/** The words of the first rule that finds any; none if the answer is not understood. */
const extractWords = (rules: readonly ExtractRule[], text: string): string[] => {
  for (const rule of rules) {
    const words = wordsOfRule(rule, text);
    if (words.length > 0) return words;
  }
  return [];
};

export interface RoleReading {
  readonly role: Role;
  /** The platform's own words, each once; empty if nothing was understood. */
  readonly raw: string;
}

/** Several words (instances, groups, VIPs) must agree: else the node is `transitioning`. */
export const readRole = (query: RoleQuery, text: string): RoleReading => {
  const readings = [...new Set(extractWords(query.extract, text))].map((word) => ({
    word,
    entry: Object.hasOwn(query.words, word) ? query.words[word] : undefined,
  }));
  const raw = readings.map(({ word, entry }) => entry?.word ?? word).join(', ');
  const roles = new Set(readings.map(({ entry }): Role => entry?.role ?? 'unknown'));
  const [first] = roles;
  if (first === undefined || roles.has('unknown')) return { role: 'unknown', raw };
  return { role: roles.size === 1 ? first : 'transitioning', raw };
};

export const passes = (check: Pick<Check, 'extract' | 'good'>, text: string): boolean => {
  const words = extractWords(check.extract, text);
  return words.length > 0 && words.every((word) => check.good.includes(word));
};

/** The sum of the numbers found; null if there are none. */
export const readCount = (rules: readonly ExtractRule[], text: string): number | null => {
  const numbers = extractWords(rules, text).map(Number);
  return numbers.length === 0 || numbers.some(Number.isNaN)
    ? null
    : numbers.reduce((sum, number) => sum + number, 0);
};

export const isOff = (counts: Counts, text: string): boolean =>
  counts.off !== undefined && new RegExp(counts.off, 'm').test(text);

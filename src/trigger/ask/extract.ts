import { XMLParser, XMLValidator } from 'fast-xml-parser';
import jmespath from 'jmespath';
import type { Role } from '../../model/event.js';
import { NONE } from '../../model/observe-plan.js';
import type { Check, Counts, ExtractRule, ObserverQuery, RoleQuery } from '../driver/schema.js';
import { inTime } from './in-time.js';
import { fillText, type TemplateValues } from '../transport/template.js';

const wordsOfValue = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.flatMap(wordsOfValue);
  if (typeof value === 'string') return value.trim() === '' ? [] : [value.trim()];
  return typeof value === 'number' || typeof value === 'boolean' ? [String(value)] : [];
};

const escapeRegex = (value: string): string => value.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);

/** Inside a raw string of JMESPath: '…'. */
const escapeRaw = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`);

const regexOf = (pattern: string, values: TemplateValues, flags: string): RegExp =>
  new RegExp(fillText(pattern, values, escapeRegex), flags);

/**
 * How a match becomes a word. `whole`: to the ends of the word it stands in, so that `ACTIVE` is not found in `INACTIVE` nor
 * in `ACTIVE(!X)`; `letters`: only beside a letter, since a number may be wanted without its unit.
 */
export type Edges = 'as matched' | 'letters' | 'whole';

/** How the words of each kind of question are read. */
export const EDGES = { role: 'whole', count: 'whole', check: 'letters', value: 'as matched' } as const;

const INNER = { 'as matched': /(?!)/, letters: /[a-z]/i, whole: /\w/ };
/** Longer than any word, so that a long line is not read again for each match. */
const MOST_OF_A_WORD = 100;

const wordOf = (match: RegExpExecArray, group: number, edges: Edges): string => {
  const [start, end] = match.indices?.[group] ?? [0, 0];
  const text = match.input;
  const word = text.slice(start, end);
  const inner = INNER[edges];
  const before = inner.test(word.at(0) ?? '')
    ? /[\w-]*$/.exec(text.slice(Math.max(0, start - MOST_OF_A_WORD), start))
    : null;
  const after = inner.test(word.at(-1) ?? '')
    ? /^[\w-]*(?:\(?!\S*)?/.exec(text.slice(end, end + MOST_OF_A_WORD))
    : null;
  return `${before?.[0] ?? ''}${word}${after?.[0] ?? ''}`.trim();
};

/** Devices change the case of their words from release to release. */
const folded = (word: string): string => word.toLowerCase();

const wordsOfRule = (rule: ExtractRule, text: string, values: TemplateValues, edges: Edges): string[] => {
  if ('regex' in rule)
    return [...text.matchAll(regexOf(rule.regex, values, 'gimd'))]
      .map((match) => wordOf(match, rule.group, edges))
      .filter((word) => word !== '');
  const tree = parseTree(text);
  if (tree === undefined) return [];
  try {
    return wordsOfValue(jmespath.search(tree, fillText(rule.jmespath, values, escapeRaw)));
  } catch {
    // A function applied to a value of another type: the answer has another shape than expected.
    return [];
  }
};

/** The words of the first rule that finds any; none if the answer is not understood, or not in time (see `inTime`). */
export const extractWords = (
  rules: readonly ExtractRule[],
  text: string,
  values: TemplateValues,
  edges: Edges = EDGES.value,
): string[] => {
  // A device's line ends are CR LF, and `$` of a pattern stands before LF only.
  const plain = text.replaceAll('\r\n', '\n');
  const find = (): string[] => {
    for (const rule of rules) {
      const words = wordsOfRule(rule, plain, values, edges);
      if (words.length > 0) return words;
    }
    return [];
  };
  return inTime(plain, find) ?? [];
};

/** Where in a text the words of the first pattern stand that finds any, as it matches them. */
export const placesOfWords = (
  rules: readonly ExtractRule[],
  text: string,
  values: TemplateValues,
): readonly (readonly [number, number])[] => {
  const find = (): readonly (readonly [number, number])[] => {
    for (const rule of rules) {
      if (!('regex' in rule)) continue;
      const places = [...text.matchAll(regexOf(rule.regex, values, 'gimd'))].flatMap(({ indices }) => {
        const place = indices?.[rule.group];
        return place === undefined || text.slice(...place).trim() === '' ? [] : [place];
      });
      if (places.length > 0) return places;
    }
    return [];
  };
  return inTime(text, find) ?? [];
};

export interface RoleReading {
  readonly role: Role;
  /** The platform's own words, each once; empty if nothing was understood. */
  readonly raw: string;
}

/** Several words (instances, groups, VIPs) must agree: else the node is `transitioning`. */
export const readRole = (query: RoleQuery, text: string, values: TemplateValues): RoleReading => {
  const known = new Map(Object.entries(query.words).map(([word, entry]) => [folded(word), entry]));
  const readings = [...new Set(extractWords(query.extract, text, values, EDGES.role))].map((word) => ({
    word,
    entry: known.get(folded(word)),
  }));
  const raw = readings.map(({ word, entry }) => entry?.word ?? word).join(', ');
  const roles = new Set(readings.map(({ entry }): Role => entry?.role ?? 'unknown'));
  const [first] = roles;
  if (first === undefined || roles.has('unknown')) return { role: 'unknown', raw };
  return { role: roles.size === 1 ? first : 'transitioning', raw };
};

/** At least one word, and every one of them good. */
export const passes = (
  check: Pick<Check, 'extract' | 'good' | 'matches'>,
  text: string,
  values: TemplateValues,
): boolean => {
  const { extract, good = [], matches } = check;
  const whole = matches === undefined ? null : regexOf(`^(?:${matches})$`, values, 'i');
  const words = extractWords(extract, text, values, EDGES.check);
  const known = new Set(good.map(folded));
  const isGood = (): boolean => words.every((word) => known.has(folded(word)) || whole?.test(word) === true);
  return words.length > 0 && inTime(text, isGood) === true;
};

/** The sum of the numbers found; null if there are none. */
export const readCount = (
  rules: readonly ExtractRule[],
  text: string,
  values: TemplateValues,
): number | null => {
  const numbers = extractWords(rules, text, values, EDGES.count).map(Number);
  return numbers.length === 0 || numbers.some(Number.isNaN)
    ? null
    : numbers.reduce((sum, number) => sum + number, 0);
};

/**
 * What stands where an identity is not known, or was never set: words of devices and of the SMBIOS of virtual machines, and
 * one digit (0, F, X) all through, as of an unset UUID.
 */
const PLACEHOLDER = new RegExp(
  String.raw`^[\s<([{"']*(?:(?:un|not |non-?)(?:known|available|applicable|specified|detected|present|set|defined|supported|configured|assigned|initialized|installed)\b.*|n\.?/?a\.?|none|null|nil|undefined|empty|invalid|error|unset|default string|system serial number|chassis serial number|serial number|to be filled.*|(?:0x)?0[0\s:.-]*|f[f\s:.-]{3,}|x[x\s:.-]{3,}|0?123456789|[^a-z0-9]*)[\s>)\]}"']*$`,
  'i',
);

/** The one word that says who a node is; null if there is none, more than one, or one that only stands for it. */
export const readIdentity = (
  rules: readonly ExtractRule[],
  text: string,
  values: TemplateValues,
): string | null => {
  const [word, ...others] = new Set(extractWords(rules, text, values));
  return word === undefined || others.length > 0 || PLACEHOLDER.test(word) ? null : word;
};

export const isOff = (counts: Counts, text: string, values: TemplateValues): boolean =>
  counts.off !== undefined && inTime(text, () => regexOf(counts.off ?? '', values, 'im').test(text)) === true;

/** The line of an answer that is a refusal; null if none is. An answer that cannot be read in time may be one. */
export const refusalIn = (
  patterns: readonly string[],
  text: string,
  values: TemplateValues,
): string | null => {
  if (patterns.length === 0) return null;
  const plain = text.replaceAll('\r\n', '\n');
  const find = (): string => {
    for (const pattern of patterns) {
      const match = regexOf(pattern, values, 'm').exec(plain);
      if (match === null) continue;
      const from = plain.lastIndexOf('\n', match.index) + 1;
      const end = plain.indexOf('\n', match.index + match[0].length);
      return plain.slice(from, end === -1 ? undefined : end).trim();
    }
    return '';
  };
  const line = inTime(plain, find) ?? 'the patterns of a refusal take too long to read the answer';
  return line === '' ? null : line;
};

/** Attributes are `_name`, a text beside attributes is `_text`; values stay text, so that no serial loses a zero. */
const xml = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '_',
  textNodeName: '_text',
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
});

const parseXml = (text: string): unknown => {
  // An answer has no business declaring entities, which could grow without bound.
  if (/<!DOCTYPE/i.test(text) || XMLValidator.validate(text) !== true) return undefined;
  try {
    return xml.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

/** An answer in JSON or XML as a tree that JMESPath can be asked; undefined if it is neither, or cut off. */
export const parseTree = (text: string): unknown => {
  if (text.trimStart().startsWith('<')) return parseXml(text.trim());
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

/** Several values are one text, whatever their order; null: there is nothing. */
export const valueOf = (found: unknown): string | null => {
  const texts = [found].flat(3).map((each) => {
    if (each === null || each === undefined) return '';
    return typeof each === 'string' ? each.trim() : JSON.stringify(each);
  });
  const distinct = [...new Set(texts)].filter((text) => text !== '').sort();
  return distinct.length === 0 ? null : distinct.join(', ');
};

/** Of a list that is empty, a shape is known all the same; of nothing, or of what is false, it is not. */
const hasShape = (shape: ExtractRule, text: string, values: TemplateValues): boolean => {
  if ('regex' in shape) return extractWords([shape], text, values).length > 0;
  const tree = parseTree(text);
  const found = (): unknown => jmespath.search(tree, fillText(shape.jmespath, values, escapeRaw));
  try {
    return tree !== undefined && ![undefined, null, false].includes(inTime(text, found) as null);
  } catch {
    return false;
  }
};

/**
 * What an observer's question found, or `none`; null: the answer was not understood. That nothing was found says nothing of
 * itself: it is `none` only where the answer has the `shape` of one that would have shown it.
 */
export const readValue = (
  { extract, shape }: Pick<ObserverQuery, 'extract' | 'shape'>,
  text: string,
  values: TemplateValues,
): string | null => {
  const words = extractWords(extract, text, values);
  if (words.length > 0) return valueOf(words);
  return shape !== undefined && hasShape(shape, text.replaceAll('\r\n', '\n'), values) ? NONE : null;
};

import { parseTree } from './answer-tree.js';
import { extractWords } from './extract.js';
import type { ExtractRule } from './schema.js';
import type { TemplateValues } from './template.js';

/** What was asked for is not there: an answer, not a failure. */
export const NONE = 'none';

/** Several values are one text, whatever their order. */
export const valueOf = (found: unknown): string => {
  const texts = [found].flat(3).map((each) => {
    if (each === null || each === undefined) return '';
    return typeof each === 'string' ? each.trim() : JSON.stringify(each);
  });
  const distinct = [...new Set(texts)].filter((text) => text !== '').sort();
  return distinct.length === 0 ? NONE : distinct.join(', ');
};

/**
 * What an observer's question found, or `none`; null: the answer was not understood. An expression can tell the two
 * apart, since it wants JSON or XML; a pattern cannot, so a driver that uses one has to match what `none` looks like.
 */
export const readValue = (
  rules: readonly ExtractRule[],
  text: string,
  values: TemplateValues,
): string | null => {
  const words = extractWords(rules, text, values);
  if (words.length > 0) return valueOf(words);
  return rules.every((rule) => 'jmespath' in rule) && parseTree(text) !== undefined ? NONE : null;
};

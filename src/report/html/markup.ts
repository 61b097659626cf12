import { piecesOf } from '../../analysis/words/when.js';
import { oneLine, plainJson } from '../../model/outside.js';

/** Text that is markup already. Everything else that goes into a page is escaped by `tag`. */
export interface Html {
  readonly markup: string;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const withEntities = (line: string): string =>
  line.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

const escaped = (text: string): string => withEntities(oneLine(text));

type Part = Html | string | number | readonly Html[];

const markupOf = (part: Part): string => {
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escaped(part);
  return 'markup' in part ? part.markup : part.map(({ markup }) => markup).join('');
};

/** A template whose values are escaped unless they are `Html`; safe in text and in quoted attributes. */
export const tag = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  markup: strings.reduce((out, text, index) => out + markupOf(parts[index - 1] ?? '') + text),
});

export const NOTHING: Html = { markup: '' };

/** Text with its instants marked: the script adds local time, that of whoever reads it. */
export const timed = (text: string): Html => ({
  markup: piecesOf(oneLine(text))
    .map(({ text: piece, utc }) => {
      const said = withEntities(piece);
      return utc === null ? said : `<time datetime="${utc}">${said}</time>`;
    })
    .join(''),
});

const plainValue = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? oneLine(value) : value;

/**
 * JSON for a script element of a type that is not executed: nothing in it can end the element or open a comment (HTML
 * §4.12.1.3).
 */
export const jsonMarkup = (value: unknown): Html => ({
  markup: plainJson(JSON.stringify(value, plainValue)).replaceAll('<', String.raw`\u003c`),
});

/** A file of our own, for a script or style element. */
export const trusted = (text: string): Html => ({ markup: text });

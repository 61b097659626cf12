import { NOTHING, tag, type Html } from '../html/markup.js';

/** A field of a form: it asks by the address alone, without a script. */
export type Field =
  | {
      readonly kind: 'text';
      readonly name: string;
      readonly label: string;
      readonly value: string;
      readonly hint?: string;
      /** What it may be, among others. */
      readonly known?: readonly string[];
      readonly isNeeded?: boolean;
    }
  | {
      readonly kind: 'choice';
      readonly name: string;
      readonly label: string;
      readonly value: string;
      readonly choices: readonly string[];
      /** What is said of choosing none; null: one is chosen always. */
      readonly none: string | null;
    }
  | { readonly kind: 'hidden'; readonly name: string; readonly value: string };

/** Of more a browser's list is no help. */
const MOST_KNOWN = 200;

const option = (value: string, text: string, chosen: string): Html =>
  tag`<option value="${value}"${value === chosen ? tag` selected` : NOTHING}>${text}</option>`;

const fieldMarkup = (form: string, field: Field): Html => {
  const { name, value } = field;
  if (field.kind === 'hidden')
    return value === '' ? NOTHING : tag`<input type="hidden" name="${name}" value="${value}" />`;
  const id = `${form}-${name}`;
  const label = tag`<label for="${id}">${field.label}</label>`;
  if (field.kind === 'choice') {
    const none = field.none === null ? NOTHING : option('', field.none, value);
    const choices = field.choices.map((choice) => option(choice, choice, value));
    return tag`<div>${label}<select id="${id}" name="${name}">${none}${choices}</select></div>`;
  }
  const { hint = '', known = [], isNeeded = false } = field;
  const offered =
    known.length === 0
      ? NOTHING
      : tag`<datalist id="${id}-known">${known.slice(0, MOST_KNOWN).map((each) => tag`<option value="${each}"></option>`)}</datalist>`;
  const list = known.length === 0 ? NOTHING : tag` list="${id}-known"`;
  const needed = isNeeded ? tag` required` : NOTHING;
  return tag`<div>${label}<input type="text" id="${id}" name="${name}" value="${value}" placeholder="${hint}" autocomplete="off"${list}${needed} />${offered}</div>`;
};

export const formMarkup = (id: string, action: string, fields: readonly Field[], button: string): Html =>
  tag`<form id="${id}-form" action="${action}" method="get">
    ${fields.map((field) => fieldMarkup(id, field))}
    <button type="submit">${button}</button>
  </form> `;

import { usage } from '../../model/error.js';
import { didYouMean } from '../../yaml/problem.js';
import { quoteWord } from './quote.js';
import type { Command, Dialogue, Filled, HttpRequest } from './transport.js';

/** What placeholders stand for. A list is several words: how to call this program. */
export type TemplateValues = Readonly<Record<string, string | readonly string[]>>;

export const BUILT_INS = ['node', 'host', 'seqgap'];

const PLACEHOLDER = /\{\{\s*([\w.-]+)\s*\}\}/g;

/** Every text in a value made of mappings, lists and texts. */
const textsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
};

/** The names used anywhere in a command, an extraction or a set of headers. */
export const placeholders = (value: unknown): string[] =>
  textsIn(value).flatMap((text) => [...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? ''));

const valueOf = (values: TemplateValues, name: string): string | readonly string[] => {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value !== undefined) return value;
  throw usage(
    `no value for {{${name}}}${didYouMean(name, Object.keys(values))}`,
    `give the parameter ${name} to the node`,
  );
};

const isEmpty = (values: TemplateValues) => (name: string) => valueOf(values, name) === '';

/** Fills in a text; `form` says how each value is written. */
export const fillText = (
  text: string,
  values: TemplateValues,
  form: (value: string) => string = (value) => value,
): string =>
  text.replace(PLACEHOLDER, (_, name: string) => [valueOf(values, name)].flat().map(form).join(' '));

/** Every text in a value, filled in as it is. */
const fillDeep = (value: unknown, values: TemplateValues): unknown => {
  if (typeof value === 'string') return fillText(value, values);
  if (Array.isArray(value)) return value.map((each) => fillDeep(each, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fillDeep(each, values)]));
};

export const fillAll = (
  texts: Readonly<Record<string, string>>,
  values: TemplateValues,
): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, fillText(text, values)]));

const fillVector = (vector: readonly (string | readonly string[])[], values: TemplateValues): string[] =>
  vector
    .flatMap((word) => {
      if (typeof word === 'string') return [word];
      return placeholders(word).some(isEmpty(values)) ? [] : word;
    })
    .flatMap((word) => {
      const alone = /^\{\{\s*([\w.-]+)\s*\}\}$/.exec(word)?.[1];
      return alone === undefined ? fillText(word, values) : valueOf(values, alone);
    });

/** One line of a device's prompt: a value that held a line end would be a second command. */
const oneLine = (value: string): string => {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (!/[\u0000-\u001f\u007f]/.test(value)) return value;
  throw usage(
    'a parameter holds a control character, and would be more than one command',
    'check the parameters of the node',
  );
};

export const fillDialogue = ({ send, answers }: Dialogue, values: TemplateValues): Dialogue => ({
  send: fillText(send, values, oneLine),
  answers: answers.map((answer) => ({ ...answer, say: fillText(answer.say, values, oneLine) })),
});

const fillRequest = (request: HttpRequest, values: TemplateValues): HttpRequest => ({
  ...request,
  path: fillText(request.path, values, encodeURIComponent),
  query: fillAll(request.query, values),
  headers: fillAll(request.headers, values),
  json: fillDeep(request.json, values),
  form: request.form === null ? null : fillAll(request.form, values),
  body: request.body === null ? null : fillText(request.body, values),
});

export const isVector = (command: Command): command is readonly (string | readonly string[])[] =>
  Array.isArray(command);

/**
 * Fills in a command. In a shell line every value is quoted where it needs it, so that none can add a command of
 * its own; in an argument vector it is put in as it is, and a list that stands alone becomes several arguments. At a
 * device's prompt (`typed`) nothing is quoted, and a value may not hold a line end.
 */
export const fill = (command: Command, values: TemplateValues, typed = false): Filled => {
  if (typeof command === 'string')
    return typed
      ? fillDialogue({ send: command, answers: [] }, values)
      : fillText(command, values, quoteWord);
  if (isVector(command)) return fillVector(command, values);
  return 'send' in command ? fillDialogue(command, values) : fillRequest(command, values);
};

/** Is something to be left out, since a placeholder in it has no value? */
export const leftOut = (value: unknown, values: TemplateValues): boolean =>
  placeholders(value).some(isEmpty(values));

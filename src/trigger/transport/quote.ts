import type { Filled, HttpRequest } from './transport.js';

const PLAIN = /^[\w./:@%+,=-]+$/;

/** One word for a POSIX shell; words of harmless characters stay as they are, so that device CLIs take them too. */
export const quoteWord = (word: string): string =>
  PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** For people: what is sent is encoded. */
const pairs = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');

const requestLine = ({ method, path, query, json, form, body }: HttpRequest): string => {
  const asked = pairs(query);
  const sent = json !== null ? JSON.stringify(json) : form !== null ? pairs(form) : body;
  return `${method} ${path}${asked === '' ? '' : `?${asked}`}${sent === null ? '' : ` ${sent}`}`;
};

/** The command as it would be typed, or the first line of a request with its body. For people, and for shells. */
export const commandLine = (command: Filled): string => {
  if (typeof command === 'string') return command;
  if ('method' in command) return requestLine(command);
  if (!('send' in command)) return command.map(quoteWord).join(' ');
  return `${command.send}${command.answers.map(({ to, say }) => ` (to /${to}/ say ${say})`).join('')}`;
};

import * as z from 'zod';
import { messageOf } from '../model/error.js';
import type { HttpLogin } from '../model/login.js';
import type { ReadPlan } from '../model/observe-plan.js';
import { redact } from '../model/secret.js';
import type { Nanoseconds } from '../model/time.js';
import { compileJmesPath } from '../jmes-path.js';
import { type Problem, problem } from '../yaml/problem.js';
import { has, type Item, textAt } from '../yaml/raw.js';
import { pathFrom } from '../yaml/reference.js';
import { flag, text, url } from './field.js';
import type { Surroundings } from './login.js';

/*
 * How a URL or a command of this host is asked and its answer read, by observers and stop conditions.
 */

const compiling = (description: string, compile: (written: string) => unknown) =>
  z
    .string()
    .min(1, 'is empty')
    .superRefine((written, context) => {
      try {
        compile(written);
      } catch (error) {
        context.addIssue({ code: 'custom', message: `cannot be read: ${messageOf(error)}` });
      }
    })
    .meta({ description });

const expression = (what: string) =>
  compiling(`JMESPath into ${what}; a map gives a value for each key.`, compileJmesPath);

/** How a URL is read, by an observer or a stop condition. */
export const httpAsked = {
  url: url(
    'http: what is read by GET; needed.',
    /^https?:\/\/[^\s/@?#]+([/?][^\s#]*)?$/,
    'a URL such as https://192.0.2.11/status (user and password have keys of their own)',
  ).optional(),
  user: text('http: user (basic authentication).').optional(),
  password: text('http: password, as ${env:NAME} or ${file:PATH}.').optional(),
  key: text('http: bearer token, as ${env:NAME} or ${file:PATH}.').optional(),
  ca: text('http: PEM file of its authorities; default those of this host.').optional(),
  insecure: flag('http: accept any certificate: nobody checks who answers; default false.').optional(),
  json: expression('a JSON answer').optional(),
  xml: expression('an XML answer').optional(),
  text: compiling(
    'Regular expression (flags g, m): its first group is the value, each named group one of its own.',
    (written) => new RegExp(written, 'gm'),
  ).optional(),
};

export const shellOrWords = (description: string) =>
  z
    .union([
      text('A shell line on this host.'),
      z.array(text('One argument.')).min(1, 'needs at least one word'),
    ])
    .meta({ description });

type WrittenAsked = z.output<z.ZodObject<typeof httpAsked>>;

/** The ways to read an answer. */
export const READERS = ['json', 'xml', 'text'] as const;
export const LOGIN_KEYS = ['user', 'password', 'key', 'ca', 'insecure'] as const;

/** Why an expression or a pattern cannot be read; null: it can. */
export const unreadable = (by: (typeof READERS)[number], written: string): string | null => {
  try {
    if (by === 'text') RegExp(written, 'gm');
    else compileJmesPath(written);
    return null;
  } catch (error) {
    return messageOf(error);
  }
};

export const httpProblems = (item: Item): Problem[] => [
  ...(has(item, 'user') === has(item, 'password')
    ? []
    : [problem([...item.path, 'user'], 'and password belong together')]),
  ...(has(item, 'key') && has(item, 'user')
    ? [problem([...item.path, 'key'], 'is one way to log in, user and password another; give one', 'key')]
    : []),
  ...(has(item, 'ca') && textAt(item.value, 'insecure') === 'true'
    ? [problem([...item.path, 'ca'], 'is not looked at with `insecure: true`', 'key')]
    : []),
];

/** Any user of this host can read the arguments of any process (/proc/PID/cmdline). */
export const commandProblems = (item: Item): Problem[] => {
  const words = [item.value['command']].flat().filter((word) => typeof word === 'string');
  return words.every((word) => redact(word) === word)
    ? []
    : [
        problem(
          [...item.path, 'command'],
          'would show a secret in the process list; let the program read it from a file or its environment',
        ),
      ];
};

/** Of a value that is a word, or `/a regular expression/`. */
export const patternProblems = (item: Item): Problem[] => {
  const pattern = /^\/(.*)\/$/.exec(textAt(item.value, 'is') ?? '')?.[1];
  if (pattern === undefined) return [];
  try {
    RegExp(pattern);
    return [];
  } catch (error) {
    return [problem([...item.path, 'is'], `cannot be read: ${messageOf(error)}`)];
  }
};

export const readWords = (read: ReadPlan): string =>
  read.by === 'text' ? `text that matches ${read.pattern}` : `${read.by.toUpperCase()}: ${read.expression}`;

/* All checks are done by then; what cannot be any more is a bug and throws a plain error. */

export const readPlan = ({ json, xml, text }: Pick<WrittenAsked, 'json' | 'xml' | 'text'>): ReadPlan => {
  if (json !== undefined) return { by: 'json', expression: json };
  if (xml !== undefined) return { by: 'xml', expression: xml };
  if (text === undefined) throw new Error('nothing says how the answer is read');
  return { by: 'text', pattern: text };
};

export const httpOf = (
  written: Omit<WrittenAsked, 'url'> & { readonly timeout: Nanoseconds },
  url: string,
  { file }: Surroundings,
): HttpLogin => ({
  url: new URL(url).origin,
  user: written.user ?? null,
  password: written.password ?? null,
  apiKey: written.key ?? null,
  ca: written.ca === undefined ? null : pathFrom(file, written.ca),
  insecure: written.insecure ?? false,
  timeout_ns: written.timeout,
});

/** A shell line, or words that no shell touches. */
export const commandOf = (command: string | readonly string[]): readonly string[] =>
  typeof command === 'string' ? ['/bin/sh', '-c', command] : command;

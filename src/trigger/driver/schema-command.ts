import * as z from 'zod';
import type { Command, Dialogue, HttpRequest } from '../transport/transport.js';
import { duration, pattern, scalar, strict } from './schema-field.js';

/** What is sent to a node: one kind of command for each kind of transport. */

const text = z.string().min(1);

/** A shell line; or an argument vector, in which a list is left out where one of its placeholders is empty. */
const line = text;
const vector = z.array(z.union([z.string(), z.array(z.string()).min(1)])).min(1);

/** A line typed at a device's prompt, and what is said to the questions that it asks before the next prompt. */
const dialogue = strict({
  send: z.string(),
  answers: z
    .array(
      strict({
        /** Matched against the end of what the device has written. */
        to: pattern,
        say: z.string(),
        /** Some devices take a single key. */
        enter: z.boolean().default(true),
      }),
    )
    .default([]),
}) satisfies z.ZodType<Dialogue>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const path = z.string().startsWith('/', 'a path starts with "/"');

/** An HTTP request; exactly one method with its path, at most one body. */
const request = strict({
  get: path.optional(),
  post: path.optional(),
  put: path.optional(),
  patch: path.optional(),
  delete: path.optional(),
  query: z.record(z.string(), scalar).default({}),
  headers: z.record(z.string(), scalar).default({}),
  json: z.json().optional(),
  form: z.record(z.string(), scalar).optional(),
  body: z.string().optional(),
  /** Status codes that are fine besides 2xx. */
  ok: z.array(z.int().min(300).max(599)).default([]),
}).transform((written, context): HttpRequest => {
  const { json, form, body, query, headers, ok } = written;
  const methods = METHODS.filter((method) => written[method] !== undefined);
  const bodies = [json, form, body].filter((each) => each !== undefined);
  const [method] = methods;
  if (method === undefined || methods.length > 1 || bodies.length > 1) {
    const message =
      bodies.length > 1
        ? 'has at most one of json, form and body'
        : `has exactly one of ${METHODS.join(', ')}`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }
  return {
    method: method.toUpperCase(),
    path: written[method] ?? '',
    query,
    headers,
    json: json ?? null,
    form: form ?? null,
    body: body ?? null,
    ok,
  };
});

export const command: z.ZodType<Command> = z.union([line, vector, dialogue, request]);

/** Transport `shell`. */
export const shell = strict({
  /** Matches the whole last line when the device waits for a command, in every role and mode that is fine. */
  prompt: pattern,
  /** What the pager writes when it waits for a key. */
  pager: pattern.optional(),
  /** Typed once after the login, such as to turn the pager off. Left out where a placeholder is empty. */
  start: z
    .array(z.union([text.transform((send): Dialogue => ({ send, answers: [] })), dialogue]))
    .default([]),
});

/** Transport `http`. */
export const http = strict({
  /** `basic`: user and password of the node's `http:`. */
  auth: z.enum(['none', 'basic']).default('none'),
  /** Sent with every request. */
  headers: z.record(z.string(), scalar).default({}),
  query: z.record(z.string(), scalar).default({}),
  /** Asked before the first request, and again after a 401; its first word is `{{token}}`. */
  login: strict({
    run: request,
    token: z.union([strict({ jmespath: text }), strict({ regex: pattern }), strict({ header: text })]),
    timeout: duration.optional(),
  }).optional(),
});

/** Transport `exec`. */
export const exec = strict({
  /** Environment of every command; an empty value leaves a variable as it is. The place for secrets. */
  env: z.record(z.string(), scalar).default({}),
  /** What to do where the program is not there. */
  install: text.optional(),
});

export type ShellOptions = z.output<typeof shell>;
export type HttpOptions = z.output<typeof http>;

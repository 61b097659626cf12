import { z } from 'zod';
import { ns } from '../model/time.js';
import { http, nanoseconds, words } from './record-parts.js';

const read = z.union([
  z.object({ by: z.literal('text'), pattern: z.string() }),
  z.object({ by: z.enum(['json', 'xml']), expression: z.string() }),
]);

const source = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('role') }),
  z.object({ kind: z.literal('driver'), driver: z.string(), query: z.string(), params: words }),
  z.object({ kind: z.literal('http'), url: z.string(), http, read }),
  z.object({ kind: z.literal('command'), command: z.array(z.string()), read }),
  z.object({
    kind: z.literal('dns'),
    name: z.string(),
    type: z.enum(['A', 'AAAA', 'CNAME']),
    resolver: z.string().nullable(),
  }),
  z.object({ kind: z.literal('neighbour'), from: z.string(), address: z.string() }),
  z.object({ kind: z.literal('ttl'), stream: z.string() }),
]);

// Runs of versions that had one observer only name no source.
export const observe = z.object({
  name: z.string(),
  every_ns: nanoseconds,
  timeout_ns: nanoseconds.default(ns(10e9)),
  source: source.default({ kind: 'role' }),
});

export const milestone = z.discriminatedUnion('milestone', [
  z.object({ milestone: z.enum(['traffic', 'accepted']) }),
  z.object({
    milestone: z.literal('observed'),
    observer: z.string(),
    subject: z.string().nullable(),
    is: z.string(),
  }),
  z.object({
    milestone: z.literal('role'),
    node: z.string(),
    role: z.enum(['active', 'standby', 'transitioning', 'faulted', 'suspended', 'unknown']),
  }),
]);

export const stop = z.object({
  name: z.string(),
  every_ns: nanoseconds,
  timeout_ns: nanoseconds,
  onError: z.enum(['stop', 'ignore']),
  source: z.union([
    z.object({ kind: z.literal('command'), command: z.array(z.string()) }),
    z.object({ kind: z.literal('status'), url: z.string(), http, status: z.number() }),
    z.object({ kind: z.literal('read'), url: z.string(), http, read, is: z.string().nullable() }),
    z.object({ kind: z.literal('file'), path: z.string() }),
  ]),
});

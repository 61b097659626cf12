import { z } from 'zod';
import { ns } from '../model/time.js';

export const nanoseconds = z.number().transform(ns);

export const words = z.record(z.string(), z.string());

export const login = z.object({
  host: z.string(),
  port: z.number(),
  user: z.string(),
  key: z.string().nullable(),
  passphrase: z.string().nullable(),
  password: z.string().nullable(),
  agent: z.boolean(),
  knownHosts: z.string().nullable(),
  timeout_ns: nanoseconds,
});

export const http = z.object({
  url: z.string(),
  user: z.string().nullable(),
  password: z.string().nullable(),
  apiKey: z.string().nullable(),
  ca: z.string().nullable(),
  insecure: z.boolean(),
  timeout_ns: nanoseconds,
});

import { z } from 'zod';
import { nanoseconds, type Shape } from './schema.js';

export const ssh = z.object({
  host: z.string(),
  port: z.number(),
  user: z.string(),
  /** Path of a private key. */
  key: z.string().nullable(),
  passphrase: z.string().nullable(),
  password: z.string().nullable(),
  /** Use the agent at SSH_AUTH_SOCK. */
  agent: z.boolean(),
  /** `known_hosts` file to check against; null: no check was asked for (`host-key: ignore`). */
  knownHosts: z.string().nullable(),
  timeout_ns: nanoseconds,
});

/** How to reach a management API. */
export const http = z.object({
  /** Scheme, host and port, and perhaps a path that all requests begin with; no `/` at the end. */
  url: z.string(),
  user: z.string().nullable(),
  password: z.string().nullable(),
  apiKey: z.string().nullable(),
  /** File of the authorities (PEM) that may have signed the server's certificate; null: the system's. */
  ca: z.string().nullable(),
  /** Accept any certificate: nobody checks who answers. */
  insecure: z.boolean(),
  timeout_ns: nanoseconds,
});

export type SshLogin = Shape<typeof ssh>;
export type HttpLogin = Shape<typeof http>;

import { z } from 'zod';
import { type Nanoseconds, ns } from './time.js';

export interface SshLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Path of a private key. */
  readonly key: string | null;
  readonly passphrase: string | null;
  readonly password: string | null;
  /** Use the agent at SSH_AUTH_SOCK. */
  readonly agent: boolean;
  /** `known_hosts` file to check against; null: no check was asked for (`host-key: ignore`). */
  readonly knownHosts: string | null;
  readonly timeout_ns: Nanoseconds;
}

/** How to reach a management API. */
export interface HttpLogin {
  /** Scheme, host and port, and perhaps a path that all requests begin with; no `/` at the end. */
  readonly url: string;
  readonly user: string | null;
  readonly password: string | null;
  readonly apiKey: string | null;
  /** File of the authorities (PEM) that may have signed the server's certificate; null: the system's. */
  readonly ca: string | null;
  /** Accept any certificate: nobody checks who answers. */
  readonly insecure: boolean;
  readonly timeout_ns: Nanoseconds;
}

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

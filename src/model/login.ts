import * as z from 'zod';
import { nanoseconds, type Shape } from './schema.js';

/** What ssh's own configuration says of a login beyond its address and user (ssh_config(5)). */
const configured = z.object({
  /** Key files that are there, in the order in which they are tried. */
  identities: z.array(z.string()),
  /** Of the agent's keys only those of `identities`. */
  identitiesOnly: z.boolean(),
  /** Socket of the agent; null: that of SSH_AUTH_SOCK. */
  agent: z.string().nullable(),
  /** `known_hosts` files beside `knownHosts`. */
  alsoKnownHosts: z.array(z.string()),
  /** The name that the host has in them; null: its own. */
  hostKeyAlias: z.string().nullable(),
  /** Settings that are not used, by name. */
  aside: z.array(z.string()),
});

const hop = z.object({
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
  /** Left out where it says nothing. */
  configured: configured.exactOptional(),
});

export const ssh = hop.extend({
  /** SSH servers that are passed on the way, the nearest first; left out where there are none. */
  jump: z.array(hop).exactOptional(),
  /** What only the system's ssh can do, and the command that does it, the host last; left out where nothing is. */
  system: z.object({ why: z.string(), command: z.array(z.string()) }).exactOptional(),
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

export type SshConfigured = Shape<typeof configured>;
export type SshHop = Shape<typeof hop>;
export type SshLogin = Shape<typeof ssh>;
export type HttpLogin = Shape<typeof http>;
